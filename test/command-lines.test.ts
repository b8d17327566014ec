import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { type EtcdProcess, findEtcd, startEtcd } from '../apiserver/storage/etcd-process.ts';
import {
  generateKeys,
  type IssuedCertificate,
  issueAuthority,
  issueCertificate,
} from '../pki/certificate.ts';

/**
 * The command lines that other projects give kube-apiserver, given to this one: the program starts
 * over etcd, serves, and knows the callers they bring.
 */
const checkout = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'quorate-lines-'));
const path = (...parts: string[]): string => join(folder, ...parts);
const day = 24 * 3_600_000;
let etcd: EtcdProcess;
let clients: IssuedCertificate;
let admin: IssuedCertificate;

async function pair(
  authority: IssuedCertificate,
  name: string,
  commonName: string,
  server = false,
) {
  const issued = await issueCertificate(authority, {
    subject: { commonName, ...(server ? {} : { organizations: ['system:masters'] }) },
    usages: [server ? 'server auth' : 'client auth'],
    durationMs: day,
    ...(server ? { names: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] } } : {}),
  });
  writeFileSync(path(`${name}.crt`), issued.certificatePem);
  writeFileSync(path(`${name}.key`), issued.privateKeyPem);
  return issued;
}

before(async () => {
  etcd = await startEtcd();
  clients = await issueAuthority({ commonName: 'kubernetes', durationMs: day });
  const proxies = await issueAuthority({ commonName: 'front-proxy-ca', durationMs: day });
  writeFileSync(path('ca.crt'), clients.certificatePem);
  writeFileSync(path('front-proxy-ca.crt'), proxies.certificatePem);
  await pair(clients, 'apiserver', 'kube-apiserver', true);
  await pair(clients, 'kubelet-client', 'kube-apiserver-kubelet-client');
  await pair(proxies, 'front-proxy-client', 'front-proxy-client');
  admin = await pair(clients, 'admin', 'kubernetes-admin');
  const keys = await generateKeys();
  writeFileSync(path('sa.key'), keys.privateKeyPem);
  writeFileSync(path('sa.pub'), keys.publicKeyPem);
  // envtest hands over a certificate where a public key would do
  const signer = await pair(clients, 'sa-signer', 'signer', true);
  assert.ok(signer.certificatePem.includes('CERTIFICATE'));
  writeFileSync(path('auth-tokens.csv'), 'admin-token,admin,admin-id,"system:masters"\n');
  writeFileSync(
    path('kube-audit-policy-file'),
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n',
  );
  const direct = (name: string) => `- name: ${name}\n  connection:\n    proxyProtocol: Direct\n`;
  const selections = ['cluster', 'controlplane', 'etcd'].map(direct).join('');
  writeFileSync(
    path('egress-selector'),
    `apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n${selections}`,
  );
});
after(async () => {
  await etcd.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

type Caller = { token: string } | { cert: string; key: string };

function read(port: number, url: string, caller: Caller): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = 'token' in caller ? { authorization: `Bearer ${caller.token}` } : {};
    const identity = 'token' in caller ? {} : caller;
    get(
      {
        host: '127.0.0.1',
        port,
        path: url,
        agent: false,
        rejectUnauthorized: false,
        headers,
        ...identity,
      },
      (response) => {
        let text = '';
        response.on('data', (part: Buffer) => {
          text += part.toString();
        });
        response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
      },
    ).on('error', reject);
  });
}

/** Starts the program, waits for its word that it serves, and ends it after `use`. */
async function withServer(args: readonly string[], use: () => Promise<void>): Promise<void> {
  const server = spawn(process.execPath, ['apiserver/main.ts', ...args], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: server.stderr }).on('line', (line) => {
        lines.push(line);
        if (line.includes('"msg":"serving"')) resolve();
      });
      server.once('exit', () => reject(new Error(`it ended:\n${lines.join('\n')}`)));
    });
    await use();
  } finally {
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
  }
}

