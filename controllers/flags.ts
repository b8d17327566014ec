import { parseCidr } from './node/cidr-range.ts';
import type { FlagTable, FlagValues } from '../flags/flag-set.ts';

/**
 * kube-controller-manager's flags by their names, those that we honour. A flag of upstream's that is
 * not here is refused as unknown; one whose value we cannot honour is refused by `checkFlags`.
 */
export const managerFlags = {
  kubeconfig: {
    kind: 'string',
    help: 'Path to a kubeconfig file with authorization and master location information.',
  },
  master: { kind: 'string', help: 'Not supported: use --kubeconfig.' },
  'authentication-kubeconfig': {
    kind: 'string',
    help: 'kubeconfig with enough rights to create tokenreviews.authentication.k8s.io, for requests to /metrics. If empty, /metrics asks no token.',
  },
  'authorization-kubeconfig': {
    kind: 'string',
    help: 'kubeconfig with enough rights to create subjectaccessreviews.authorization.k8s.io, for requests to /metrics.',
  },
  'bind-address': {
    kind: 'string',
    default: '0.0.0.0',
    help: 'The IP address on which to listen for --secure-port.',
  },
  'secure-port': {
    kind: 'int',
    default: 10257,
    help: 'The port for /healthz, /livez, /readyz and /metrics over HTTPS. 0 turns it off.',
  },
  'tls-cert-file': {
    kind: 'string',
    help: 'Certificate for --secure-port; reloaded when it changes. Without one a self-signed certificate is made in memory.',
  },
  'tls-private-key-file': { kind: 'string', help: 'Key of --tls-cert-file.' },
  'leader-elect': {
    kind: 'bool',
    default: true,
    help: 'Gain leadership before running controllers.',
  },
  'leader-elect-lease-duration': {
    kind: 'duration',
    default: '15s',
    help: 'How long non-leaders wait after the last renewal they saw.',
  },
  'leader-elect-renew-deadline': {
    kind: 'duration',
    default: '10s',
    help: 'How long the leader tries to renew before it stops leading.',
  },
  'leader-elect-retry-period': {
    kind: 'duration',
    default: '2s',
    help: 'How long to wait between tries.',
  },
  'leader-elect-resource-lock': {
    kind: 'string',
    default: 'leases',
    oneOf: ['leases'],
    help: 'The type of object that is the lock.',
  },
  'leader-elect-resource-name': {
    kind: 'string',
    default: 'kube-controller-manager',
    help: 'Name of the Lease.',
  },
  'leader-elect-resource-namespace': {
    kind: 'string',
    default: 'kube-system',
    help: 'Namespace of the Lease.',
  },
  'cluster-name': {
    kind: 'string',
    default: 'kubernetes',
    help: 'The instance prefix for the cluster.',
  },
  controllers: {
    kind: 'list',
    default: ['*'],
    help: "Controllers to run: '*' all on by default, 'foo' the controller foo, '-foo' not the controller foo.",
  },
  'kube-api-qps': {
    kind: 'int',
    default: 0,
    help: "Requests a second of each identity, bursts of twice that; 0: no limit (the API server's priority and fairness is the limit).",
  },
  'use-service-account-credentials': {
    kind: 'bool',
    help: 'Run every controller as its own service account in kube-system.',
  },
  'service-account-private-key-file': {
    kind: 'string',
    help: 'Key that signs the tokens Secrets of type kubernetes.io/service-account-token are filled with; without it they stay empty. Reloaded when it changes.',
  },
  'root-ca-file': {
    kind: 'string',
    help: "The CA put into every namespace's kube-root-ca.crt. Reloaded when it changes.",
  },
  'cluster-signing-cert-file': {
    kind: 'string',
    help: 'CA that signs CertificateSigningRequests. Reloaded when it changes.',
  },
  'cluster-signing-key-file': { kind: 'string', help: 'Key of --cluster-signing-cert-file.' },
  'cluster-signing-duration': {
    kind: 'duration',
    default: '8760h',
    help: 'Longest validity of signed certificates.',
  },
  'allocate-node-cidrs': {
    kind: 'bool',
    help: 'Give every node a pod CIDR out of --cluster-cidr.',
  },
  'cluster-cidr': { kind: 'string', help: 'CIDR of pods.' },
  'service-cluster-ip-range': { kind: 'string', help: 'CIDR of Services; kept out of node CIDRs.' },
  'node-cidr-mask-size': { kind: 'int', default: 24, help: 'Mask size of a node CIDR (IPv4).' },
  'cidr-allocator-type': {
    kind: 'string',
    default: 'RangeAllocator',
    oneOf: ['RangeAllocator'],
    help: 'The allocator of node CIDRs.',
  },
  'configure-cloud-routes': { kind: 'bool', help: 'Not supported: there is no cloud provider.' },
  'cloud-provider': { kind: 'string', oneOf: ['', 'external'], help: "'external' or nothing." },
  'node-monitor-period': {
    kind: 'duration',
    default: '5s',
    help: 'How often node health is looked at.',
  },
  'node-monitor-grace-period': {
    kind: 'duration',
    default: '50s',
    help: 'How long a node may be silent before it counts as unhealthy.',
  },
  'node-startup-grace-period': {
    kind: 'duration',
    default: '1m',
    help: 'The same for a node that just started.',
  },
  'terminated-pod-gc-threshold': {
    kind: 'int',
    default: 12_500,
    help: 'Finished pods that may exist before the oldest are deleted; 0 turns it off.',
  },
  'concurrent-deployment-syncs': { kind: 'int', default: 5, help: 'Deployments synced at once.' },
  'concurrent-replicaset-syncs': { kind: 'int', default: 5, help: 'ReplicaSets synced at once.' },
  'concurrent-rc-syncs': {
    kind: 'int',
    default: 5,
    help: 'ReplicationControllers synced at once.',
  },
  'concurrent-statefulset-syncs': { kind: 'int', default: 5, help: 'StatefulSets synced at once.' },
  'concurrent-daemonset-syncs': { kind: 'int', default: 2, help: 'DaemonSets synced at once.' },
  'concurrent-job-syncs': { kind: 'int', default: 5, help: 'Jobs synced at once.' },
  'concurrent-cron-job-syncs': { kind: 'int', default: 5, help: 'CronJobs synced at once.' },
  'concurrent-ttl-after-finished-syncs': {
    kind: 'int',
    default: 5,
    help: 'Finished Jobs looked after at once.',
  },
  'concurrent-endpoint-syncs': { kind: 'int', default: 5, help: 'Endpoints synced at once.' },
  'concurrent-service-endpoint-syncs': {
    kind: 'int',
    default: 5,
    help: 'EndpointSlices of Services synced at once.',
  },
  'mirroring-concurrent-service-endpoint-syncs': {
    kind: 'int',
    default: 5,
    help: 'EndpointSlices of hand-made Endpoints synced at once.',
  },
  'mirroring-max-endpoints-per-subset': {
    kind: 'int',
    default: 1000,
    help: 'Addresses of a subset of hand-made Endpoints that are put into EndpointSlices.',
  },
  'concurrent-namespace-syncs': { kind: 'int', default: 10, help: 'Namespaces synced at once.' },
  'concurrent-gc-syncs': { kind: 'int', default: 20, help: 'Objects garbage-collected at once.' },
  'concurrent-resource-quota-syncs': {
    kind: 'int',
    default: 5,
    help: 'ResourceQuotas synced at once.',
  },
  'concurrent-serviceaccount-token-syncs': {
    kind: 'int',
    default: 5,
    help: 'Service accounts synced at once.',
  },
  'concurrent-validating-admission-policy-status-syncs': {
    kind: 'int',
    default: 5,
    help: 'ValidatingAdmissionPolicies checked at once.',
  },
  'concurrent-ephemeralvolume-syncs': {
    kind: 'int',
    default: 5,
    help: 'Pods whose ephemeral volumes are seen to at once.',
  },
  'concurrent-horizontal-pod-autoscaler-syncs': {
    kind: 'int',
    default: 5,
    help: 'HorizontalPodAutoscalers synced at once.',
  },
  'horizontal-pod-autoscaler-sync-period': {
    kind: 'duration',
    default: '15s',
    help: 'Time between two looks at a HorizontalPodAutoscaler.',
  },
  'horizontal-pod-autoscaler-downscale-stabilization': {
    kind: 'duration',
    default: '5m',
    help: 'How long the highest size that was asked for is kept.',
  },
  'horizontal-pod-autoscaler-tolerance': {
    kind: 'float',
    default: 0.1,
    help: 'How far from 1 the ratio of a metric to its target may be before anything is scaled.',
  },
  'horizontal-pod-autoscaler-cpu-initialization-period': {
    kind: 'duration',
    default: '5m',
    help: 'Time after the start of a pod in which its use of CPU counts only once it is ready.',
  },
  'horizontal-pod-autoscaler-initial-readiness-delay': {
    kind: 'duration',
    default: '30s',
    help: 'Time after the start of a pod in which becoming unready means that it never was ready.',
  },
  scheduler: {
    kind: 'bool',
    default: true,
    help: 'Also run the scheduler, under a Lease of its own (Quorate).',
  },
  'scheduler-kubeconfig': {
    kind: 'string',
    help: 'Identity of the scheduler (system:kube-scheduler); without it the one of --kubeconfig (Quorate).',
  },
  'scheduler-leader-elect-resource-name': {
    kind: 'string',
    default: 'kube-scheduler',
    help: "Name of the scheduler's Lease (Quorate).",
  },
  'local-volume-path': {
    kind: 'string',
    default: '/var/lib/quorate/volumes',
    help: 'Directory on the nodes for volumes of the provisioner quorate.dev/local (Quorate).',
  },
  profiling: { kind: 'bool', help: 'Not supported: true is refused.' },
  v: { kind: 'int', default: 0, help: 'Log verbosity.' },
} as const satisfies FlagTable;

