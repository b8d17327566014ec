import type { KubeObject } from '../../../object/object.ts';
import { ordinalOf } from '../../etcd/ledger.ts';
import { type Component, labelsOf, memberHost, ports, selectorOf } from '../names.ts';
import type { Images, Picture } from '../picture.ts';
import { child, childMetadata } from './metadata.ts';
import { fieldVariable, nodeCommand, podTemplate, secretVolume } from './pod.ts';

/** The etcd cluster: StatefulSet and headless Service. Membership itself is in operator/etcd. */

const component: Component = 'etcd';
const tlsFolder = '/etc/quorate/etcd-pki';
const recordsFolder = '/etc/quorate/etcd-members';
const volumeFolder = '/var/lib/etcd';

/**
 * Pods that should exist: every member that may start, and those that already run. A member that
 * etcd has not yet been told about gets no pod; one that has left loses it.
 */
export function etcdReplicas({ controlPlane, ledger, children, names }: Picture): number {
  if (ledger === undefined) return controlPlane.spec.etcd.members;
  const current = Number(children.statefulSet.get(names.etcd)?.spec?.replicas ?? 0);
  const alive = ledger.members
    .filter((m) => m.phase !== 'Gone' && (m.start !== 'wait' || ordinalOf(m.name) < current))
    .map((m) => ordinalOf(m.name) + 1);
  return Math.max(1, ...alive);
}

function etcdCommand(picture: Picture): string[] {
  const host = memberHost(picture.names, '$(POD_NAME)');
  const any = '0.0.0.0';
  return [
    'etcd',
    `--listen-client-urls=https://${any}:${ports.etcdClient}`,
    `--advertise-client-urls=https://${host}:${ports.etcdClient}`,
    `--listen-peer-urls=https://${any}:${ports.etcdPeer}`,
    `--initial-advertise-peer-urls=https://${host}:${ports.etcdPeer}`,
    `--listen-metrics-urls=http://${any}:${ports.etcdMetrics}`,
    `--cert-file=${tlsFolder}/server.crt`,
    `--key-file=${tlsFolder}/server.key`,
    `--trusted-ca-file=${tlsFolder}/ca.crt`,
    '--client-cert-auth=true',
    `--peer-cert-file=${tlsFolder}/peer.crt`,
    `--peer-key-file=${tlsFolder}/peer.key`,
    `--peer-trusted-ca-file=${tlsFolder}/ca.crt`,
    '--peer-client-cert-auth=true',
    '--pre-vote=true',
    '--snapshot-count=10000',
    '--max-request-bytes=1572864',
    '--logger=zap',
  ];
}

function etcdContainer(picture: Picture, images: Images): Record<string, unknown> {
  const { etcd } = picture.controlPlane.spec;
  return {
    image: etcd.image ?? images.etcd,
    workingDir: '/quorate',
    command: nodeCommand('dist/etcd-member.js'),
    args: [
      '--name=$(POD_NAME)',
      `--records=${recordsFolder}`,
      `--volume=${volumeFolder}`,
      '--',
      ...etcdCommand(picture),
    ],
    env: [fieldVariable('POD_NAME', 'metadata.name')],
    ports: [
      { name: 'client', containerPort: ports.etcdClient, protocol: 'TCP' },
      { name: 'peer', containerPort: ports.etcdPeer, protocol: 'TCP' },
      { name: 'metrics', containerPort: ports.etcdMetrics, protocol: 'TCP' },
    ],
    volumeMounts: [
      { name: 'data', mountPath: volumeFolder },
      { name: 'pki', mountPath: tlsFolder, readOnly: true },
      { name: 'members', mountPath: recordsFolder, readOnly: true },
    ],
    // Linearizable: a member without a quorum takes no part. Never a reason to restart it.
    readinessProbe: {
      httpGet: { path: '/health', port: 'metrics', scheme: 'HTTP' },
      periodSeconds: 2,
      timeoutSeconds: 2,
      failureThreshold: 3,
    },
  };
}

export function desiredEtcd(picture: Picture, images: Images): KubeObject[] {
  const { controlPlane, names } = picture;
  const { etcd } = controlPlane.spec;
  const metadata = () => childMetadata(controlPlane, names, names.etcd, component);
  const template = podTemplate({
    names,
    component,
    settings: etcd.pod,
    terminationGracePeriodSeconds: 30,
    container: etcdContainer(picture, images) as never,
    resources: etcd.resources,
    volumes: [
      secretVolume('pki', [
        { secret: names.secrets.etcdAuthority, files: { 'ca.crt': 'tls.crt' } },
        {
          secret: names.secrets.etcdServer,
          files: { 'server.crt': 'tls.crt', 'server.key': 'tls.key' },
        },
        { secret: names.secrets.etcdPeer, files: { 'peer.crt': 'tls.crt', 'peer.key': 'tls.key' } },
      ]),
      { name: 'members', configMap: { name: names.etcdMembers, defaultMode: 0o444 } },
    ],
  });
  const headless = child('service', metadata(), {
    spec: {
      clusterIP: 'None',
      // Members find each other before any of them is ready.
      publishNotReadyAddresses: true,
      selector: selectorOf(names, component),
      ports: [
        { name: 'client', port: ports.etcdClient, targetPort: 'client', protocol: 'TCP' },
        { name: 'peer', port: ports.etcdPeer, targetPort: 'peer', protocol: 'TCP' },
      ],
    },
  });
  const statefulSet = child('statefulSet', metadata(), {
    spec: {
      serviceName: names.etcd,
      replicas: etcdReplicas(picture),
      podManagementPolicy: 'Parallel',
      // The operator restarts members itself: followers first, each after the last is healthy.
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
      selector: { matchLabels: selectorOf(names, component) },
      template,
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data', labels: labelsOf(names, component) },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: String(etcd.storage.size) } },
            ...(etcd.storage.className === undefined
              ? {}
              : { storageClassName: etcd.storage.className }),
          },
        },
      ],
    },
  });
  return [headless, statefulSet];
}
