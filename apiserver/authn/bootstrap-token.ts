import { timingSafeEqual } from 'node:crypto';
import { bootstrapTokenType, expirationOf, tokenField } from '../../object/bootstrap-token.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Lister } from '../watch/view.ts';
import type { TokenAuthenticator } from './authenticator.ts';

/**
 * Tokens of joining nodes: `<id>.<secret>`, held in Secret `bootstrap-token-<id>` of kube-system
 * (`--enable-bootstrap-token-auth`). Source: plugin/pkg/auth/authenticator/token/bootstrap.
 */
const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
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
      const groups = groupsOf(tokenField(secret, 'auth-extra-groups'));
      if (groups === undefined) return undefined;
      return { user: { name: `system:bootstrap:${id}`, groups }, audiences: [] };
    },
  };
}

function isUsable(secret: KubeObject, id: string, tokenSecret: string, now: number): boolean {
  if (secret.metadata.deletionTimestamp) return false;
  if (secret.type !== bootstrapTokenType) return false;
  const held = Buffer.from(tokenField(secret, 'token-secret'));
  const given = Buffer.from(tokenSecret);
  if (held.length !== given.length || !timingSafeEqual(held, given)) return false;
  if (tokenField(secret, 'token-id') !== id) return false;
  // An expiration that cannot be read counts as passed.
  if ((expirationOf(secret) ?? Number.POSITIVE_INFINITY) <= now) return false;
  return tokenField(secret, 'usage-bootstrap-authentication') === 'true';
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