export type ManagerFlags = FlagValues<typeof managerFlags>;

/** Values that cannot be honoured, by name; one line each. */
export function checkFlags(flags: ManagerFlags): string[] {
  const errors: string[] = [];
  const refuse = (name: keyof ManagerFlags, why: string) => errors.push(`--${name}: ${why}`);
  if (flags.master !== '') refuse('master', 'not supported, use --kubeconfig');
  if (flags['configure-cloud-routes'])
    refuse('configure-cloud-routes', 'there is no cloud provider');
  if (flags.profiling) refuse('profiling', 'not supported');
  if (flags['allocate-node-cidrs'] && flags['cluster-cidr'] === '') {
    refuse('cluster-cidr', 'required when --allocate-node-cidrs is set');
  }
  for (const name of ['cluster-cidr', 'service-cluster-ip-range'] as const) {
    if (flags[name] === '' || !flags['allocate-node-cidrs']) continue;
    try {
      parseCidr(flags[name]);
    } catch (error) {
      refuse(name, `${(error as Error).message}; node CIDRs are IPv4 only`);
    }
  }
  const pairs = [
    ['cluster-signing-cert-file', 'cluster-signing-key-file'],
    ['tls-cert-file', 'tls-private-key-file'],
    ['authentication-kubeconfig', 'authorization-kubeconfig'],
  ] as const;
  for (const [a, b] of pairs) {
    if ((flags[a] === '') !== (flags[b] === '')) refuse(a, `goes together with --${b}`);
  }
  if (flags['secure-port'] < 0 || flags['secure-port'] > 65_535) {
    refuse('secure-port', 'must be between 0 and 65535');
  }
  for (const name of Object.keys(flags) as (keyof ManagerFlags)[]) {
    const value = flags[name];
    if (name.startsWith('concurrent-') && typeof value === 'number' && value < 1) {
      refuse(name, 'must be greater than 0');
    }
  }
  return errors;
}
