import type { KubeObject } from '../../../object/object.ts';
import { type Component, memberName, type Names, ports, selectorOf } from '../names.ts';
import type { Images, Picture } from '../picture.ts';
import { clientURL } from './certificates.ts';
import { child, childMetadata } from './metadata.ts';
import { fieldVariable, flagList, nodeCommand, podTemplate, secretVolume } from './pod.ts';

/** The API servers: Deployment and the Service in front of them. */

const component: Component = 'api-server';
const pki = '/etc/kubernetes/pki';
/** Serve on for this long after readiness is gone, so that load balancers look elsewhere first. */
const drainSeconds = 5;

/**
 * The members that API servers use. Fewer at once when the cluster is to shrink, more only when it
 * has grown, so that no API server depends on a member that is not, or not for long, there.
 */
function etcdServers(picture: Picture): string {
  const { names, controlPlane, ledger, children } = picture;
  const ordinals = Array.from({ length: controlPlane.spec.etcd.members }, (_, i) => i);
  const wanted = ordinals.map((i) => clientURL(names, memberName(names, i))).join(',');
  const present = etcdServersOf(children.deployment.get(names.apiServer));
  const there = new Set(
    ledger?.members.filter((m) => m.phase === 'Voter' || m.start === 'new').map((m) => m.name),
  );
  const complete = ordinals.every((i) => there.has(memberName(names, i)));
  return complete || ledger === undefined ? wanted : (present ?? wanted);
}

/** `--etcd-servers` of a Deployment of API servers. */
export function etcdServersOf(deployment: KubeObject | undefined): string | undefined {
  const args: string[] = deployment?.spec?.template?.spec?.containers?.[0]?.args ?? [];
  const flag = '--etcd-servers=';
  return args.find((arg) => arg.startsWith(flag))?.slice(flag.length);
}

/**
 * glibc's malloc, told to give back what is free: one arena instead of eight for each processor. 18 MB less
 * under load, and no CPU more (docs/performance.md). Blocks below a huge page, 2 MB, come out of the heap,
 * which is made of huge pages:
 * what a start reads is touched some thousand times less, which takes an eighth of its CPU.
 */
const allocator = Object.entries({
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '2097152',
  MALLOC_TRIM_THRESHOLD_: '131072',
}).map(([name, value]) => ({ name, value }));

function apiServerFlags(picture: Picture): (readonly [string, string])[] {
  const { network } = picture.controlPlane.spec;
  return [
    ['advertise-address', '$(POD_IP)'],
    ['secure-port', String(ports.apiServer)],
    ['etcd-servers', etcdServers(picture)],
    ['etcd-cafile', `${pki}/etcd-ca.crt`],
    ['etcd-certfile', `${pki}/apiserver-etcd-client.crt`],
    ['etcd-keyfile', `${pki}/apiserver-etcd-client.key`],
    ['client-ca-file', `${pki}/ca.crt`],
    ['tls-cert-file', `${pki}/apiserver.crt`],
    ['tls-private-key-file', `${pki}/apiserver.key`],
    ['kubelet-client-certificate', `${pki}/apiserver-kubelet-client.crt`],
    ['kubelet-client-key', `${pki}/apiserver-kubelet-client.key`],
    ['proxy-client-cert-file', `${pki}/front-proxy-client.crt`],
    ['proxy-client-key-file', `${pki}/front-proxy-client.key`],
    ['requestheader-client-ca-file', `${pki}/front-proxy-ca.crt`],
    ['requestheader-allowed-names', 'front-proxy-client'],
    ['requestheader-extra-headers-prefix', 'X-Remote-Extra-'],
    ['requestheader-group-headers', 'X-Remote-Group'],
    ['requestheader-username-headers', 'X-Remote-User'],
    ['service-account-issuer', `https://kubernetes.default.svc.${network.clusterDomain}`],
    ['service-account-key-file', `${pki}/sa.pub`],
    ['service-account-signing-key-file', `${pki}/sa.key`],
    ['service-cluster-ip-range', network.serviceCIDR],
    ['authorization-mode', 'Node,RBAC'],
    ['enable-admission-plugins', 'NodeRestriction'],
    ['enable-bootstrap-token-auth', 'true'],
    ['allow-privileged', 'true'],
    ['shutdown-delay-duration', `${drainSeconds}s`],
  ];
}

