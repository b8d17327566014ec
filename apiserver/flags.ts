import type { FlagTable } from '../flags/flag-set.ts';

/**
 * kube-apiserver's flags by their names, those that this server honours. A flag that is not here is
 * refused by name. Defaults are upstream's except where the help says so.
 */
export const apiServerFlags = {
  // where it listens
  'advertise-address': {
    kind: 'string',
    help: 'IP address on which members of the cluster reach this server. Default: the bind address, or the first address of a network interface.',
  },
  'bind-address': {
    kind: 'string',
    default: '0.0.0.0',
    help: 'IP address to listen on; 0.0.0.0 and :: mean all interfaces.',
  },
  'secure-port': { kind: 'int', default: 6443, help: 'Port of HTTPS.' },
  'external-hostname': {
    kind: 'string',
    help: 'Host name used when URLs are made for this server.',
  },
  'cert-dir': {
    kind: 'string',
    default: '/var/run/kubernetes',
    help: 'Folder for the self-signed certificate that is made when --tls-cert-file is not given.',
  },
  'tls-cert-file': {
    kind: 'string',
    help: 'PEM file of the serving certificate and its intermediates. Re-read when it changes.',
  },
  'tls-private-key-file': { kind: 'string', help: 'PEM file of the key of --tls-cert-file.' },
  'tls-min-version': {
    kind: 'string',
    default: 'VersionTLS12',
    oneOf: ['VersionTLS12', 'VersionTLS13'],
    help: 'Lowest TLS version taken.',
  },
  'tls-cipher-suites': { kind: 'list', help: 'Cipher suites for TLS 1.2, by their Go names.' },
  'http2-max-streams-per-connection': {
    kind: 'int',
    default: 100,
    help: 'Concurrent streams allowed on one HTTP/2 connection.',
  },
  'permit-address-sharing': {
    kind: 'bool',
    default: false,
    help: 'Accepted; the listener never shares its address.',
  },

  // what it keeps things in
  'etcd-servers': {
    kind: 'list',
    help: 'etcd endpoints (scheme://host:port). Also sqlite:///path/to/file.db and memory://, for one server alone.',
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
  'storage-backend': {
    kind: 'string',
    default: 'etcd3',
    oneOf: ['', 'etcd3'],
    help: 'Only etcd3.',
  },
  'storage-media-type': {
    kind: 'string',
    default: 'application/json',
    oneOf: ['application/json', 'application/vnd.kubernetes.protobuf'],
    help: 'Form that is written. application/json here (upstream: protobuf, which is read and, asked for by name, still written as JSON that upstream reads).',
  },
  'event-ttl': { kind: 'duration', default: '1h0m0s', help: 'How long Events are kept.' },
  'watch-cache': { kind: 'bool', default: true, help: 'The cache is always on; false is refused.' },

  // who asks
  'client-ca-file': {
    kind: 'string',
    help: 'CA bundle that client certificates are verified with. Re-read when it changes.',
  },
  'token-auth-file': {
    kind: 'string',
    help: 'CSV of bearer tokens: token,user,uid,"group1,group2".',
  },
  'anonymous-auth': {
    kind: 'bool',
    default: true,
    help: 'Requests without credentials are system:anonymous.',
  },
  'enable-bootstrap-token-auth': {
    kind: 'bool',
    default: false,
    help: 'Secrets of type bootstrap.kubernetes.io/token in kube-system authenticate.',
  },
  'api-audiences': {
    kind: 'list',
    help: 'Audiences of this API; default: the service account issuer.',
  },
  'service-account-issuer': {
    kind: 'repeated',
    help: 'Issuers of service account tokens: the first signs, all are accepted.',
  },
  'service-account-key-file': {
    kind: 'repeated',
    help: 'PEM files of keys that service account tokens are verified with. Re-read when they change.',
  },
  'service-account-signing-key-file': {
    kind: 'string',
    help: 'PEM file of the private key that signs service account tokens. Re-read when it changes.',
  },
  'service-account-lookup': {
    kind: 'bool',
    default: true,
    help: 'A token is good only while its service account exists.',
  },
  'service-account-max-token-expiration': {
    kind: 'duration',
    default: '0s',
    help: 'Longest life of a token; 0 is no limit.',
  },
  'service-account-extend-token-expiration': {
    kind: 'bool',
    default: true,
    help: 'Tokens of pods live a year and warn after an hour, for clients that do not reload.',
  },
  'service-account-jwks-uri': {
    kind: 'string',
    help: 'URI of the key set in the discovery document.',
  },
  'requestheader-client-ca-file': {
    kind: 'string',
    help: 'CA bundle of front proxies. Re-read when it changes.',
  },
  'requestheader-allowed-names': {
    kind: 'list',
    help: 'Common names of front proxies; empty allows any signed by the CA.',
  },
  'requestheader-username-headers': { kind: 'list', help: 'Headers that carry the user name.' },
  'requestheader-uid-headers': { kind: 'list', help: 'Headers that carry the UID.' },
  'requestheader-group-headers': { kind: 'list', help: 'Headers that carry groups.' },
  'requestheader-extra-headers-prefix': {
    kind: 'list',
    help: 'Prefixes of headers that carry extra information.',
  },
  'proxy-client-cert-file': {
    kind: 'string',
    help: 'Client certificate for aggregated API servers and webhooks.',
  },
  'proxy-client-key-file': { kind: 'string', help: 'Key of --proxy-client-cert-file.' },
  'enable-aggregator-routing': {
    kind: 'bool',
    default: false,
    help: 'Aggregated API servers are reached at their endpoints, not at the cluster IP of their service.',
  },

  // what they may
  'authorization-mode': {
    kind: 'list',
    default: ['AlwaysAllow'],
    help: 'Ordered authorizers: AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook.',
  },
  'enable-admission-plugins': { kind: 'list', help: 'Admission plugins beside the default ones.' },
  'disable-admission-plugins': { kind: 'list', help: 'Default admission plugins to leave out.' },
  'allow-privileged': { kind: 'bool', default: false, help: 'Privileged containers are allowed.' },

  // how much at once
  'max-requests-inflight': { kind: 'int', default: 400, help: 'Requests that only read, at once.' },
  'max-mutating-requests-inflight': {
    kind: 'int',
    default: 200,
    help: 'Requests that write, at once.',
  },
  'enable-priority-and-fairness': {
    kind: 'bool',
    default: true,
    help: 'Share the two limits above fairly by FlowSchemas and PriorityLevelConfigurations.',
  },
  'request-timeout': {
    kind: 'duration',
    default: '1m0s',
    help: 'Limit of a request that is not long-running.',
  },
  'min-request-timeout': {
    kind: 'int',
    default: 1800,
    help: 'Seconds a watch lives at least; the actual time is spread between this and twice as much.',
  },
  'shutdown-delay-duration': {
    kind: 'duration',
    default: '0s',
    help: 'How long requests are still taken after readyz fails on shutdown.',
  },
  'shutdown-send-retry-after': {
    kind: 'bool',
    default: false,
    help: 'Tell clients to come back while shutting down.',
  },

  // addresses it hands out
  'service-cluster-ip-range': {
    kind: 'list',
    default: ['10.0.0.0/24'],
    help: 'CIDRs of ClusterIPs, one or two.',
  },
  'service-node-port-range': {
    kind: 'string',
    default: '30000-32767',
    help: 'Ports for NodePort services.',
  },
  'kubernetes-service-node-port': {
    kind: 'int',
    default: 0,
    help: 'Node port of the kubernetes Service; 0 is none.',
  },
  'endpoint-reconciler-type': {
    kind: 'string',
    default: 'lease',
    oneOf: ['lease', 'none'],
    help: 'How the endpoints of the kubernetes Service are kept.',
  },

  // kubelets
  'kubelet-client-certificate': { kind: 'string', help: 'Client certificate for kubelets.' },
  'kubelet-client-key': { kind: 'string', help: 'Key of --kubelet-client-certificate.' },
  'kubelet-certificate-authority': {
    kind: 'string',
    help: 'CA bundle that kubelets are verified with; without it they are not verified.',
  },
  'kubelet-preferred-address-types': {
    kind: 'list',
    default: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
    help: 'Which node address is used, first match.',
  },
  'kubelet-timeout': {
    kind: 'duration',
    default: '5s',
    help: 'Timeout of connections to kubelets.',
  },

  // what happened
  'audit-policy-file': { kind: 'string', help: 'Audit policy; without it nothing is audited.' },
  'audit-log-path': { kind: 'string', help: 'File of audit events; - is standard output.' },
  'audit-log-maxage': { kind: 'int', default: 0, help: 'Days that rotated audit logs are kept.' },
  'audit-log-maxbackup': { kind: 'int', default: 0, help: 'Number of rotated audit logs kept.' },
  'audit-log-maxsize': {
    kind: 'int',
    default: 0,
    help: 'Megabytes at which the audit log is rotated.',
  },
  profiling: {
    kind: 'bool',
    default: true,
    help: 'Accepted; Node.js is profiled from outside (--cpu-prof).',
  },
  v: { kind: 'int', default: 0, help: 'Log verbosity: 4 and above is debug.' },
} as const satisfies FlagTable;