interface Line {
  from: string;
  args(port: number): string[];
  caller(): Caller;
  /** What this line asks for beyond serving. */
  sees?(port: number): Promise<void>;
}

const certificate = (): Caller => ({ cert: admin.certificatePem, key: admin.privateKeyPem });
const flag = ([name, value]: [string, string]): string => `--${name}=${value}`;

const lines: Line[] = [
  {
    from: 'kubeadm (cmd/kubeadm/app/phases/controlplane/manifests.go)',
    caller: certificate,
    args: (port) =>
      Object.entries({
        'advertise-address': '127.0.0.1',
        'allow-privileged': 'true',
        'authorization-mode': 'Node,RBAC',
        'client-ca-file': path('ca.crt'),
        'enable-admission-plugins': 'NodeRestriction',
        'enable-bootstrap-token-auth': 'true',
        'etcd-servers': `${etcd.endpoint}`,
        'etcd-prefix': '/kubeadm',
        'kubelet-client-certificate': path('kubelet-client.crt'),
        'kubelet-client-key': path('kubelet-client.key'),
        'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
        'proxy-client-cert-file': path('front-proxy-client.crt'),
        'proxy-client-key-file': path('front-proxy-client.key'),
        'requestheader-allowed-names': 'front-proxy-client',
        'requestheader-client-ca-file': path('front-proxy-ca.crt'),
        'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
        'requestheader-group-headers': 'X-Remote-Group',
        'requestheader-username-headers': 'X-Remote-User',
        'secure-port': String(port),
        'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
        'service-account-key-file': path('sa.pub'),
        'service-account-signing-key-file': path('sa.key'),
        'service-cluster-ip-range': '10.96.0.0/12',
        'tls-cert-file': path('apiserver.crt'),
        'tls-private-key-file': path('apiserver.key'),
      }).map(flag),
  },
  {
    from: "controller-runtime's envtest (pkg/internal/testing/controlplane/apiserver.go)",
    caller: certificate,
    args(port) {
      mkdirSync(path('envtest'));
      for (const file of ['apiserver.crt', 'apiserver.key']) {
        writeFileSync(path('envtest', file), readFileSync(path(file)));
      }
      return Object.entries({
        'allow-privileged': 'true',
        'authorization-mode': 'RBAC',
        'bind-address': '127.0.0.1',
        'cert-dir': path('envtest'),
        'client-ca-file': path('ca.crt'),
        'disable-admission-plugins': 'ServiceAccount',
        'etcd-servers': etcd.endpoint,
        'etcd-prefix': '/envtest',
        'secure-port': String(port),
        'service-account-issuer': `https://127.0.0.1:${port}/`,
        'service-account-key-file': path('sa-signer.crt'),
        'service-account-signing-key-file': path('sa-signer.key'),
        'service-cluster-ip-range': '10.0.0.0/24',
      }).map(flag);
    },
    async sees() {
      // what envtest put there is what is served, untouched
      assert.equal(
        readFileSync(path('envtest', 'apiserver.crt'), 'utf8'),
        readFileSync(path('apiserver.crt'), 'utf8'),
      );
    },
  },
  {
    from: 'hack/local-up-cluster.sh',
    caller: certificate,
    args: (port) => [
      '--authorization-mode=Node,RBAC',
      '--authorization-webhook-config-file=',
      '--authentication-token-webhook-config-file=',
      // what the script leaves empty, it gives as an empty argument
      '',
      '',
      ...Object.entries({
        v: '3',
        vmodule: '',
        'audit-policy-file': path('kube-audit-policy-file'),
        'audit-log-path': path('kube-apiserver-audit.log'),
        'cert-dir': path('local-up'),
        'egress-selector-config-file': path('egress-selector'),
        'client-ca-file': path('ca.crt'),
        'kubelet-client-certificate': path('kubelet-client.crt'),
        'kubelet-client-key': path('kubelet-client.key'),
        'service-account-key-file': path('sa.key'),
        'service-account-lookup': 'true',
        'service-account-issuer': 'https://kubernetes.default.svc',
        'service-account-jwks-uri': 'https://kubernetes.default.svc/openid/v1/jwks',
        'service-account-signing-key-file': path('sa.key'),
        'enable-admission-plugins':
          'NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,Priority,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota,NodeRestriction',
        'disable-admission-plugins': '',
        'admission-control-config-file': '',
        'bind-address': '0.0.0.0',
        'secure-port': String(port),
        'tls-cert-file': path('apiserver.crt'),
        'tls-private-key-file': path('apiserver.key'),
        'storage-backend': 'etcd3',
        'storage-media-type': 'application/vnd.kubernetes.protobuf',
        'etcd-servers': etcd.endpoint,
        'etcd-prefix': '/local-up',
        'service-cluster-ip-range': '10.0.0.0/24',
        'feature-gates': 'AllAlpha=false',
        'emulated-version': '',
        'external-hostname': 'localhost',
        'requestheader-username-headers': 'X-Remote-User',
        'requestheader-group-headers': 'X-Remote-Group',
        'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
        'requestheader-client-ca-file': path('front-proxy-ca.crt'),
        'requestheader-allowed-names': 'system:auth-proxy',
        'proxy-client-cert-file': path('front-proxy-client.crt'),
        'proxy-client-key-file': path('front-proxy-client.key'),
        'cors-allowed-origins': '//127.0.0.1(:[0-9]+)?$,//localhost(:[0-9]+)?$',
      }).map(flag),
    ],
    async sees() {
      const log = readFileSync(path('kube-apiserver-audit.log'), 'utf8');
      assert.match(log, /"level":"Metadata".*"requestURI":"\/api\/v1\/namespaces\/default"/);
    },
  },
  {
    from: 'hack/make-rules/test-cmd.sh, run_kube_apiserver',
    caller: () => ({ token: 'admin-token' }),
    args: (port) => [
      '--version=v1.36.2-custom',
      '--bind-address=127.0.0.1',
      '--authorization-mode=RBAC,AlwaysAllow',
      `--secure-port=${port}`,
      '--feature-gates=',
      '--enable-admission-plugins=LimitRanger,ResourceQuota',
      '--disable-admission-plugins=ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,StorageObjectInUseProtection',
      `--etcd-servers=${etcd.endpoint}`,
      '--etcd-prefix=/test-cmd',
      '--runtime-config=api/v1',
      `--service-account-key-file=${path('sa.key')}`,
      '--service-account-lookup=true',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${path('sa.key')}`,
      '--storage-media-type=',
      `--cert-dir=${path('test-cmd')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      `--client-ca-file=${path('ca.crt')}`,
      `--token-auth-file=${path('auth-tokens.csv')}`,
    ],
    async sees(port) {
      // the certificate it made for itself, by the name scripts look for
      assert.match(readFileSync(path('test-cmd', 'apiserver.crt'), 'utf8'), /BEGIN CERTIFICATE/);
      assert.match(
        (await read(port, '/version', { token: 'admin-token' })).text,
        /v1\.36\.2-custom/,
      );
    },
  },
];

for (const { from, args, caller, sees } of lines) {
  test(`the command line of ${from}`, { skip: findEtcd() === undefined && 'no etcd' }, async () => {
    const port = await freePort();
    await withServer(args(port), async () => {
      assert.equal((await read(port, '/healthz', caller())).text, 'ok');
      const namespace = await read(port, '/api/v1/namespaces/default', caller());
      assert.equal(namespace.code, 200, namespace.text);
      await sees?.(port);
    });
  });
}

const program = (...args: string[]) =>
  spawnSync(process.execPath, ['apiserver/main.ts', ...args], { cwd: checkout, encoding: 'utf8' });

test('help names the flags in the way envtest looks for them', () => {
  const { stdout, status } = program('--help');
  assert.equal(status, 0);
  assert.match(stdout, /^ +--service-account-issuer\b/m);
  assert.doesNotMatch(stdout, /--insecure-port/);
});

test('--version prints and ends', () => {
  assert.deepEqual(program('--version').stdout, 'Kubernetes v1.36.2\n');
});
