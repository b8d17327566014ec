import { type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';
import { normalisePrefix } from '../storage/keys.ts';

/** What the server keeps things in (k8s.io/apiserver server/options/etcd.go). */
export const etcdFlags = {
  'etcd-servers': {
    kind: 'list',
    help: 'etcd endpoints (scheme://host:port). Also sqlite:///path/to/file.db and memory://, for one server alone.',
  },
  'etcd-servers-overrides': {
    kind: 'list',
    refused: 'one watch on one etcd feeds the cache of every resource',
    help: 'etcd endpoints of single resources.',
  },
  'etcd-cafile': {
    kind: 'string',
    help: 'CA bundle that etcd certificates are verified with. Re-read when it changes.',
  },
  'etcd-certfile': {
    kind: 'string',
    help: 'Client certificate for etcd. Re-read when it changes.',
  },
  'etcd-keyfile': { kind: 'string', help: 'Key of --etcd-certfile.' },
  'etcd-prefix': { kind: 'string', default: '/registry', help: 'Prefix of all keys.' },
  'etcd-compaction-interval': {
    kind: 'duration',
    default: '5m0s',
    help: 'How often old revisions are compacted; 0 is never.',
  },
  'etcd-count-metric-poll-period': {
    kind: 'duration',
    default: '1m0s',
    help: 'Objects are counted when metrics are read; 0 turns the metric off.',
  },
  'etcd-db-metric-poll-interval': {
    kind: 'duration',
    default: '30s',
    help: 'How long the measured size of the database is good for; 0 turns the metric off.',
  },
  'etcd-healthcheck-timeout': {
    kind: 'duration',
    default: '2s',
    help: 'How long the health check waits for etcd.',
  },
  'etcd-readycheck-timeout': {
    kind: 'duration',
    default: '2s',
    help: 'How long the readiness check waits for etcd.',
  },
  'lease-reuse-duration-seconds': {
    kind: 'int',
    default: 60,
    help: 'How long one etcd lease is given to keys that expire.',
  },
  'storage-backend': {
    kind: 'string',
    default: '',
    help: 'Only etcd3 (which stands for what --etcd-servers names).',
  },
  'storage-media-type': {
    kind: 'string',
    default: 'application/json',
    help: "Form that is written: application/json (the default here) or application/vnd.kubernetes.protobuf (upstream's default). Both are read.",
  },
  'storage-initialization-timeout': {
    kind: 'duration',
    default: '1m0s',
    refused: 'the server is ready when its storage is, and not before',
    help: 'Time after which a server is ready without its storage.',
  },
  'encryption-provider-config': {
    kind: 'string',
    help: 'EncryptionConfiguration: which resources are encrypted at rest, and how (identity, aescbc, aesgcm, secretbox).',
  },
  'encryption-provider-config-automatic-reload': {
    kind: 'bool',
    default: false,
    help: 'Read --encryption-provider-config again when it changes.',
  },
  'event-ttl': { kind: 'duration', default: '1h0m0s', help: 'How long Events are kept.' },
  'watch-cache': { kind: 'bool', default: true, help: 'The cache is always on; false is refused.' },
  'watch-cache-sizes': {
    kind: 'list',
    help: "resource[.group]#size; sizes are found out by the server, as upstream's are; 0, which turns a cache off, is refused.",
  },
  'default-watch-cache-size': {
    kind: 'int',
    default: 100,
    help: 'Sizes are found out by the server; 0, which turns caches off, is refused.',
  },
  'delete-collection-workers': {
    kind: 'int',
    default: 1,
    help: 'Deletes running at once for one DELETE of a collection.',
  },
  'enable-garbage-collector': {
    kind: 'bool',
    default: true,
    help: 'Deletes honour propagationPolicy; false is refused.',
  },
} as const satisfies FlagTable;

type Values = FlagValues<typeof etcdFlags>;

export interface StorageConfig {
  servers: readonly string[];
  caFile: string;
  certFile: string;
  keyFile: string;
  prefix: string;
  compactionIntervalMs: number;
  healthTimeoutMs: number;
  readyTimeoutMs: number;
  /** 0: no metric. */
  sizeMetricMs: number;
  countMetric: boolean;
  leaseReuseSeconds: number;
  protobuf: boolean;
  encryptionFile: string;
  encryptionReload: boolean;
  eventTtlSeconds: number;
  deleteCollectionWorkers: number;
}

/** Throws FlagError. */
export function storageConfig(flags: Values): StorageConfig {
  check(flags);
  return {
    servers: flags['etcd-servers'],
    caFile: flags['etcd-cafile'],
    certFile: flags['etcd-certfile'],
    keyFile: flags['etcd-keyfile'],
    prefix: normalisePrefix(flags['etcd-prefix']),
    compactionIntervalMs: flags['etcd-compaction-interval'],
    healthTimeoutMs: flags['etcd-healthcheck-timeout'],
    readyTimeoutMs: flags['etcd-readycheck-timeout'],
    sizeMetricMs: flags['etcd-db-metric-poll-interval'],
    countMetric: flags['etcd-count-metric-poll-period'] > 0,
    leaseReuseSeconds: flags['lease-reuse-duration-seconds'],
    protobuf: flags['storage-media-type'] === 'application/vnd.kubernetes.protobuf',
    encryptionFile: flags['encryption-provider-config'],
    encryptionReload: flags['encryption-provider-config-automatic-reload'],
    eventTtlSeconds: Math.round(flags['event-ttl'] / 1000),
    deleteCollectionWorkers: Math.max(1, flags['delete-collection-workers']),
  };
}

/** Upstream's words in upstream's order, then what only this server refuses. */
function check(flags: Values): void {
  refuseAll([
    flags['etcd-servers'].length === 0 && '--etcd-servers must be specified',
    !['', 'etcd3'].includes(flags['storage-backend']) &&
      `--storage-backend invalid, allowed values: etcd3. If not specified, it will default to 'etcd3'`,
    flags['encryption-provider-config'] === '' &&
      flags['encryption-provider-config-automatic-reload'] &&
      '--encryption-provider-config-automatic-reload must be set with --encryption-provider-config',
    mediaTypeProblem(flags['storage-media-type']),
    !flags['watch-cache'] && '--watch-cache=false is not supported: the watch cache is always on',
    flags['default-watch-cache-size'] === 0 &&
      '--default-watch-cache-size=0 is not supported: the watch cache is always on',
    ...flags['watch-cache-sizes'].map(cacheSizeProblem),
    !flags['enable-garbage-collector'] &&
      '--enable-garbage-collector=false is not supported: deletes always honour propagationPolicy',
  ]);
}

function cacheSizeProblem(entry: string): string | undefined {
  const [resource = '', size = '', ...more] = entry.split('#');
  if (more.length > 0 || !/^[0-9]+$/.test(size))
    return `invalid value of watch cache size: ${entry}`;
  if (Number(size) > 0) return undefined;
  return `--watch-cache-sizes=${resource}#0 is not supported: the watch cache is always on`;
}

/** '' is the default, as upstream's. */
function mediaTypeProblem(type: string): string | undefined {
  if (['', 'application/json', 'application/vnd.kubernetes.protobuf'].includes(type))
    return undefined;
  if (type === 'application/cbor' || type === 'application/yaml') {
    return `--storage-media-type=${type} is not supported by this server`;
  }
  return `--storage-media-type ${JSON.stringify(type)} invalid, allowed values: application/json, application/vnd.kubernetes.protobuf`;
}
