import { hash } from 'node:crypto';

/** What tokens are found by: a map of secrets looked up directly could be measured. */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'base64');
}

/** The last token of each connection: a client sends the same one with every request. */
const last = new WeakMap<object, { token: string; hash: string }>();

/** {@link tokenHash}, once as long as a connection stays with one token. */
export function hashOnConnection(connection: object, token: string): string {
  const known = last.get(connection);
  if (known?.token === token) return known.hash;
  const made = tokenHash(token);
  last.set(connection, { token, hash: made });
  return made;
}
