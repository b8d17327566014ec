import { sign } from 'node:crypto';
import type { SigningKey } from './token-keys.ts';

/** What a token that is kept in a Secret says of itself (pkg/serviceaccount/legacy.go). */
export interface LegacySecret {
  namespace: string;
  serviceAccountName: string;
  serviceAccountUid: string;
  secretName: string;
}

export const legacyIssuer = 'kubernetes/serviceaccount';

/** Never expires and is revoked by deleting its secret. */
export function signLegacyToken(key: SigningKey, secret: LegacySecret): string {
  const prefix = 'kubernetes.io/serviceaccount/';
  const header = { alg: key.algorithm, kid: key.id };
  const claims = {
    iss: legacyIssuer,
    [`${prefix}namespace`]: secret.namespace,
    [`${prefix}secret.name`]: secret.secretName,
    [`${prefix}service-account.name`]: secret.serviceAccountName,
    [`${prefix}service-account.uid`]: secret.serviceAccountUid,
    sub: `system:serviceaccount:${secret.namespace}:${secret.serviceAccountName}`,
  };
  const content = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  // JWS wants the two numbers of an ECDSA signature side by side (RFC 7518, 3.4); RSA has no such form
  const signature = sign(`sha${key.algorithm.slice(2)}`, Buffer.from(content), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${content}.${signature.toString('base64url')}`;
}
