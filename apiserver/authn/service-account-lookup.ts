import type { KubeObject } from '../../object/object.ts';
import type { Lister } from '../watch/view.ts';
import type { BoundClaims, LegacyClaims, TokenClaims } from './service-account-claims.ts';

/**
 * Does what the token is bound to still exist? Asked on every request, from the watch cache, so a
 * deleted pod's token ends at once. Source: pkg/serviceaccount claims.go and legacy.go.
 */
export interface ServiceAccountListers {
  serviceAccounts: Lister;
  pods: Lister;
  secrets: Lister;
  nodes: Lister;
}

/** Deleted objects count as there for this long (clock skew between servers). */
const leewayMs = 60_000;

const invalidSince = 'kubernetes.io/legacy-token-invalid-since';
const invalidated = 'service account token has been invalidated';

/** A secret that holds a token, and whether upstream's controller has made it once, by itself. */
export interface LegacySecretUse {
  secret: KubeObject;
  kind: 'auto' | 'manual' | 'invalid';
}

/**
 * Throws with the reason when something is gone. `token` is compared with the legacy secret; its use is
 * given back, or told before it is refused for being marked as invalid.
 */
export function checkBoundObjects(
  listers: ServiceAccountListers,
  claims: TokenClaims,
  token: string,
  now: number,
): LegacySecretUse | undefined {
  if (claims.bound !== undefined) checkBound(listers, claims.bound, now - leewayMs);
  if (claims.legacy === undefined) return undefined;
  return legacyUse(listers, claims.legacy, token);
}

/** Why the token of a secret that is marked as invalid is refused. */
export function markedInvalid({ namespace, secretName, serviceAccountName }: LegacyClaims): string {
  return `the token in secret ${namespace}/${secretName} for service account ${namespace}/${serviceAccountName} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSince}' label from the secret to temporarily allow use of this token`;
}

function checkBound(listers: ServiceAccountListers, claims: BoundClaims, deadBefore: number): void {
  const { namespace, serviceaccount, secret, pod, node } = claims;
  const account = listers.serviceAccounts.get(namespace, serviceaccount.name);
  if (account === undefined) {
    throw new Error(`serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`);
  }
  if (isDead(account, deadBefore)) {
    throw new Error(`service account ${namespace}/${serviceaccount.name} has been deleted`);
  }
  if (account.metadata.uid !== serviceaccount.uid) {
    throw new Error(
      `service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`,
    );
  }
  if (secret !== undefined) {
    const found = alive(listers.secrets.get(namespace, secret.name), deadBefore);
    if (found.metadata.uid !== secret.uid) {
      throw new Error(
        `secret UID (${found.metadata.uid}) does not match service account secret ref claim (${secret.uid})`,
      );
    }
  }
  if (pod !== undefined) {
    const found = alive(listers.pods.get(namespace, pod.name), deadBefore);
    if (found.metadata.uid !== pod.uid) {
      throw new Error(
        `pod UID (${found.metadata.uid}) does not match service account pod ref claim (${pod.uid})`,
      );
    }
  }
  // A node beside a pod is only told, not bound to.
  if (node !== undefined && pod === undefined) {
    const found = alive(listers.nodes.get('', node.name), deadBefore);
    if (found.metadata.uid !== node.uid) {
      throw new Error(
        `node UID (${found.metadata.uid}) does not match service account node ref claim (${node.uid})`,
      );
    }
  }
}

function alive(object: KubeObject | undefined, deadBefore: number): KubeObject {
  if (object === undefined || isDead(object, deadBefore)) throw new Error(invalidated);
  return object;
}

function isDead({ metadata }: KubeObject, deadBefore: number): boolean {
  const deleted = metadata.deletionTimestamp;
  return typeof deleted === 'string' && Date.parse(deleted) < deadBefore;
}

function legacyUse(
  listers: ServiceAccountListers,
  claims: LegacyClaims,
  token: string,
): LegacySecretUse {
  const { namespace, secretName, serviceAccountName, serviceAccountUid } = claims;
  const secret = listers.secrets.get(namespace, secretName);
  if (secret === undefined || secret.metadata.deletionTimestamp) throw new Error(invalidated);
  const stored = Buffer.from(secret.data?.token ?? '', 'base64').toString('utf8');
  if (stored !== token) throw new Error("service account token does not match server's copy");
  const account = listers.serviceAccounts.get(namespace, serviceAccountName);
  if (account === undefined) {
    throw new Error(`serviceaccounts ${JSON.stringify(serviceAccountName)} not found`);
  }
  if (account.metadata.deletionTimestamp) {
    throw new Error(`ServiceAccount ${namespace}/${serviceAccountName} has been deleted`);
  }
  if (account.metadata.uid !== serviceAccountUid) {
    throw new Error(
      `ServiceAccount UID (${account.metadata.uid}) does not match claim (${serviceAccountUid})`,
    );
  }
  if (secret.metadata.labels?.[invalidSince]) return { secret, kind: 'invalid' };
  const named: { name?: string }[] = account['secrets'] ?? [];
  const auto = named.some(({ name }) => name === secretName);
  return { secret, kind: auto ? 'auto' : 'manual' };
}