function probe(path: string, periodSeconds: number, failureThreshold: number): object {
  return {
    httpGet: { path, port: 'https', scheme: 'HTTPS' },
    periodSeconds,
    failureThreshold,
    timeoutSeconds: 15,
  };
}

function volumeOf({ secrets }: Names): ReturnType<typeof secretVolume> {
  const pair = (secret: string, file: string) => ({
    secret,
    files: { [`${file}.crt`]: 'tls.crt', [`${file}.key`]: 'tls.key' },
  });
  return secretVolume('pki', [
    { secret: secrets.clusterAuthority, files: { 'ca.crt': 'tls.crt' } },
    { secret: secrets.etcdAuthority, files: { 'etcd-ca.crt': 'tls.crt' } },
    { secret: secrets.frontProxyAuthority, files: { 'front-proxy-ca.crt': 'tls.crt' } },
    { secret: secrets.serviceAccount, files: { 'sa.pub': 'sa.pub', 'sa.key': 'sa.key' } },
    pair(secrets.apiServer, 'apiserver'),
    pair(secrets.apiServerEtcdClient, 'apiserver-etcd-client'),
    pair(secrets.apiServerKubeletClient, 'apiserver-kubelet-client'),
    pair(secrets.frontProxyClient, 'front-proxy-client'),
  ]);
}

function deployment(picture: Picture, images: Images): KubeObject {
  const { controlPlane, names } = picture;
  const { apiServer } = controlPlane.spec;
  const template = podTemplate({
    names,
    component,
    settings: apiServer.pod,
    // Longer than the drain and the longest ordinary request (60 s).
    terminationGracePeriodSeconds: 75,
    container: {
      image: apiServer.image ?? images.quorate,
      workingDir: '/quorate',
      // a young generation of 16 MB a half is 15 MB more at rest, 70 MB under load, and no CPU less
      command: nodeCommand('--max-semi-space-size=4', 'dist/apiserver.js'),
      args: flagList(apiServerFlags(picture), apiServer.extraArgs),
      env: [fieldVariable('POD_IP', 'status.podIP'), ...allocator],
      ports: [{ name: 'https', containerPort: ports.apiServer, protocol: 'TCP' }],
      volumeMounts: [
        { name: 'pki', mountPath: pki, readOnly: true },
        { name: 'tmp', mountPath: '/tmp' },
      ],
      // It may be started before etcd is: five minutes, looked at every second.
      startupProbe: probe('/livez', 1, 300),
      readinessProbe: probe('/readyz', 1, 3),
      livenessProbe: probe('/livez', 10, 8),
    } as never,
    resources: apiServer.resources,
    volumes: [volumeOf(names), { name: 'tmp', emptyDir: {} }],
  });
  return child('deployment', childMetadata(controlPlane, names, names.apiServer, component), {
    spec: {
      replicas: apiServer.replicas,
      revisionHistoryLimit: 3,
      // A new one is ready before an old one goes: capacity never drops.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selectorOf(names, component) },
      template,
    },
  });
}

function frontService({ controlPlane, names }: Picture): KubeObject {
  const { service } = controlPlane.spec.network;
  const metadata = childMetadata(controlPlane, names, names.apiServer, component);
  const published = service.type !== 'ClusterIP';
  return child(
    'service',
    {
      ...metadata,
      ...(Object.keys(service.annotations).length > 0 ? { annotations: service.annotations } : {}),
    },
    {
      spec: {
        type: service.type,
        selector: selectorOf(names, component),
        ports: [
          {
            name: 'https',
            port: service.port,
            targetPort: 'https',
            protocol: 'TCP',
            ...(published && service.nodePort !== undefined ? { nodePort: service.nodePort } : {}),
          },
        ],
        ...(published ? { externalTrafficPolicy: service.externalTrafficPolicy } : {}),
        ...(service.loadBalancerClass === undefined
          ? {}
          : { loadBalancerClass: service.loadBalancerClass }),
        ...(service.loadBalancerSourceRanges.length > 0
          ? { loadBalancerSourceRanges: service.loadBalancerSourceRanges }
          : {}),
      },
    },
  );
}

export function desiredApiServer(picture: Picture, images: Images): KubeObject[] {
  return [frontService(picture), deployment(picture, images)];
}
