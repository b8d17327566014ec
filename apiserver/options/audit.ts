import type { BatchOptions } from '../audit/buffered.ts';
import { type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';

/** What is written down, and where to (k8s.io/apiserver server/options/audit.go). */

const bufferSize = {
  kind: 'int',
  default: 10_000,
  help: 'Events that wait while batches are held back; more are lost. Mode batch.',
} as const;
const batchSize = { kind: 'int', help: 'Events of a batch. Mode batch.' } as const;
const batchWait = {
  kind: 'duration',
  help: 'Time between batches that are not full. Mode batch.',
} as const;
const throttleEnable = { kind: 'bool', help: 'Limit the batches per second. Mode batch.' } as const;
const throttleQps = { kind: 'float', help: 'Batches per second. Mode batch.' } as const;
const throttleBurst = {
  kind: 'int',
  help: 'Batches at once after a quiet time. Mode batch.',
} as const;
const truncateEnabled = {
  kind: 'bool',
  default: false,
  help: 'Leave bodies out of events that are too long, and events that are still too long.',
} as const;
const truncateEvent = {
  kind: 'int',
  default: 102_400,
  help: 'Longest event in bytes, with truncation on.',
} as const;
const truncateBatch = {
  kind: 'int',
  default: 10_485_760,
  help: 'At least the longest event. Nothing else: events are shortened one by one, before there are batches, as upstream.',
} as const;

/** `--audit-*-batch-*` and `--audit-*-truncate-*` are the same for both backends, but for their defaults. */
export const auditFlags = {
  'audit-policy-file': { kind: 'string', help: 'Audit policy; without it nothing is audited.' },
  'audit-log-path': { kind: 'string', help: 'File of audit events; - is standard output.' },
  'audit-log-format': {
    kind: 'string',
    default: 'json',
    help: 'json, or legacy: some of each event in one line of text.',
  },
  'audit-log-maxage': { kind: 'int', default: 366, help: 'Days that rotated audit logs are kept.' },
  'audit-log-maxbackup': { kind: 'int', default: 100, help: 'Number of rotated audit logs kept.' },
  'audit-log-maxsize': {
    kind: 'int',
    default: 100,
    help: 'Megabytes at which the audit log is rotated; 0 never.',
  },
  'audit-log-compress': { kind: 'bool', default: false, help: 'Rotated audit logs are gzipped.' },
  'audit-log-mode': {
    kind: 'string',
    default: 'blocking',
    help: 'blocking: events are written at the end of the turn of the event loop that made them; blocking-strict: at once, and a request whose first event cannot be written fails; batch.',
  },
  'audit-log-version': {
    kind: 'string',
    default: 'audit.k8s.io/v1',
    help: 'Only audit.k8s.io/v1.',
  },
  'audit-log-truncate-enabled': truncateEnabled,
  'audit-log-truncate-max-event-size': truncateEvent,
  'audit-log-truncate-max-batch-size': truncateBatch,
  'audit-log-batch-buffer-size': bufferSize,
  'audit-log-batch-max-size': { ...batchSize, default: 1 },
  'audit-log-batch-max-wait': { ...batchWait, default: '0s' },
  'audit-log-batch-throttle-burst': { ...throttleBurst, default: 0 },
  'audit-log-batch-throttle-enable': { ...throttleEnable, default: false },
  'audit-log-batch-throttle-qps': { ...throttleQps, default: 0 },
  'audit-webhook-config-file': {
    kind: 'string',
    help: 'kubeconfig of a service that audit events are sent to.',
  },
  'audit-webhook-mode': {
    kind: 'string',
    default: 'batch',
    help: 'batch; blocking: a request waits until its first event is sent; blocking-strict: it fails when that cannot be sent.',
  },
  'audit-webhook-version': {
    kind: 'string',
    default: 'audit.k8s.io/v1',
    help: 'Only audit.k8s.io/v1.',
  },
  'audit-webhook-initial-backoff': {
    kind: 'duration',
    default: '10s',
    help: 'Wait before the first repetition of a failed batch; then half as long again each time.',
  },
  'audit-webhook-batch-initial-backoff': {
    kind: 'duration',
    default: '10s',
    help: 'The same, by its old name (deprecated upstream).',
  },
  'audit-webhook-batch-buffer-size': bufferSize,
  'audit-webhook-batch-max-size': { ...batchSize, default: 400 },
  'audit-webhook-batch-max-wait': { ...batchWait, default: '30s' },
  'audit-webhook-batch-throttle-enable': { ...throttleEnable, default: true },
  'audit-webhook-batch-throttle-qps': { ...throttleQps, default: 10 },
  'audit-webhook-batch-throttle-burst': { ...throttleBurst, default: 15 },
  'audit-webhook-truncate-enabled': truncateEnabled,
  'audit-webhook-truncate-max-event-size': truncateEvent,
  'audit-webhook-truncate-max-batch-size': truncateBatch,
} as const satisfies FlagTable;

type Values = FlagValues<typeof auditFlags>;

export interface AuditConfig {
  policyFile: string;
  log: AuditLogConfig | undefined;
  webhook: AuditWebhookConfig | undefined;
}

export type AuditMode = 'batch' | 'blocking' | 'blocking-strict';

/** What is the same of both backends. */
export interface AuditBackendConfig {
  mode: AuditMode;
  batch: BatchOptions;
  /** Bytes; undefined: events are as long as they are. */
  maxEventBytes: number | undefined;
}

export interface AuditLogConfig extends AuditBackendConfig {
  path: string;
  format: 'json' | 'legacy';
  maxAgeDays: number;
  maxBackups: number;
  maxSizeMegabytes: number;
  compress: boolean;
}

export interface AuditWebhookConfig extends AuditBackendConfig {
  configFile: string;
  initialBackoffMs: number;
}

/** Throws FlagError. */
export function auditConfig(flags: Values): AuditConfig {
  check(flags);
  const path = flags['audit-log-path'];
  const configFile = flags['audit-webhook-config-file'];
  return {
    policyFile: flags['audit-policy-file'],
    log: path === '' ? undefined : logConfig(flags, path),
    webhook: configFile === '' ? undefined : webhookConfig(flags, configFile),
  };
}

function logConfig(flags: Values, path: string): AuditLogConfig {
  return {
    ...backendConfig(flags, 'log'),
    path,
    format: flags['audit-log-format'] === 'legacy' ? 'legacy' : 'json',
    maxAgeDays: flags['audit-log-maxage'],
    maxBackups: flags['audit-log-maxbackup'],
    maxSizeMegabytes: flags['audit-log-maxsize'],
    compress: flags['audit-log-compress'],
  };
}

function webhookConfig(flags: Values, configFile: string): AuditWebhookConfig {
  const byOldName = flags['audit-webhook-batch-initial-backoff'];
  return {
    ...backendConfig(flags, 'webhook'),
    configFile,
    initialBackoffMs:
      byOldName === defaultBackoffMs ? flags['audit-webhook-initial-backoff'] : byOldName,
  };
}

const defaultBackoffMs = 10_000;

function backendConfig(flags: Values, backend: 'log' | 'webhook'): AuditBackendConfig {
  return {
    mode: flags[`audit-${backend}-mode`] as AuditMode,
    batch: {
      bufferSize: flags[`audit-${backend}-batch-buffer-size`],
      batchSize: flags[`audit-${backend}-batch-max-size`],
      maxWaitMs: flags[`audit-${backend}-batch-max-wait`],
      throttle: flags[`audit-${backend}-batch-throttle-enable`]
        ? {
            qps: flags[`audit-${backend}-batch-throttle-qps`],
            burst: flags[`audit-${backend}-batch-throttle-burst`],
          }
        : undefined,
    },
    maxEventBytes: flags[`audit-${backend}-truncate-enabled`]
      ? flags[`audit-${backend}-truncate-max-event-size`]
      : undefined,
  };
}

const modes = ['batch', 'blocking', 'blocking-strict'];

/** Of a backend that is used; upstream's words in upstream's order. */
function check(flags: Values): void {
  const problems: (string | false)[] = [];
  if (flags['audit-log-path'] !== '') {
    problems.push(...backendProblems(flags, 'log'), ...logProblems(flags));
  }
  if (flags['audit-webhook-config-file'] !== '') {
    problems.push(...backendProblems(flags, 'webhook'));
  }
  refuseAll(problems);
}

function backendProblems(flags: Values, backend: 'log' | 'webhook'): (string | false)[] {
  const mode = flags[`audit-${backend}-mode`];
  const size = flags[`audit-${backend}-truncate-max-event-size`];
  const batchBytes = flags[`audit-${backend}-truncate-max-batch-size`];
  return [
    modes.includes(mode)
      ? mode === 'batch' && batchProblem(flags, backend)
      : `invalid audit ${backend} mode ${mode}, allowed modes are ${JSON.stringify(modes.join(','))}`,
    size <= 0 &&
      `invalid audit truncate ${backend} max event size ${size}, must be a positive number`,
    size > batchBytes &&
      `invalid audit truncate ${backend} max batch size ${batchBytes}, must be greater than max event size (${size})`,
    flags[`audit-${backend}-version`] !== 'audit.k8s.io/v1' &&
      'invalid group version, allowed versions are ["audit.k8s.io/v1"]',
  ];
}

/** The first that does not fit, as upstream. */
function batchProblem(flags: Values, backend: 'log' | 'webhook'): string | false {
  const throttled = flags[`audit-${backend}-batch-throttle-enable`];
  const numbers: [string, number, boolean][] = [
    ['buffer size', flags[`audit-${backend}-batch-buffer-size`], true],
    ['max batch size', flags[`audit-${backend}-batch-max-size`], true],
    ['throttle QPS', flags[`audit-${backend}-batch-throttle-qps`], throttled],
    ['throttle burst', flags[`audit-${backend}-batch-throttle-burst`], throttled],
  ];
  const bad = numbers.find(([, value, counts]) => counts && value <= 0);
  if (bad === undefined) return false;
  return `invalid audit batch ${backend} ${bad[0]} ${bad[1]}, must be a positive number`;
}

function logProblems(flags: Values): (string | false)[] {
  const format = flags['audit-log-format'];
  return [
    !['legacy', 'json'].includes(format) &&
      `invalid audit log format ${format}, allowed formats are "legacy,json"`,
    ...(['maxage', 'maxbackup', 'maxsize'] as const).map((name) => {
      const value = flags[`audit-log-${name}`];
      return value < 0 && `--audit-log-${name} ${value} can't be a negative number`;
    }),
  ];
}
