import { parseTime } from './go-time.ts';
import type { KubeObject } from './object.ts';

/** Bootstrap tokens as Secrets `bootstrap-token-<id>` of kube-system (cluster-bootstrap/token). Pure. */

export const bootstrapTokenType = 'bootstrap.kubernetes.io/token';

/** '' where the Secret does not say it. */
export function tokenField(secret: KubeObject, key: string): string {
  return Buffer.from(secret['data']?.[key] ?? '', 'base64').toString('utf8');
}

/** When it is over, in ms since 1970; 0 where what is said is no time, undefined where nothing is said. */
export function expirationOf(secret: KubeObject): number | undefined {
  const text = tokenField(secret, 'expiration');
  return text === '' ? undefined : (parseTime(text) ?? 0);
}
