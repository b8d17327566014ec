import { onEndSignal } from '../flags/end-signal.ts';
import { FlagError, parseFlags, usage } from '../flags/flag-set.ts';
import { startFailure } from '../flags/start-failure.ts';
import { createLogger, type Logger } from '../log/log.ts';
import { configFromFlags } from './config.ts';
import { warnOfLeaving } from './features/feature-gates.ts';
import { printedVersion } from './features/version-flag.ts';
import { apiServerFlags } from './flags.ts';
import { type RunningServer, startServer } from './server.ts';

const program = 'apiserver';

/** Flags, configuration, server; runs until SIGTERM or SIGINT. A second signal ends it at once. */
export async function run(argv: readonly string[]): Promise<void> {
  const started = performance.now();
  let values: Readonly<Record<string, unknown>> = {};
  try {
    const parsed = parseFlags(apiServerFlags, argv);
    values = parsed.values;
    const version = printedVersion(parsed.values.version);
    if (version !== undefined) {
      process.stdout.write(`${version}\n`);
      return;
    }
    if (parsed.help) {
      process.stdout.write(usage(program, apiServerFlags));
      return;
    }
    const config = configFromFlags(parsed);
    const log = createLogger(program, config.observability.verbosity);
    process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'));
    warnOfLeaving(config.features.gates, log);
    const server = await startServer(config, log);
    stopOnSignal(server, log);
    await server.ready;
    log.info({ ms: Math.round(performance.now() - started) }, 'serving');
  } catch (error) {
    process.stderr.write(`Error: ${startFailure(error, values)}\n`);
    if (error instanceof FlagError) process.stderr.write(`Run '${program} --help' for usage.\n`);
    process.exit(1);
  }
}

function stopOnSignal(server: RunningServer, log: Logger): void {
  onEndSignal((signal) => {
    log.info({ signal }, 'signal received');
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'shutdown failed');
        process.exit(1);
      },
    );
  });
}
