import { FlagError, type FlagTable, type FlagValues } from '../../flags/flag-set.ts';

/** Logs, metrics, traces, profiles (component-base logs/api/v1, metrics/options.go). */
export const observabilityFlags = {
  v: { kind: 'int', default: 0, help: 'Log verbosity: 2 is debug, 5 and above is trace.' },
  vmodule: {
    kind: 'string',
    refused: 'one level holds for the whole program: use --v',
    help: 'Log verbosity by source file.',
  },
  'logging-format': {
    kind: 'string',
    default: 'json',
    help: "Only json (the default here; upstream's is text).",
  },
  'log-flush-frequency': {
    kind: 'duration',
    default: '5s',
    help: 'Longest time a line may wait to be written: every line is written at once.',
  },
  'log-json-info-buffer-size': {
    kind: 'string',
    default: '0',
    refused: 'every line is written at once',
    help: 'Buffer of the log.',
  },
  'log-json-split-stream': {
    kind: 'bool',
    default: false,
    refused: 'all lines go to standard error',
    help: 'Errors to standard error, the rest to standard output.',
  },
  'log-text-info-buffer-size': {
    kind: 'string',
    default: '0',
    refused: 'every line is JSON and written at once',
    help: 'Buffer of the log.',
  },
  'log-text-split-stream': {
    kind: 'bool',
    default: false,
    refused: 'all lines are JSON and go to standard error',
    help: 'Errors to standard error, the rest to standard output.',
  },
  'disabled-metrics': { kind: 'list', help: 'Names of metrics that are not exposed.' },
  'show-hidden-metrics-for-version': {
    kind: 'string',
    refused: 'there are no hidden metrics',
    help: 'Expose metrics hidden in this version.',
  },
  'allow-metric-labels': {
    kind: 'map',
    refused: 'labels are exposed as they are',
    help: 'Allowed values of labels.',
  },
  'allow-metric-labels-manifest': {
    kind: 'string',
    refused: 'labels are exposed as they are',
    help: 'File of allowed values of labels.',
  },
  'tracing-config-file': {
    kind: 'string',
    refused: 'nothing is traced',
    help: 'TracingConfiguration.',
  },
  'enable-logs-handler': {
    kind: 'bool',
    default: false,
    refused: 'there is no folder of logs to serve',
    help: 'Serve /logs (deprecated upstream).',
  },
  profiling: {
    kind: 'bool',
    default: true,
    help: 'DELETE /metrics starts counting anew. There is no /debug/pprof either way: Node.js is profiled from outside (--cpu-prof).',
  },
  'contention-profiling': {
    kind: 'bool',
    default: false,
    refused: 'there are no locks to profile',
    help: 'Profile locks.',
  },
} as const satisfies FlagTable;

export interface ObservabilityConfig {
  verbosity: number;
  disabledMetrics: readonly string[];
  /** `DELETE /metrics` starts counting anew. */
  profiling: boolean;
}

/** Throws FlagError. */
export function observabilityConfig(
  flags: FlagValues<typeof observabilityFlags>,
): ObservabilityConfig {
  const format = flags['logging-format'];
  if (format !== 'json') {
    throw new FlagError(
      format === 'text'
        ? '--logging-format=text is not supported by this server: lines are json'
        : `format: Invalid value: ${JSON.stringify(format)}: Unsupported log format`,
    );
  }
  return {
    verbosity: flags['v'],
    disabledMetrics: flags['disabled-metrics'],
    profiling: flags['profiling'],
  };
}
