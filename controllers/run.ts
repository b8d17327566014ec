import { keepCode } from '../code-cache/parts.ts';
import { onEndSignal } from '../flags/end-signal.ts';
import { FlagError, parseFlags, usage } from '../flags/flag-set.ts';
import { createLogger, type Logger } from '../log/log.ts';
import { type ConnectedCluster, connectCluster } from '../reconciler/cluster-client.ts';
import { InformerSet } from '../reconciler/informer-set.ts';
import { checkElectionTimes, leaderIdentity, runElection } from '../reconciler/leader.ts';
import type { ElectionSettings } from '../reconciler/lease.ts';
import { createManager, type Manager } from '../reconciler/manager.ts';
import { controllerCatalog } from './catalog.ts';
import { selectControllers } from './select.ts';
import { checkFlags, type ManagerFlags, managerFlags } from './flags.ts';
import { serveManager } from './serving.ts';
import { readSettings } from './settings.ts';
import { buildControllers, buildScheduler } from './build.ts';

/** The controller manager from its command line to its end. Sets the exit code itself. */
export async function run(argv: readonly string[]): Promise<void> {
  let flags: ManagerFlags;
  try {
    const parsed = parseFlags(managerFlags, argv);
    if (parsed.help) {
      process.stdout.write(usage('kube-controller-manager', managerFlags));
      return;
    }
    flags = parsed.values;
    const errors = checkFlags(flags);
    if (errors.length > 0) throw new FlagError(errors.join('\n'));
    checkElectionTimes(electionOf(flags, ''));
    selectControllers(controllerCatalog, flags.controllers);
  } catch (error) {
    process.stderr.write(`Error: ${(error as Error).message}\n`);
    process.exitCode = 1;
    return;
  }
  const log = createLogger('kube-controller-manager', flags.v);
  try {
    await runManager(flags, log);
  } catch (error) {
    log.error({ error }, 'the controller manager cannot run');
    process.exitCode = 1;
  }
}

function electionOf(flags: ManagerFlags, identity: string): ElectionSettings {
  return {
    identity,
    leaseName: flags['leader-elect-resource-name'],
    leaseNamespace: flags['leader-elect-resource-namespace'],
    leaseDurationMs: flags['leader-elect-lease-duration'],
    renewDeadlineMs: flags['leader-elect-renew-deadline'],
    retryPeriodMs: flags['leader-elect-retry-period'],
  };
}

async function runManager(flags: ManagerFlags, log: Logger): Promise<void> {
  const { settings, close } = await readSettings(flags, log);
  const connect = (userAgent: string, timeoutMs?: number): ConnectedCluster =>
    connectCluster({
      ...(flags.kubeconfig === '' ? {} : { kubeconfig: flags.kubeconfig }),
      userAgent,
      ...(timeoutMs !== undefined || flags['kube-api-qps'] === 0
        ? {}
        : { qps: flags['kube-api-qps'] }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  const cluster = connect('kube-controller-manager');
  // A connection of its own: a flood of controller requests must not delay a renewal.
  const election = connect(
    'kube-controller-manager/leader-election',
    flags['leader-elect-renew-deadline'],
  );
  const informers = new InformerSet(cluster, log);
  const health = await serveManager(flags, { ping: () => undefined });

  const stop = new AbortController();
  onEndSignal((signal) => {
    log.info({ signal }, 'stopping');
    stop.abort();
  });

  const identity = leaderIdentity();
  const build = { flags, settings, cluster, informers, log };
  const campaigns = [campaign(electionOf(flags, identity), () => buildControllers(build))];
  if (flags.scheduler) {
    const leaseName = flags['scheduler-leader-elect-resource-name'];
    campaigns.push(
      campaign({ ...electionOf(flags, identity), leaseName }, () => buildScheduler(build)),
    );
  }
  await Promise.all(campaigns);
  await informers.stop();
  await health?.close();
  close();
  cluster.close();
  election.close();

  async function campaign(
    electionSettings: ElectionSettings,
    make: () => ReturnType<typeof buildControllers>,
  ): Promise<void> {
    let manager: Manager | undefined;
    const begin = () => {
      manager = createManager(informers, make(), log);
      manager.start().then(keepCode, (error: unknown) => {
        log.error({ error }, 'controllers did not start');
        process.exit(1);
      });
    };
    const end = async () => {
      await Promise.race([manager?.stop(), new Promise((r) => setTimeout(r, 5_000).unref())]);
    };
    if (!flags['leader-elect']) {
      begin();
      await new Promise<void>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve());
        if (stop.signal.aborted) resolve();
      });
      await end();
      return;
    }
    await runElection(
      {
        cluster: election,
        settings: electionSettings,
        log,
        onStarted: begin,
        onStopping: end,
        onNewLeader: (holder) =>
          log.info({ lease: electionSettings.leaseName, holder }, 'new leader'),
        // As upstream: a new process begins clean. What it was doing must end at once.
        onLost: () => process.exit(1),
      },
      stop.signal,
    );
  }
}
