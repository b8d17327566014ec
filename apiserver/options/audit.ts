import { type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';

/** What is written down, and where to (k8s.io/apiserver server/options/audit.go). */

const unbatched = 'all events of one turn of the event loop are one write already';
const unsplit = 'batches are bounded by the number of their events';

export const auditFlags = {
  'audit-policy-file': { kind: 'string', help: 'Audit policy; without it nothing is audited.' },
  'audit-log-path': { kind: 'string', help: 'File of audit events; - is standard output.' },
  'audit-log-format': { kind: 'string', default: 'json', help: 'json; legacy is refused.' },
  'audit-log-maxage': { kind: 'int', default: 0, help: 'Days that rotated audit logs are kept.' },
  'audit-log-maxbackup': { kind: 'int', default: 0, help: 'Number of rotated audit logs kept.' },
  'audit-log-maxsize': {
    kind: 'int',
    default: 0,
    help: 'Megabytes at which the audit log is rotated.',
  },
  'audit-log-compress': { kind: 'bool', default: false, help: 'Rotated audit logs are gzipped.' },
  'audit-log-mode': {
    kind: 'string',
    default: 'blocking',
    help: 'blocking or batch: events are written at the end of the turn of the event loop that made them. blocking-strict is refused.',
  },
  'audit-log-version': {
    kind: 'string',
    default: 'audit.k8s.io/v1',
    help: 'Only audit.k8s.io/v1.',
  },
  'audit-log-truncate-enabled': {
    kind: 'bool',
    default: false,
    help: 'Leave bodies out of events that are too long, and events that are still too long.',
  },
  'audit-log-truncate-max-event-size': {
    kind: 'int',
    default: 102_400,
    help: 'Longest event in bytes, with truncation on.',
  },
  'audit-log-truncate-max-batch-size': {
    kind: 'int',
    default: 10_485_760,
    refused: unsplit,
    help: 'Longest batch in bytes, with truncation on.',
  },
  'audit-log-batch-buffer-size': {
    kind: 'int',
    default: 10_000,
    refused: unbatched,
    help: 'Batching of the log.',
  },
  'audit-log-batch-max-size': {
    kind: 'int',
    default: 1,
    refused: unbatched,
    help: 'Batching of the log.',
  },
  'audit-log-batch-max-wait': {
    kind: 'duration',
    default: '0s',
    refused: unbatched,
    help: 'Batching of the log.',
  },
  'audit-log-batch-throttle-burst': {
    kind: 'int',
    default: 0,
    refused: unbatched,
    help: 'Batching of the log.',
  },
  'audit-log-batch-throttle-enable': {
    kind: 'bool',
    default: false,
    refused: unbatched,
    help: 'Batching of the log.',
  },
  'audit-log-batch-throttle-qps': {
    kind: 'float',
    default: 0,
    refused: unbatched,
    help: 'Batching of the log.',
  },
  'audit-webhook-config-file': {
    kind: 'string',
    help: 'kubeconfig of a service that audit events are sent to.',
  },
  'audit-webhook-mode': {
    kind: 'string',
    default: 'batch',
    help: 'Only batch; blocking and blocking-strict are refused.',
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
  'audit-webhook-batch-buffer-size': {
    kind: 'int',
    default: 10_000,
    help: 'Events waiting to be sent; more are lost.',
  },
  'audit-webhook-batch-max-size': { kind: 'int', default: 400, help: 'Events of a batch.' },
  'audit-webhook-batch-max-wait': {
    kind: 'duration',
    default: '30s',
    help: 'Longest wait for a batch to fill.',
  },
  'audit-webhook-batch-throttle-enable': {
    kind: 'bool',
    default: true,
    help: 'Limit the batches per second.',
  },
  'audit-webhook-batch-throttle-qps': { kind: 'float', default: 10, help: 'Batches per second.' },
  'audit-webhook-batch-throttle-burst': {
    kind: 'int',
    default: 15,
    help: 'Batches at once after a quiet time.',
  },
  'audit-webhook-truncate-enabled': {
    kind: 'bool',
    default: false,
    help: 'Leave bodies out of events that are too long, and events that are still too long.',
  },
  'audit-webhook-truncate-max-event-size': {
    kind: 'int',
    default: 102_400,
    help: 'Longest event in bytes, with truncation on.',
  },
  'audit-webhook-truncate-max-batch-size': {
    kind: 'int',
    default: 10_485_760,
    refused: unsplit,
    help: 'Longest batch in bytes, with truncation on.',
  },
} as const satisfies FlagTable;

type Values = FlagValues<typeof auditFlags>;

export interface AuditConfig {
  policyFile: string;
  log: AuditLogConfig | undefined;
  webhook: AuditWebhookConfig | undefined;
}

export interface AuditLogConfig {
  path: string;
  maxAgeDays: number;
  maxBackups: number;
  maxSizeMegabytes: number;
  compress: boolean;
  /** Bytes; undefined: events are as long as they are. */
  maxEventBytes: number | undefined;
}

export interface AuditWebhookConfig {
  configFile: string;
  initialBackoffMs: number;
  bufferSize: number;
  batchSize: number;
  maxWaitMs: number;
  /** Undefined: no limit. */
  throttle: { qps: number; burst: number } | undefined;
  maxEventBytes: number | undefined;
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
    path,
    maxAgeDays: flags['audit-log-maxage'],
    maxBackups: flags['audit-log-maxbackup'],
    maxSizeMegabytes: flags['audit-log-maxsize'],
    compress: flags['audit-log-compress'],
    maxEventBytes: flags['audit-log-truncate-enabled']
      ? flags['audit-log-truncate-max-event-size']
      : undefined,
  };
}

function webhookConfig(flags: Values, configFile: string): AuditWebhookConfig {
  return {
    configFile,
    initialBackoffMs: flags['audit-webhook-initial-backoff'],
    bufferSize: flags['audit-webhook-batch-buffer-size'],
    batchSize: flags['audit-webhook-batch-max-size'],
    maxWaitMs: flags['audit-webhook-batch-max-wait'],
    throttle: flags['audit-webhook-batch-throttle-enable']
      ? {
          qps: flags['audit-webhook-batch-throttle-qps'],
          burst: flags['audit-webhook-batch-throttle-burst'],
        }
      : undefined,
    maxEventBytes: flags['audit-webhook-truncate-enabled']
      ? flags['audit-webhook-truncate-max-event-size']
      : undefined,
  };
}

const modes = ['batch', 'blocking', 'blocking-strict'];

/** Of a backend that is used; upstream's words in upstream's order, then what only this server refuses. */
function check(flags: Values): void {
  const problems: (string | false | undefined)[] = [];
  if (flags['audit-log-path'] !== '')
    problems.push(...backendProblems(flags, 'log'), ...logProblems(flags));
  if (flags['audit-webhook-config-file'] !== '') {
    problems.push(...backendProblems(flags, 'webhook'));
    const mode = flags['audit-webhook-mode'];
    problems.push(
      mode !== 'batch' &&
        modes.includes(mode) &&
        `--audit-webhook-mode=${mode} is not supported by this server: only batch`,
    );
  }
  refuseAll(problems);
}

function backendProblems(flags: Values, backend: 'log' | 'webhook'): (string | false)[] {
  const mode = flags[`audit-${backend}-mode`];
  const size = flags[`audit-${backend}-truncate-max-event-size`];
  const batchBytes = flags[`audit-${backend}-truncate-max-batch-size`];
  return [
    modes.includes(mode)
      ? mode === 'batch' && backend === 'webhook' && batchProblem(flags)
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
function batchProblem(flags: Values): string | false {
  const throttled = flags['audit-webhook-batch-throttle-enable'];
  const numbers: [string, number, boolean][] = [
    ['buffer size', flags['audit-webhook-batch-buffer-size'], true],
    ['max batch size', flags['audit-webhook-batch-max-size'], true],
    ['throttle QPS', flags['audit-webhook-batch-throttle-qps'], throttled],
    ['throttle burst', flags['audit-webhook-batch-throttle-burst'], throttled],
  ];
  const bad = numbers.find(([, value, counts]) => counts && value <= 0);
  if (bad === undefined) return false;
  return `invalid audit batch webhook ${bad[0]} ${bad[1]}, must be a positive number`;
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
    flags['audit-log-mode'] === 'blocking-strict' &&
      '--audit-log-mode=blocking-strict is not supported by this server',
    format === 'legacy' && '--audit-log-format=legacy is not supported by this server: only json',
  ];
}
