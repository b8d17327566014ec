import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { generateKeys, issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { gateway, kubernetesService, serviceNetwork } from './network/addresses.ts';
import type { StateFolder } from './state.ts';

/** The management control plane of a local instance: one API server on SQLite, controllers, operator. */

const dayMs = 24 * 3600 * 1000;
export const managementPort = 6443;

export interface ManagementPki {
  caPem: string;
  token: string;
  kubelet: { certificatePem: string; privateKeyPem: string };
  path(name: string): string;
}

/** Made once per state folder. */
export async function managementPki(
  state: StateFolder,
  nodeAddresses: readonly string[],
): Promise<ManagementPki> {
  const path = (name: string): string => join(state.pki, name);
  if (!existsSync(path('complete'))) await makePki(path, nodeAddresses);
  const read = (name: string): string => readFileSync(path(name), 'utf8');
  return {
    caPem: read('ca.crt'),
    token: read('admin.token'),
    kubelet: { certificatePem: read('kubelet.crt'), privateKeyPem: read('kubelet.key') },
    path,
  };
}

async function makePki(
  path: (name: string) => string,
  nodeAddresses: readonly string[],
): Promise<void> {
  const authority = await issueAuthority({ commonName: 'quorate-local', durationMs: 3650 * dayMs });
  const leaf = (
    commonName: string,
    usage: 'server auth' | 'client auth',
    ipAddresses: readonly string[],
  ) =>
    issueCertificate(authority, {
      subject: {
        commonName,
        ...(usage === 'client auth' ? { organizations: ['system:masters'] } : {}),
      },
      ...(usage === 'server auth'
        ? {
            names: {
              ipAddresses,
              dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
            },
          }
        : {}),
      usages: [usage],
      durationMs: 3650 * dayMs,
    });
  const [server, kubelet, kubeletClient, keys] = await Promise.all([
    leaf('kube-apiserver', 'server auth', [gateway, '127.0.0.1', kubernetesService]),
    leaf('kubelet', 'server auth', nodeAddresses),
    leaf('kube-apiserver-kubelet-client', 'client auth', []),
    generateKeys(),
  ]);
  const token = randomBytes(24).toString('base64url');
  const write = (name: string, text: string): void =>
    writeFileSync(path(name), text, { mode: 0o600 });
  write('ca.crt', authority.certificatePem);
  write('ca.key', authority.privateKeyPem);
  write('server.crt', server.certificatePem);
  write('server.key', server.privateKeyPem);
  write('kubelet.crt', kubelet.certificatePem);
  write('kubelet.key', kubelet.privateKeyPem);
  write('kubelet-client.crt', kubeletClient.certificatePem);
  write('kubelet-client.key', kubeletClient.privateKeyPem);
  write('sa.key', keys.privateKeyPem);
  write('sa.pub', keys.publicKeyPem);
  write('admin.token', token);
  write('tokens.csv', `${token},admin,admin,"system:masters"\n`);
  write('complete', '');
}

/** A kubeconfig (JSON is YAML) for the administrator's token. */
export function adminKubeconfig(server: string, pki: ManagementPki): string {
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'management',
          cluster: {
            server,
            'certificate-authority-data': Buffer.from(pki.caPem).toString('base64'),
          },
        },
      ],
      users: [{ name: 'admin', user: { token: pki.token } }],
      contexts: [{ name: 'management', context: { cluster: 'management', user: 'admin' } }],
      'current-context': 'management',
    },
    null,
    2,
  )}\n`;
}

export function apiServerArguments(state: StateFolder, pki: ManagementPki): string[] {
  return [
    // as the operator starts its API servers
    '--max-semi-space-size=4',
    'dist/apiserver.js',
    `--etcd-servers=sqlite://${join(state.root, 'management.db')}`,
    `--bind-address=${gateway}`,
    `--advertise-address=${gateway}`,
    `--secure-port=${managementPort}`,
    `--tls-cert-file=${pki.path('server.crt')}`,
    `--tls-private-key-file=${pki.path('server.key')}`,
    `--client-ca-file=${pki.path('ca.crt')}`,
    `--token-auth-file=${pki.path('tokens.csv')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki.path('sa.pub')}`,
    `--service-account-signing-key-file=${pki.path('sa.key')}`,
    `--service-cluster-ip-range=${serviceNetwork}`,
    '--authorization-mode=Node,RBAC',
    `--kubelet-client-certificate=${pki.path('kubelet-client.crt')}`,
    `--kubelet-client-key=${pki.path('kubelet-client.key')}`,
    `--kubelet-certificate-authority=${pki.path('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
  ];
}

export function controllerArguments(
  state: StateFolder,
  pki: ManagementPki,
  kubeconfig: string,
): string[] {
  return [
    'dist/controllers.js',
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--root-ca-file=${pki.path('ca.crt')}`,
    `--service-account-private-key-file=${pki.path('sa.key')}`,
    `--local-volume-path=${join(state.root, 'volumes')}`,
  ];
}

export function operatorArguments(kubeconfig: string): string[] {
  return [
    'dist/operator.js',
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--metrics-bind-address=0',
    '--health-probe-bind-address=0',
  ];
}

/** Resolves when /readyz of the management API server says ok. Rejects after `timeoutMs`. */
export async function untilReady(pki: ManagementPki, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isReady(pki))) {
    if (Date.now() > deadline) throw new Error('the management API server is not ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isReady(pki: ManagementPki): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host: gateway,
        port: managementPort,
        path: '/readyz',
        ca: pki.caPem,
        agent: false,
        timeout: 2_000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    outgoing.on('error', () => resolve(false));
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.end();
  });
}
