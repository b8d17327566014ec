import type { Cluster } from '../reconciler/cluster.ts';
import { connectCluster } from '../reconciler/cluster-client.ts';
import { type HealthServer, serveHealth } from '../reconciler/health.ts';
import { followFiles } from '../pki/reload.ts';
import type { ManagerFlags } from './flags.ts';
import { subjectAccessReviews, tokenReviews } from './resources.ts';

/** --secure-port: health for everybody, metrics for whom the API server lets. */
export async function serveManager(
  flags: ManagerFlags,
  checks: Record<string, () => string | undefined>,
): Promise<HealthServer | undefined> {
  if (flags['secure-port'] === 0) return undefined;
  const authorize = flags['authentication-kubeconfig'] === '' ? undefined : delegate(flags);
  const base = { host: flags['bind-address'], port: flags['secure-port'], checks };
  const more = authorize === undefined ? {} : { authorize };
  if (flags['tls-cert-file'] === '')
    return serveHealth({ ...base, ...more, tls: await selfSigned() });
  const files = { cert: flags['tls-cert-file'], key: flags['tls-private-key-file'] };
  let server: HealthServer | undefined;
  const identity = (contents: Readonly<Record<string, Buffer>>) => ({
    cert: contents.cert?.toString('utf8') ?? '',
    key: contents.key?.toString('utf8') ?? '',
  });
  const followed = await followFiles({
    files,
    onChange: (contents) => server?.replaceIdentity(identity(contents)),
  });
  server = await serveHealth({ ...base, ...more, tls: identity(followed.contents) });
  return server;
}

/** Loaded only when it is needed: the X.509 library is a third of the manager's memory. */
async function selfSigned(): Promise<{ cert: string; key: string }> {
  const { issueAuthority } = await import('../pki/certificate.ts');
  const made = await issueAuthority({
    commonName: 'kube-controller-manager',
    durationMs: 365 * 24 * 3600 * 1000,
  });
  return { cert: made.certificatePem, key: made.privateKeyPem };
}

/** Delegated authentication and authorization, as upstream's components do it. */
function delegate(flags: ManagerFlags) {
  const connect = (kubeconfig: string): Cluster =>
    connectCluster({ kubeconfig, userAgent: 'kube-controller-manager/serving', timeoutMs: 5_000 });
  const authentication = connect(flags['authentication-kubeconfig']);
  const authorization = connect(flags['authorization-kubeconfig']);
  return async (header: string | undefined, path: string): Promise<200 | 401 | 403> => {
    const token = /^Bearer (.+)$/.exec(header ?? '')?.[1];
    if (token === undefined) return 401;
    const review = await authentication.create(tokenReviews, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    });
    if (review.status?.authenticated !== true) return 401;
    const { username, groups, uid } = review.status.user;
    const access = await authorization.create(subjectAccessReviews, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: { user: username, groups, uid, nonResourceAttributes: { path, verb: 'get' } },
    });
    return access.status?.allowed === true ? 200 : 403;
  };
}
