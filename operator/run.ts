import { keepCode } from '../code-cache/parts.ts';
import { onEndSignal } from '../flags/end-signal.ts';
import { usage } from '../flags/flag-set.ts';
import { connectCluster } from '../reconciler/cluster-client.ts';
import { type HealthServer, serveHealth } from '../reconciler/health.ts';
import { checkElectionTimes, leaderIdentity, runElection } from '../reconciler/leader.ts';
import { createLogger } from '../reconciler/log.ts';
import { type OperatorFlags, operatorFlags, parseFlags } from './flags.ts';
import { createOperator } from './operator.ts';

/** The operator process: flags, connection, election, health, an orderly end. */

async function operate(flags: OperatorFlags): Promise<void> {
  const log = createLogger('operator', flags.verbosity);
  const cluster = connectCluster({
    userAgent: 'quorate-operator',
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
  });
  const operator = createOperator({
    cluster,
    namespace: flags.namespace,
    images: { quorate: flags.image, etcd: flags.etcdImage },
    workers: flags.workers,
    log,
  });
  const settings = {
    identity: leaderIdentity(),
    leaseName: flags.leaseName,
    leaseNamespace: flags.leaseNamespace || (cluster.credentials().namespace ?? 'default'),
    leaseDurationMs: flags.leaseDurationMs,
    renewDeadlineMs: flags.renewDeadlineMs,
    retryPeriodMs: flags.retryPeriodMs,
  };
  if (flags.leaderElect) checkElectionTimes(settings);
  const checks = {
    watches: () => (operator.hasSynced ? undefined : 'waiting for the first lists'),
  };
  const servers: HealthServer[] = [];
  // A standby is alive; it is ready when it could take over.
  if (flags.health !== undefined) servers.push(await serveHealth({ ...flags.health, checks }));
  if (flags.metrics !== undefined) servers.push(await serveHealth({ ...flags.metrics, checks }));
  const ending = new AbortController();
  // What is under way ends before the lease is given back: two operators never act at once.
  onEndSignal(() => void operator.stop().finally(() => ending.abort()));
  operator.watch();
  if (flags.leaderElect) {
    await runElection(
      {
        cluster,
        settings,
        log,
        onStarted: () => {
          operator.act();
          keepCode();
        },
        // Somebody else may act already: nothing of ours may go on, not even what is under way.
        onLost: () => process.exit(1),
      },
      ending.signal,
    );
  } else {
    operator.act();
    keepCode();
    await new Promise<void>((resolve) => {
      ending.signal.addEventListener('abort', () => resolve(), { once: true });
      if (ending.signal.aborted) resolve();
    });
  }
  await Promise.all(servers.map((server) => server.close()));
  cluster.close();
}

export async function run(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(usage('quorate-operator', operatorFlags));
    return;
  }
  let flags: OperatorFlags;
  try {
    flags = parseFlags(argv);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nrun with --help to see the flags\n`);
    process.exitCode = 2;
    return;
  }
  try {
    await operate(flags);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
