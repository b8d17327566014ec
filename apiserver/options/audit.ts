import { FlagError, type FlagTable, type FlagValues } from '../../flags/flag-set.ts';

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
    help: 'Wait before the first repetition of a failed batch; it doubles.',
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

function check(flags: Values): void {
  for (const backend of ['log', 'webhook'] as const) {
    const mode = flags[`audit-${backend}-mode`];
    if (!modes.includes(mode)) {
      throw new FlagError(
        `invalid audit ${backend} mode ${mode}, allowed modes are ${JSON.stringify(modes.join(','))}`,
      );
    }
    const version = flags[`audit-${backend}-version`];
    if (version !== 'audit.k8s.io/v1') {
      throw new FlagError(
        `invalid group version for audit ${JSON.stringify(version)}, allowed values are ["audit.k8s.io/v1"]`,
      );
    }
    for (const name of ['maxage', 'maxbackup', 'maxsize'] as const) {
      const value = flags[`audit-log-${name}`];
      if (value < 0) throw new FlagError(`--audit-log-${name} ${value} can't be a negative number`);
    }
  }
  if (flags['audit-log-mode'] === 'blocking-strict') {
    throw new FlagError('--audit-log-mode=blocking-strict is not supported by this server');
  }
  if (flags['audit-webhook-mode'] !== 'batch') {
    throw new FlagError(
      `--audit-webhook-mode=${flags['audit-webhook-mode']} is not supported by this server: only batch`,
    );
  }
  const format = flags['audit-log-format'];
  if (format === 'legacy') {
    throw new FlagError('--audit-log-format=legacy is not supported by this server: only json');
  }
  if (format !== 'json') {
    throw new FlagError(`invalid audit log format ${format}, allowed formats are "legacy,json"`);
  }
}
