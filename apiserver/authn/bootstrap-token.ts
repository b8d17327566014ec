import { timingSafeEqual } from 'node:crypto';
import type { KubeObject } from '../../object/object.ts';
import type { Lister } from '../watch/view.ts';
import type { TokenAuthenticator } from './authenticator.ts';

/**
 * Tokens of joining nodes: `<id>.<secret>`, held in Secret `bootstrap-token-<id>` of kube-system
 * (`--enable-bootstrap-token-auth`). Source: plugin/pkg/auth/authenticator/token/bootstrap.
 */
const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
/** RFC 3339, as Go's time.Parse takes it. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/;
const defaultGroup = 'system:bootstrappers';

export function makeBootstrapToken(options: {
  secrets: Lister;
  now?: () => number;
}): TokenAuthenticator {
  const now = options.now ?? Date.now;
  return {
    name: 'bootstrap-token',
    authenticateToken(token) {
      const match = tokenPattern.exec(token);
      if (match === null) return undefined;
      const [, id = '', tokenSecret = ''] = match;
      const secret = options.secrets.get('kube-system', `bootstrap-token-${id}`);
      if (secret === undefined || !isUsable(secret, id, tokenSecret, now())) return undefined;
      const groups = groupsOf(dataOf(secret, 'auth-extra-groups'));
      if (groups === undefined) return undefined;
      return { user: { name: `system:bootstrap:${id}`, groups }, audiences: [] };
    },
  };
}

function dataOf(secret: KubeObject, key: string): string {
  return Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
}

function isUsable(secret: KubeObject, id: string, tokenSecret: string, now: number): boolean {
  if (secret.metadata.deletionTimestamp) return false;
  if (secret.type !== 'bootstrap.kubernetes.io/token') return false;
  const held = Buffer.from(dataOf(secret, 'token-secret'));
  const given = Buffer.from(tokenSecret);
  if (held.length !== given.length || !timingSafeEqual(held, given)) return false;
  if (dataOf(secret, 'token-id') !== id) return false;
  const expiration = dataOf(secret, 'expiration');
  // An expiration that cannot be read counts as passed; a date alone is none.
  const ends = time.test(expiration) ? Date.parse(expiration.replace(',', '.')) : NaN;
  if (expiration !== '' && !(ends > now)) return false;
  return dataOf(secret, 'usage-bootstrap-authentication') === 'true';
}

/** Undefined when a group is not one that a bootstrap token may carry. */
function groupsOf(extra: string): string[] | undefined {
  const groups = new Set([defaultGroup]);
  for (const group of extra === '' ? [] : extra.split(',')) {
    if (!groupPattern.test(group)) return undefined;
    groups.add(group);
  }
  return [...groups].toSorted();
}
