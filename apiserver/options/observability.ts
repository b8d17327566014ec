import { readFileSync } from 'node:fs';
import { FlagError, type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import { goQuote } from '../../object/go-format.ts';
import { fieldErrorsText, type StatusCause } from '../../object/status-error.ts';
import { parseYaml } from '../../object/yaml.ts';

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
    help: 'Only the version before the served one, 1.35. No metric is hidden in this version.',
  },
  'allow-metric-labels': {
    kind: 'quotedMap',
    help: 'metric,label=value,value: the values that a label may have; others are "unexpected".',
  },
  'allow-metric-labels-manifest': {
    kind: 'string',
    help: 'YAML file of the same: "metric,label": "value,value".',
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
    help: 'Serve /debug/pprof, of its profiles the CPU one, in its format, and /debug/flags, which sets the verbosity of the log. DELETE /metrics starts counting anew.',
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
  /** By `metric,label`, values between commas. */
  allowedLabels: Readonly<Record<string, string>>;
  /** `/debug/pprof` is served, `DELETE /metrics` starts counting anew. */
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
    ...metricsConfig(flags),
    profiling: flags['profiling'],
  };
}

const labelName = '[a-zA-Z_][a-zA-Z0-9_]*';
const metricName = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const shown = '1.35';

/** Throws FlagError, in upstream's words (component-base metrics/api/v1). */
function metricsConfig(
  flags: FlagValues<typeof observabilityFlags>,
): Pick<ObservabilityConfig, 'disabledMetrics' | 'allowedLabels'> {
  const version = flags['show-hidden-metrics-for-version'];
  const disabledMetrics = flags['disabled-metrics'];
  const manifest = flags['allow-metric-labels-manifest'];
  const given = flags['allow-metric-labels'];
  const faults: StatusCause[] = [];
  if (version !== '' && version !== shown) {
    const why = `must be omitted or have the value '${shown}'; only the previous minor version is allowed`;
    faults.push(fieldInvalid('metrics.showHiddenMetricsForVersion', version, why));
  }
  const odd = disabledMetrics.find((name) => !new RegExp(`^${metricName}$`).test(name));
  if (odd !== undefined) {
    const why = `must be fully qualified metric names matching ${goQuote(`^${metricName}$`)}, got ${goQuote(odd)}`;
    faults.push(fieldInvalid('metrics.disabledMetrics', disabledMetrics, why));
  }
  faults.push(...listFaults(given, 'metrics.allowListMapping'));
  const read = manifest === '' ? { lists: {}, faults: [] } : readManifest(manifest);
  faults.push(...read.faults);
  if (manifest !== '' && Object.keys(given).length > 0) {
    const why = 'cannot specify both allowListMapping and allowListMappingManifest';
    faults.push(fieldInvalid('metrics', null, why));
  }
  refuseAll(faults.map((fault) => fieldErrorsText([fault])));
  return { disabledMetrics, allowedLabels: { ...given, ...read.lists } };
}

function listFaults(lists: Readonly<Record<string, string>>, at: string): StatusCause[] {
  const good = new RegExp(`^${metricName},${labelName}$`);
  if (Object.keys(lists).every((key) => good.test(key))) return [];
  const why = `must have keys with format \`metricName,labelName\` where metricName matches ${goQuote(metricName)} and labelName matches ${goQuote(labelName)}`;
  return [fieldInvalid(at, lists, why)];
}

function readManifest(file: string): { lists: Record<string, string>; faults: StatusCause[] } {
  const at = 'metrics.allowListMappingManifest';
  const fault = (why: string) => ({ lists: {}, faults: [fieldInvalid(at, file, why)] });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return fault(`failed to read allow list manifest: open ${file}: no such file or directory`);
  }
  const lists: unknown = parseYaml(text);
  if (
    typeof lists !== 'object' ||
    lists === null ||
    Object.values(lists).some((list) => typeof list !== 'string')
  ) {
    return fault('failed to parse allow list manifest: metric,label and values as texts are due');
  }
  const faults = listFaults(lists as Record<string, string>, at);
  if (faults.length === 0) return { lists: lists as Record<string, string>, faults };
  return fault(`invalid allow list mapping in manifest: [${fieldErrorsText(faults)}]`);
}
