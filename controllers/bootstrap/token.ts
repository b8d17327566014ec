import { createHmac } from 'node:crypto';
import type { KubeObject } from '../../object/object.ts';
import type { ListQuery } from '../../reconciler/cluster.ts';

/** Bootstrap tokens as Secrets of kube-system (cluster-bootstrap/token). Pure. */

export const tokenSecrets: ListQuery = {
  namespace: 'kube-system',
  fieldSelector: 'type=bootstrap.kubernetes.io/token',
};

const namePattern = /^bootstrap-token-([a-z0-9]{6})$/;
/** RFC 3339, as Go's time.Parse takes it. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/;

function dataOf(secret: KubeObject, key: string): string {
  return Buffer.from(secret['data']?.[key] ?? '', 'base64').toString('utf8');
}

/** When it is over, in ms since 1970; 0 where what is said is no time, undefined where nothing is said. */
export function expirationOf(secret: KubeObject): number | undefined {
  const text = dataOf(secret, 'expiration');
  if (text === '') return undefined;
  const at = time.test(text) ? Date.parse(text.replace(',', '.')) : Number.NaN;
  return Number.isNaN(at) ? 0 : at;
}

export interface SigningToken {
  id: string;
  secret: string;
}

/** Undefined for one that is not for signing, is over, or contradicts itself. */
export function signingToken(secret: KubeObject, now: Date): SigningToken | undefined {
  const id = dataOf(secret, 'token-id');
  const key = dataOf(secret, 'token-secret');
  if (namePattern.exec(secret.metadata.name ?? '')?.[1] !== id || key === '') return undefined;
  if ((expirationOf(secret) ?? Number.POSITIVE_INFINITY) < now.getTime()) return undefined;
  return dataOf(secret, 'usage-bootstrap-signing') === 'true' ? { id, secret: key } : undefined;
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
