import type { KubeObject } from '../../object/object.ts';
import { legacyIssuer } from '../../pki/legacy-token.ts';
import type { UserInfo } from '../context.ts';

/** What a service account token says, and the user that comes of it. Source: pkg/serviceaccount. */

export interface ObjectClaim {
  name: string;
  uid: string;
}

export interface BoundClaims {
  namespace: string;
  serviceaccount: ObjectClaim;
  pod?: ObjectClaim;
  secret?: ObjectClaim;
  node?: { name: string; uid?: string };
  /** Seconds since 1970: using the token from here on is worth a warning in the audit log. */
  warnafter?: number;
}

/** All claims that matter, of both kinds of token. */
export interface TokenClaims {
  iss: string;
  sub: string;
  aud: readonly string[];
  /** Seconds since 1970; absent on legacy tokens. */
  exp?: number;
  nbf?: number;
  jti?: string;
  bound?: BoundClaims;
  legacy?: LegacyClaims;
}

export interface LegacyClaims {
  namespace: string;
  serviceAccountName: string;
  serviceAccountUid: string;
  secretName: string;
}

const legacyPrefix = 'kubernetes.io/serviceaccount/';

export function usernameOf(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function splitUsername(username: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  if (match === null) return undefined;
  return { namespace: match[1] as string, name: match[2] as string };
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** Throws when a claim that must be there is not. */
export function readClaims(payload: Record<string, unknown>): TokenClaims {
  const { iss, sub, aud, exp, nbf, jti } = payload;
  const claims: TokenClaims = {
    iss: text(iss),
    sub: text(sub),
    aud: typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud.map(text) : [],
    ...(typeof exp === 'number' ? { exp } : {}),
    ...(typeof nbf === 'number' ? { nbf } : {}),
    ...(typeof jti === 'string' ? { jti } : {}),
  };
  if (claims.iss === legacyIssuer) claims.legacy = readLegacy(payload, claims.sub);
  else claims.bound = readBound(payload['kubernetes.io']);
  return claims;
}

function readBound(value: unknown): BoundClaims {
  const claim = (value ?? {}) as Partial<BoundClaims>;
  const account = claim.serviceaccount;
  if (typeof claim.namespace !== 'string' || typeof account?.name !== 'string') {
    throw new Error(
      'service account token claims could not be validated due to unexpected private claim',
    );
  }
  return { ...claim, namespace: claim.namespace, serviceaccount: account };
}

function readLegacy(payload: Record<string, unknown>, subject: string): LegacyClaims {
  if (subject === '') throw new Error('sub claim is missing');
  const claim = (key: string, shown: string): string => {
    const value = text(payload[legacyPrefix + key]);
    if (value === '') throw new Error(`${shown} claim is missing`);
    return value;
  };
  const legacy = {
    namespace: claim('namespace', 'namespace'),
    secretName: claim('secret.name', 'secretName'),
    serviceAccountName: claim('service-account.name', 'serviceAccountName'),
    serviceAccountUid: claim('service-account.uid', 'serviceAccountUID'),
  };
  if (subject !== usernameOf(legacy.namespace, legacy.serviceAccountName)) {
    throw new Error('sub claim is invalid');
  }
  return legacy;
}

export function userOfClaims(claims: TokenClaims): UserInfo {
  const { bound, legacy } = claims;
  if (legacy !== undefined) {
    return {
      name: usernameOf(legacy.namespace, legacy.serviceAccountName),
      uid: legacy.serviceAccountUid,
      groups: serviceAccountGroups(legacy.namespace),
    };
  }
  if (bound === undefined) throw new Error('a service account token without claims');
  const extra: Record<string, readonly string[]> = {};
  const add = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== '') extra[`authentication.kubernetes.io/${key}`] = [value];
  };
  add('credential-id', claims.jti === undefined ? undefined : `JTI=${claims.jti}`);
  add('node-name', bound.node?.name);
  add('node-uid', bound.node?.uid);
  add('pod-name', bound.pod?.name);
  add('pod-uid', bound.pod?.uid);
  return {
    name: usernameOf(bound.namespace, bound.serviceaccount.name),
    uid: bound.serviceaccount.uid,
    groups: serviceAccountGroups(bound.namespace),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** The `kubernetes.io` claim of a new token for `account`, bound as asked. */
export function makeBoundClaims(options: {
  account: KubeObject;
  pod?: KubeObject | undefined;
  secret?: KubeObject | undefined;
  node?: { name: string; uid?: string } | undefined;
  warnafter?: number | undefined;
}): BoundClaims {
  const { account, pod, secret, node, warnafter } = options;
  return {
    namespace: account.metadata.namespace ?? '',
    ...(node === undefined ? {} : { node }),
    ...(pod === undefined ? {} : { pod: claimOf(pod) }),
    ...(secret === undefined ? {} : { secret: claimOf(secret) }),
    serviceaccount: claimOf(account),
    ...(warnafter === undefined ? {} : { warnafter }),
  };
}

function claimOf({ metadata }: KubeObject): ObjectClaim {
  return { name: metadata.name ?? '', uid: metadata.uid ?? '' };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
