import { isIP } from 'node:net';
import { FlagError, type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';

/** Addresses it hands out, kubelets, its own endpoints, other servers (cmd/kube-apiserver/app/options). */
export const clusterFlags = {
  'allow-privileged': { kind: 'bool', default: false, help: 'Privileged containers are allowed.' },
  'service-cluster-ip-range': {
    kind: 'list',
    default: ['10.0.0.0/24'],
    help: 'CIDRs of ClusterIPs, one or two.',
  },
  'service-node-port-range': {
    kind: 'string',
    default: '30000-32767',
    help: 'Ports for NodePort services: 30000-32767 or 30000+2767.',
  },
  'kubernetes-service-node-port': {
    kind: 'int',
    default: 0,
    help: 'Node port of the kubernetes Service; 0 is none.',
  },
  'endpoint-reconciler-type': {
    kind: 'string',
    default: 'lease',
    help: 'How the endpoints of the kubernetes Service are kept: lease or none. master-count is refused.',
  },
  'apiserver-count': {
    kind: 'int',
    default: 1,
    help: 'Counts for --endpoint-reconciler-type=master-count alone, which is refused.',
  },
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
  'kubelet-port': {
    kind: 'int',
    default: 10_250,
    refused: 'a node says its own port',
    help: 'Port of kubelets (deprecated upstream).',
  },
  'kubelet-read-only-port': {
    kind: 'int',
    default: 10_255,
    refused: 'the read-only port is not used',
    help: 'Read-only port of kubelets (deprecated upstream).',
  },
  'enable-aggregator-routing': {
    kind: 'bool',
    default: false,
    help: 'Aggregated API servers are reached at their endpoints, not at the cluster IP of their service.',
  },
  'aggregator-reject-forwarding-redirect': {
    kind: 'bool',
    default: true,
    refused: 'redirects of aggregated servers are never passed on',
    help: 'Refuse redirects of aggregated servers.',
  },
  'egress-selector-config-file': {
    kind: 'string',
    help: 'EgressSelectorConfiguration: connections are made directly; HTTPConnect and GRPC are refused.',
  },
  'coordinated-leadership-lease-duration': {
    kind: 'duration',
    default: '15s',
    refused: 'the feature gate CoordinatedLeaderElection is off',
    help: 'Of coordinated leader election.',
  },
  'coordinated-leadership-renew-deadline': {
    kind: 'duration',
    default: '10s',
    refused: 'the feature gate CoordinatedLeaderElection is off',
    help: 'Of coordinated leader election.',
  },
  'coordinated-leadership-retry-period': {
    kind: 'duration',
    default: '2s',
    refused: 'the feature gate CoordinatedLeaderElection is off',
    help: 'Of coordinated leader election.',
  },
} as const satisfies FlagTable;

type Values = FlagValues<typeof clusterFlags>;

export interface ServicesConfig {
  cidrs: readonly string[];
  nodePorts: { from: number; to: number };
  kubernetesNodePort: number;
  reconcileEndpoints: boolean;
  /** Aggregated servers are reached at their endpoints, not at the service's address. */
  aggregatorRouting: boolean;
  allowPrivileged: boolean;
}

export interface KubeletConfig {
  certFile: string;
  keyFile: string;
  caFile: string;
  addressTypes: readonly string[];
  timeoutMs: number;
}

/** Throws FlagError, with upstream's words in upstream's order; `publicIp` is what others reach this server at. */
export function servicesConfig(flags: Values, publicIp: string): ServicesConfig {
  const cidrs = flags['service-cluster-ip-range'];
  const count = flags['apiserver-count'];
  const nodePorts = portRange(flags['service-node-port-range']);
  const reconcileEndpoints = reconciles(flags['endpoint-reconciler-type']);
  refuseAll([
    ...cidrProblems(cidrs),
    ...nodePortProblems(flags['kubernetes-service-node-port'], nodePorts),
    reconcileEndpoints && familyProblem(cidrs[0] ?? '', publicIp),
    count < 1 && `--apiserver-count should be a positive number, but value '${count}' provided`,
  ]);
  return {
    cidrs,
    nodePorts,
    kubernetesNodePort: flags['kubernetes-service-node-port'],
    reconcileEndpoints,
    aggregatorRouting: flags['enable-aggregator-routing'],
    allowPrivileged: flags['allow-privileged'],
  };
}

function cidrProblems(cidrs: readonly string[]): (string | false)[] {
  const [first = '', second] = cidrs;
  const family = familyOf(first);
  if (family === 0) return ['service-cluster-ip-range[0] is not a valid cidr'];
  if ((family === 4 ? 32 : 128) - Number(first.split('/')[1]) < 3) {
    return [
      'error determining service IP ranges for primary service cidr: the service cluster IP range must be at least 8 IP addresses',
    ];
  }
  const other = second === undefined ? undefined : familyOf(second);
  if (other === 0) return ['service-cluster-ip-range[1] is not an ip net'];
  return [
    cidrs.length > 2 && '--service-cluster-ip-range must not contain more than two entries',
    other === family &&
      '--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family',
  ];
}

/** 4 or 6; 0 for what is no range. */
function familyOf(cidr: string): number {
  const [address = '', bits = '', ...more] = cidr.split('/');
  const family = isIP(address);
  const fits = /^[0-9]{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return more.length === 0 && fits ? family : 0;
}

function familyProblem(cidr: string, publicIp: string): string | false {
  const family = familyOf(cidr);
  if (family === 0 || isIP(publicIp) === 0 || (family === 4) === (isIP(publicIp) === 4))
    return false;
  return `service IP family ${JSON.stringify(cidr)} must match public address family ${JSON.stringify(publicIp)}`;
}

function nodePortProblems(
  port: number,
  { from, to }: { from: number; to: number },
): (string | false)[] {
  return [
    (port < 0 || port > 65535) &&
      `--kubernetes-service-node-port ${port} must be between 0 and 65535, inclusive. If 0, the Kubernetes master service will be of type ClusterIP`,
    port > 0 &&
      (port < from || port > to) &&
      `kubernetes service node port range ${from}-${to} doesn't contain ${port}`,
  ];
}

export function kubeletConfig(flags: Values): KubeletConfig {
  return {
    certFile: flags['kubelet-client-certificate'],
    keyFile: flags['kubelet-client-key'],
    caFile: flags['kubelet-certificate-authority'],
    addressTypes: flags['kubelet-preferred-address-types'],
    timeoutMs: flags['kubelet-timeout'],
  };
}

function reconciles(type: string): boolean {
  switch (type) {
    case 'lease':
      return true;
    case 'none':
      return false;
    case 'master-count':
      throw new FlagError(
        '--endpoint-reconciler-type=master-count is not supported by this server: use lease',
      );
    default:
      throw new FlagError(
        `--endpoint-reconciler-type: unknown endpoint reconciler type ${JSON.stringify(type)}, expected lease or none`,
      );
  }
}

/** `30000-32767`, or `30000+2767` as k8s.io/apimachinery net.PortRange reads it. Empty is the default. */
function portRange(text: string): { from: number; to: number } {
  if (text === '') return { from: 30_000, to: 32_767 };
  const match = /^(\d+)(?:([-+])(\d+))?$/.exec(text.trim());
  const from = Number(match?.[1]);
  const second = Number(match?.[3] ?? from);
  const to = match?.[2] === '+' ? from + second : second;
  if (match === null || from < 1 || to > 65535 || from > to) {
    throw new FlagError(`--service-node-port-range: invalid port range: ${JSON.stringify(text)}`);
  }
  return { from, to };
}
