import { isIP } from 'node:net';
import { canonicalAddress } from '../../../pki/fingerprint.ts';
import { memberHost, memberName, type Names, ports, serviceHost } from '../names.ts';
import type { Picture } from '../picture.ts';
import { endpointOf } from './endpoint.ts';

/** What the PKI should hold: a pure list, from which Secrets are issued and judged. */

export interface AuthorityPlan {
  secret: string;
  commonName: string;
}

export interface LeafPlan {
  secret: string;
  /** Secret of the authority that signs. */
  authority: string;
  commonName: string;
  organizations: string[];
  usages: ('server auth' | 'client auth')[];
  dnsNames: string[];
  ipAddresses: string[];
  /** The certificate is kept inside a kubeconfig for this server. */
  kubeconfig?: { server: string; userName: string };
}

export interface CertificatePlan {
  authorities: AuthorityPlan[];
  leaves: LeafPlan[];
}

/** Members whose names the etcd certificates always carry, so that scaling issues nothing. */
const largestCluster = 7;

/** The first address of the range is the `kubernetes` Service's (upstream's rule). */
export function firstAddress(cidr: string): string {
  const [base = ''] = cidr.split('/');
  if (isIP(base) === 4) {
    const [a = 0, b = 0, c = 0, d = 0] = base.split('.').map(Number);
    const bits = Number(cidr.split('/')[1]);
    const network = ((((a << 24) | (b << 16) | (c << 8) | d) >>> 0) & (-1 << (32 - bits))) >>> 0;
    const first = network + 1;
    return [first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255, first & 255].join('.');
  }
  // Ranges for Services are /64 to /124 in practice; the prefix ends the address.
  const groups = expandIPv6(base);
  groups[7] = ((groups[7] ?? 0) & 0xfffe) | 1;
  return canonicalAddress(groups.map((g) => g.toString(16)).join(':'));
}

function expandIPv6(address: string): number[] {
  const [head = '', tail] = canonicalAddress(address).split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((g) => parseInt(g, 16)));
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...Array(8 - left.length - right.length).fill(0), ...right];
}

function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}

function servingNames(picture: Picture): { dnsNames: string[]; ipAddresses: string[] } {
  const { names, children } = picture;
  const { network } = picture.controlPlane.spec;
  const service = children.service.get(names.apiServer);
  const ingress: { ip?: string; hostname?: string }[] =
    service?.status?.loadBalancer?.ingress ?? [];
  const all = [
    'localhost',
    '127.0.0.1',
    '::1',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${network.clusterDomain}`,
    names.apiServer,
    `${names.apiServer}.${names.namespace}`,
    serviceHost(names),
    ...network.serviceCIDR.split(',').map(firstAddress),
    ...((service?.spec?.clusterIPs ?? []) as string[]).filter((ip) => ip !== 'None'),
    ...ingress.flatMap(({ ip, hostname }) => [ip ?? '', hostname ?? '']),
    (network.endpoint ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, ''),
    ...network.extraSANs,
  ].filter((name) => name !== '');
  return {
    dnsNames: sorted(all.filter((name) => isIP(name) === 0)),
    ipAddresses: sorted(all.filter((name) => isIP(name) !== 0).map(canonicalAddress)),
  };
}

function etcdNames(names: Names): string[] {
  const members = Array.from({ length: largestCluster }, (_, i) => memberName(names, i));
  return sorted(members.map((member) => memberHost(names, member)));
}

const client: Pick<LeafPlan, 'usages' | 'dnsNames' | 'ipAddresses'> = {
  usages: ['client auth'],
  dnsNames: [],
  ipAddresses: [],
};

export function planCertificates(picture: Picture): CertificatePlan {
  const { names } = picture;
  const { secrets } = names;
  const both: LeafPlan['usages'] = ['server auth', 'client auth'];
  const member = { commonName: 'etcd', organizations: [], usages: both };
  const cluster = { authority: secrets.clusterAuthority };
  const etcd = { authority: secrets.etcdAuthority };
  const leaves: LeafPlan[] = [
    {
      secret: secrets.apiServer,
      ...cluster,
      commonName: 'kube-apiserver',
      organizations: [],
      usages: ['server auth'],
      ...servingNames(picture),
    },
    {
      secret: secrets.apiServerKubeletClient,
      ...cluster,
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
      ...client,
    },
    {
      secret: secrets.apiServerEtcdClient,
      ...etcd,
      commonName: 'kube-apiserver-etcd-client',
      organizations: [],
      ...client,
    },
    {
      secret: secrets.operatorEtcdClient,
      ...etcd,
      commonName: 'quorate-operator',
      organizations: [],
      ...client,
    },
    {
      secret: secrets.frontProxyClient,
      authority: secrets.frontProxyAuthority,
      commonName: 'front-proxy-client',
      organizations: [],
      ...client,
    },
    {
      // etcd's HTTP gateway calls its own server, so the server is a client as well; its
      // loopback addresses are for etcdctl inside the pod.
      secret: secrets.etcdServer,
      ...etcd,
      ...member,
      dnsNames: sorted([...etcdNames(names), 'localhost']),
      ipAddresses: sorted(['127.0.0.1', '::1']),
    },
    // DNS names only: etcd then looks up whether the caller's address is one of theirs.
    { secret: secrets.etcdPeer, ...etcd, ...member, dnsNames: etcdNames(names), ipAddresses: [] },
    ...kubeconfigLeaves(picture),
  ];
  return {
    authorities: [
      { secret: secrets.clusterAuthority, commonName: 'kubernetes' },
      { secret: secrets.etcdAuthority, commonName: 'etcd-ca' },
      { secret: secrets.frontProxyAuthority, commonName: 'front-proxy-ca' },
    ],
    leaves,
  };
}

/** Certificates inside a kubeconfig; the administrator's waits for the address it names. */
function kubeconfigLeaves(picture: Picture): LeafPlan[] {
  const { names } = picture;
  const { secrets } = names;
  const cluster = { authority: secrets.clusterAuthority };
  const internal = `https://${serviceHost(names)}:${picture.controlPlane.spec.network.service.port}`;
  const endpoint = endpointOf(picture);
  const leaves: LeafPlan[] = [
    {
      secret: secrets.controllersKubeconfig,
      ...cluster,
      commonName: 'system:kube-controller-manager',
      organizations: [],
      ...client,
      kubeconfig: { server: internal, userName: 'system:kube-controller-manager' },
    },
    {
      secret: secrets.schedulerKubeconfig,
      ...cluster,
      commonName: 'system:kube-scheduler',
      organizations: [],
      ...client,
      kubeconfig: { server: internal, userName: 'system:kube-scheduler' },
    },
  ];
  if (endpoint !== undefined) {
    leaves.push({
      secret: secrets.adminKubeconfig,
      ...cluster,
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      ...client,
      kubeconfig: { server: endpoint, userName: 'kubernetes-admin' },
    });
  }
  return leaves;
}

/** URL of a member towards its clients. */
export function clientURL(names: Names, member: string): string {
  return `https://${memberHost(names, member)}:${ports.etcdClient}`;
}
