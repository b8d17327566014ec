import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { newClusters, newContexts, newUsers } from '@kubernetes/client-node/dist/config_types.js';
import { parseYaml } from '../object/yaml.ts';

/**
 * What it takes to reach one API server. client-node is entered by its config types alone: its root
 * costs a second of start and 85 MB of memory, these cost nothing.
 */
export interface Credentials {
  /** `https://host:port`, no trailing slash; may carry a path. */
  server: string;
  ca: string | undefined;
  certificate: string | undefined;
  key: string | undefined;
  token: string | undefined;
  basic: string | undefined;
  insecure: boolean;
  serverName: string | undefined;
  /** Namespace of the context, or of the pod. */
  namespace: string | undefined;
  /** Everything above in one string: differs when anything on disk changed. */
  version: string;
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads a kubeconfig and the files it names. Throws, naming the entry, on what is not supported. */
export function readKubeconfig(path: string): Credentials {
  const document = parseYaml(readFileSync(path, 'utf8')) as Record<string, unknown> | null;
  if (typeof document !== 'object' || document === null)
    throw new Error(`${path} is no kubeconfig`);
  checkKind(document, path);
  const contexts = newContexts(document.contexts);
  const current = contexts.find((c) => c.name === document['current-context']);
  if (current === undefined) throw new Error(`${path}: current-context names no context`);
  const cluster = newClusters(document.clusters).find((c) => c.name === current.cluster);
  if (cluster === undefined) throw new Error(`${path}: no cluster ${current.cluster}`);
  if (cluster.proxyUrl !== undefined) throw new Error(`${path}: proxy-url is not supported`);
  return versioned({
    server: cluster.server,
    ca: fileOrData(path, cluster.caData, cluster.caFile),
    ...credentialsOf(document, current.user, path),
    insecure: cluster.skipTLSVerify,
    serverName: cluster.tlsServerName,
    namespace: current.namespace,
  });
}

/** Neither has to be said. */
function checkKind({ kind = 'Config', apiVersion = 'v1' }: Record<string, unknown>, path: string) {
  if (kind === 'Config' && apiVersion === 'v1') return;
  throw new Error(
    `error loading config file ${JSON.stringify(path)}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
  );
}

/** How one user of a kubeconfig proves who it is. */
export type UserCredentials = Pick<Credentials, 'certificate' | 'key' | 'token' | 'basic'>;

/** All users by name, and the one of the current context, if there is one. Throws as readKubeconfig does. */
export function readUsers(path: string): {
  users: Map<string, UserCredentials>;
  current: UserCredentials | undefined;
} {
  const document = parseYaml(readFileSync(path, 'utf8')) as Record<string, unknown> | null;
  if (typeof document !== 'object' || document === null)
    throw new Error(`${path} is no kubeconfig`);
  const given: { name?: string }[] = Array.isArray(document.users) ? document.users : [];
  const users = new Map(
    given.map(({ name = '' }) => [name, credentialsOf(document, name, path)] as const),
  );
  const contexts: { name?: string; context?: { user?: string } }[] = Array.isArray(
    document.contexts,
  )
    ? document.contexts
    : [];
  const context = contexts.find(({ name }) => name === document['current-context'])?.context;
  return { users, current: users.get(context?.user ?? '') };
}

function credentialsOf(
  document: Record<string, unknown>,
  name: string,
  path: string,
): UserCredentials {
  const user = userEntry(document, name, path);
  const tokenFile = user?.tokenFile;
  return {
    certificate: fileOrData(path, user?.certData, user?.certFile),
    key: fileOrData(path, user?.keyData, user?.keyFile),
    token:
      tokenFile === undefined
        ? user?.token
        : readFileSync(resolve(dirname(path), tokenFile), 'utf8').trim(),
    basic:
      user?.username === undefined
        ? undefined
        : Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64'),
  };
}

function fileOrData(
  path: string,
  inline: string | undefined,
  file: string | undefined,
): string | undefined {
  if (inline) {
    // Node reads past what is no base64: half a certificate would be one
    if (/[^A-Za-z0-9+/=\s]/.test(inline)) throw new Error(`${path}: illegal base64 data`);
    return Buffer.from(inline, 'base64').toString('utf8');
  }
  return file ? readFileSync(resolve(dirname(path), file), 'utf8') : undefined;
}

/** The pod's own service account. Throws when not inside a pod. */
export function readInCluster(): Credentials {
  const host = process.env.KUBERNETES_SERVICE_HOST;
  const port = process.env.KUBERNETES_SERVICE_PORT;
  if (host === undefined || port === undefined) {
    throw new Error(
      'not inside a pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set); give --kubeconfig',
    );
  }
  const read = (name: string) => readFileSync(`${serviceAccountDirectory}/${name}`, 'utf8');
  return versioned({
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: read('ca.crt'),
    token: read('token').trim(),
    namespace: read('namespace').trim(),
    certificate: undefined,
    key: undefined,
    basic: undefined,
    insecure: false,
    serverName: undefined,
  });
}

interface UserEntry {
  certData?: string;
  certFile?: string;
  keyData?: string;
  keyFile?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
}

function userEntry(
  document: Record<string, unknown>,
  name: string,
  path: string,
): UserEntry | undefined {
  const raw = (Array.isArray(document.users) ? document.users : []).find((u) => u?.name === name);
  if (raw === undefined || raw.user === undefined || raw.user === null) return undefined;
  for (const field of ['exec', 'auth-provider', 'as', 'as-uid', 'as-groups', 'as-user-extra']) {
    if (raw.user[field] !== undefined)
      throw new Error(`${path}: user ${name}: ${field} is not supported`);
  }
  // The token file is read here, not by client-node, because it may lie beside the kubeconfig.
  const tokenFile: string | undefined = raw.user.tokenFile ?? raw.user['token-file'];
  const { tokenFile: _, 'token-file': __, ...user } = raw.user;
  const entry = newUsers([{ name, user }])[0];
  return { ...(entry as UserEntry), ...(tokenFile === undefined ? {} : { tokenFile }) };
}

function versioned(credentials: Omit<Credentials, 'version'>): Credentials {
  return { ...credentials, version: JSON.stringify(credentials) };
}
