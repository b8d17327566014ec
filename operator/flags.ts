import { parseArgs } from 'node:util';
import { parseDuration } from '../object/duration.ts';

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

interface Flag {
  default: string;
  help: string;
}

export const flagTable: Record<string, Flag> = {
  kubeconfig: {
    default: '',
    help: 'Kubeconfig of the management cluster. KUBECONFIG or the pod itself when not set.',
  },
  namespace: { default: '', help: 'Look after the ControlPlanes of one namespace only.' },
  image: {
    default: 'quorate:0.1.0',
    help: 'Image of API servers and controller managers, unless a ControlPlane names another.',
  },
  'etcd-image': {
    default: '',
    help: 'Image of etcd members: Quorate with etcd in its PATH. Default: the same as --image.',
  },
  'leader-elect': { default: 'true', help: 'Work only while holding the lease.' },
  'leader-elect-resource-name': { default: 'quorate-operator', help: 'Name of the lease.' },
  'leader-elect-resource-namespace': {
    default: '',
    help: 'Namespace of the lease. Default: that of the pod or of the kubeconfig.',
  },
  'leader-elect-lease-duration': {
    default: '15s',
    help: 'How long a standby waits for a silent leader.',
  },
  'leader-elect-renew-deadline': { default: '10s', help: 'How long a leader tries to renew.' },
  'leader-elect-retry-period': { default: '2s', help: 'How long between two tries.' },
  'metrics-bind-address': { default: ':8080', help: 'Address of /metrics; 0 turns it off.' },
  'health-probe-bind-address': {
    default: ':8081',
    help: 'Address of /healthz and /readyz; 0 turns it off.',
  },
  workers: { default: '8', help: 'ControlPlanes reconciled at the same time.' },
  v: { default: '0', help: 'Log level: 0 is info, 2 and more is debug.' },
};

export function usage(): string {
  const lines = Object.entries(flagTable).map(
    ([name, { help, default: value }]) => `  --${name}=${value}\n        ${help}`,
  );
  return `Usage: node operator/main.ts [flags]\n\n${lines.join('\n')}\n`;
}

function address(name: string, text: string): { host: string; port: number } | undefined {
  if (text === '' || text === '0') return undefined;
  const match = /^(\[[^\]]+\]|[^:]*):(\d{1,5})$/.exec(text);
  if (match === null) throw new Error(`--${name}: ${text} is no address; write it like :8080`);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? '::' : host, port: Number(match[2]) };
}

function duration(name: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`--${name}: ${text} is no duration; write it like 15s`);
  return ms;
}

function boolean(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Error(`--${name} must be true or false`);
  return text === 'true';
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) {
    throw new Error(`--${name} must be a whole number, ${least} or more`);
  }
  return number;
}

/** Throws on a flag it does not know or cannot read. `--leader-elect` alone means true, as in Go. */
export function parseFlags(args: readonly string[]): OperatorFlags {
  const options = Object.fromEntries(
    Object.keys(flagTable).map((name) => [name, { type: 'string' as const }]),
  );
  const full = args.map((arg) => (arg === '--leader-elect' ? '--leader-elect=true' : arg));
  const { values } = parseArgs({ args: full, options, allowPositionals: false });
  const text = (name: string) => String(values[name] ?? flagTable[name]?.default ?? '');
  return {
    kubeconfig: text('kubeconfig') === '' ? undefined : text('kubeconfig'),
    namespace: text('namespace'),
    image: text('image'),
    etcdImage: text('etcd-image') === '' ? text('image') : text('etcd-image'),
    leaderElect: boolean('leader-elect', text('leader-elect')),
    leaseName: text('leader-elect-resource-name'),
    leaseNamespace: text('leader-elect-resource-namespace'),
    leaseDurationMs: duration('leader-elect-lease-duration', text('leader-elect-lease-duration')),
    renewDeadlineMs: duration('leader-elect-renew-deadline', text('leader-elect-renew-deadline')),
    retryPeriodMs: duration('leader-elect-retry-period', text('leader-elect-retry-period')),
    metrics: address('metrics-bind-address', text('metrics-bind-address')),
    health: address('health-probe-bind-address', text('health-probe-bind-address')),
    workers: whole('workers', text('workers'), 1),
    verbosity: whole('v', text('v'), 0),
  };
}
