import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFlags } from '../flags/flag-set.ts';
import { createLogger, silent } from '../log/log.ts';
import { generateKeys, issueAuthority, issueCertificate } from '../pki/certificate.ts';
import { configFromFlags, type ServerConfig } from './config.ts';
import { apiServerFlags } from './flags.ts';
import { startServer } from './server.ts';

export interface ApiServerOptions {
  /** `memory` (default), or the path of an SQLite file that survives the process. */
  store?: 'memory' | { sqlite: string };
  /** 0, the default, takes a free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** More of kube-apiserver's flags: `{ 'service-cluster-ip-range': '10.96.0.0/16' }`. Unknown ones throw. */
  flags?: Readonly<Record<string, string | readonly string[]>>;
  /** Log lines on stderr; off by default. */
  verbose?: boolean;
}

export interface ApiServer {
  url: string;
  /** PEM of the CA that signed the serving certificate. */
  ca: string;
  /** Bearer token of a member of system:masters. */
  token: string;
  /** A kubeconfig (JSON, which is YAML) for the token. */
  kubeconfig: string;
  /** Graceful; also removes the server's temporary files. Idempotent. */
  stop(): Promise<void>;
}

const dayMs = 24 * 3600 * 1000;

/** Starts a server in this process; resolves when /readyz is ok. RBAC is on, as in a cluster. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-'));
  try {
    const host = options.host ?? '127.0.0.1';
    const made = await makeCredentials(folder, host);
    const config = embeddedConfig(options, folder, host);
    const server = await startServer(
      config,
      options.verbose === true ? createLogger('apiserver', 2) : silent,
    );
    await server.ready;
    const url = `https://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
    let stopped: Promise<void> | undefined;
    return {
      url,
      ca: made.ca,
      token: made.token,
      kubeconfig: kubeconfigOf(url, made),
      stop() {
        stopped ??= server.stop().then(() => rm(folder, { recursive: true, force: true }));
        return stopped;
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function makeCredentials(
  folder: string,
  host: string,
): Promise<{ ca: string; token: string }> {
  const [authority, signing] = await Promise.all([
    issueAuthority({ commonName: 'quorate-embedded', durationMs: 3650 * dayMs }),
    generateKeys(),
  ]);
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'kube-apiserver' },
    names: { dnsNames: ['localhost'], ipAddresses: [...new Set(['127.0.0.1', host])] },
    usages: ['server auth'],
    durationMs: 3650 * dayMs,
  });
  const token = randomBytes(24).toString('base64url');
  const write = (name: string, text: string): Promise<void> =>
    writeFile(join(folder, name), text, { mode: 0o600 });
  await Promise.all([
    write('server.crt', leaf.certificatePem),
    write('server.key', leaf.privateKeyPem),
    write('ca.crt', authority.certificatePem),
    write('sa.key', signing.privateKeyPem),
    write('tokens.csv', `${token},admin,admin,"system:masters"\n`),
  ]);
  return { ca: authority.certificatePem, token };
}

function embeddedConfig(options: ApiServerOptions, folder: string, host: string): ServerConfig {
  const { store = 'memory', port = 0 } = options;
  const own: Record<string, string | readonly string[]> = {
    'bind-address': host,
    'advertise-address': host,
    'etcd-servers': store === 'memory' ? 'memory://' : `sqlite://${store.sqlite}`,
    'tls-cert-file': join(folder, 'server.crt'),
    'tls-private-key-file': join(folder, 'server.key'),
    'client-ca-file': join(folder, 'ca.crt'),
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-signing-key-file': join(folder, 'sa.key'),
    'token-auth-file': join(folder, 'tokens.csv'),
    'authorization-mode': 'Node,RBAC',
    'endpoint-reconciler-type': 'none',
    'allow-privileged': 'true',
  };
  const given = { ...own, ...options.flags };
  if (
    given['authorization-config'] !== undefined &&
    options.flags?.['authorization-mode'] === undefined
  ) {
    delete given['authorization-mode'];
  }
  const argv = Object.entries(given).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => `--${name}=${one}`),
  );
  const config = configFromFlags(parseFlags(apiServerFlags, argv));
  return { ...config, listen: { ...config.listen, port } };
}

function kubeconfigOf(url: string, made: { ca: string; token: string }): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'quorate',
        cluster: {
          server: url,
          'certificate-authority-data': Buffer.from(made.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token: made.token } }],
    contexts: [{ name: 'admin@quorate', context: { cluster: 'quorate', user: 'admin' } }],
    'current-context': 'admin@quorate',
  });
}
