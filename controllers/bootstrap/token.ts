import { createHmac } from 'node:crypto';
import { bootstrapTokenType, expirationOf, tokenField } from '../../object/bootstrap-token.ts';
import type { KubeObject } from '../../object/object.ts';
import type { ListQuery } from '../../reconciler/cluster.ts';

/** What bootstrap tokens sign (cluster-bootstrap/token). Pure. */

export const tokenSecrets: ListQuery = {
  namespace: 'kube-system',
  fieldSelector: `type=${bootstrapTokenType}`,
};

const namePattern = /^bootstrap-token-([a-z0-9]{6})$/;
export interface SigningToken {
  id: string;
  secret: string;
}

/** Undefined for one that is not for signing, is over, or contradicts itself. */
export function signingToken(secret: KubeObject, now: Date): SigningToken | undefined {
  const id = tokenField(secret, 'token-id');
  const key = tokenField(secret, 'token-secret');
  if (namePattern.exec(secret.metadata.name ?? '')?.[1] !== id || key === '') return undefined;
  if ((expirationOf(secret) ?? Number.POSITIVE_INFINITY) < now.getTime()) return undefined;
  return tokenField(secret, 'usage-bootstrap-signing') === 'true' ? { id, secret: key } : undefined;
}

/** A JWS by HS256 without its payload, which whoever checks it has: `header..signature`. */
export function detachedSignature(content: string, { id, secret }: SigningToken): string {
  const encoded = (text: string) => Buffer.from(text).toString('base64url');
  const header = encoded(JSON.stringify({ alg: 'HS256', kid: id }));
  const signature = createHmac('sha256', secret)
    .update(`${header}.${encoded(content)}`)
    .digest('base64url');
  return `${header}..${signature}`;
}
