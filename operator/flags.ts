import { FlagError, type FlagTable, parseFlags as parse } from '../flags/flag-set.ts';

/** The operator's flags. Leader election has kube-controller-manager's names and defaults. */
export interface OperatorFlags {
  kubeconfig: string | undefined;
  /** Only ControlPlanes of this namespace; all when empty. */
  namespace: string;
  image: string;
  etcdImage: string;
  leaderElect: boolean;
  leaseName: string;
  /** Namespace of the lease; the pod's own when empty. */
  leaseNamespace: string;
  leaseDurationMs: number;
  renewDeadlineMs: number;
  retryPeriodMs: number;
  /** `host:port`, `:port`, or undefined for none. */
  metrics: { host: string; port: number } | undefined;
  health: { host: string; port: number } | undefined;
  workers: number;
  verbosity: number;
}

export const operatorFlags = {
  kubeconfig: {
    kind: 'string',
    help: 'Kubeconfig of the management cluster. KUBECONFIG or the pod itself when not set.',
  },
  namespace: { kind: 'string', help: 'Look after the ControlPlanes of one namespace only.' },
  image: {
    kind: 'string',
    default: 'quorate:0.1.0',
    help: 'Image of API servers and controller managers, unless a ControlPlane names another.',
  },
  'etcd-image': {
    kind: 'string',
    help: 'Image of etcd members: Quorate with etcd in its PATH. Default: the same as --image.',
  },
  'leader-elect': { kind: 'bool', default: true, help: 'Work only while holding the lease.' },
  'leader-elect-resource-name': {
    kind: 'string',
    default: 'quorate-operator',
    help: 'Name of the lease.',
  },
  'leader-elect-resource-namespace': {
    kind: 'string',
    help: 'Namespace of the lease. Default: that of the pod or of the kubeconfig.',
  },
  'leader-elect-lease-duration': {
    kind: 'duration',
    default: '15s',
    help: 'How long a standby waits for a silent leader.',
  },
  'leader-elect-renew-deadline': {
    kind: 'duration',
    default: '10s',
    help: 'How long a leader tries to renew.',
  },
  'leader-elect-retry-period': {
    kind: 'duration',
    default: '2s',
    help: 'How long between two tries.',
  },
  'metrics-bind-address': {
    kind: 'string',
    default: ':8080',
    help: 'Address of /metrics; 0 turns it off.',
  },
  'health-probe-bind-address': {
    kind: 'string',
    default: ':8081',
    help: 'Address of /healthz and /readyz; 0 turns it off.',
  },
  workers: { kind: 'int', default: 8, help: 'ControlPlanes reconciled at the same time.' },
  v: { kind: 'int', default: 0, help: 'Log level: 0 is info, 2 and more is debug.' },
} satisfies FlagTable;

function address(name: string, text: string): { host: string; port: number } | undefined {
  if (text === '' || text === '0') return undefined;
  const match = /^(\[[^\]]+\]|[^:]*):(\d{1,5})$/.exec(text);
  if (match === null) throw new FlagError(`--${name}: ${text} is no address; write it like :8080`);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? '::' : host, port: Number(match[2]) };
}

/** Throws a FlagError on a flag it does not know or cannot read. */
export function parseFlags(args: readonly string[]): OperatorFlags {
  const { values } = parse(operatorFlags, args);
  if (values.workers < 1) throw new FlagError('--workers must be 1 or more');
  return {
    kubeconfig: values.kubeconfig === '' ? undefined : values.kubeconfig,
    namespace: values.namespace,
    image: values.image,
    etcdImage: values['etcd-image'] === '' ? values.image : values['etcd-image'],
    leaderElect: values['leader-elect'],
    leaseName: values['leader-elect-resource-name'],
    leaseNamespace: values['leader-elect-resource-namespace'],
    leaseDurationMs: values['leader-elect-lease-duration'],
    renewDeadlineMs: values['leader-elect-renew-deadline'],
    retryPeriodMs: values['leader-elect-retry-period'],
    metrics: address('metrics-bind-address', values['metrics-bind-address']),
    health: address('health-probe-bind-address', values['health-probe-bind-address']),
    workers: values.workers,
    verbosity: values.v,
  };
}
