import type { IncomingMessage } from 'node:http';
import type { RequestContext } from '../../context.ts';

/** Which headers go on to a backend and which come back (Go's httputil.ReverseProxy). */

export type Headers = Record<string, string | string[]>;

/** Of one connection alone (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** What authenticated the client here is nobody else's business (filters/authentication.go). */
function isCredential(name: string): boolean {
  return (
    name === 'authorization' ||
    name === 'x-remote-user' ||
    name === 'x-remote-uid' ||
    name === 'x-remote-group' ||
    name.startsWith('x-remote-extra-')
  );
}

/** The client's headers as the backend gets them; `upgrade` keeps the wish to change protocols. */
export function requestHeaders(context: RequestContext): Headers {
  const named = connectionHeaders(context.headers.connection);
  const headers: Headers = {};
  for (const [name, value] of Object.entries(context.headers)) {
    if (value === undefined || name.startsWith(':') || isCredential(name)) continue;
    if (hopByHop.has(name) || named.has(name)) continue;
    headers[name] = apart(context.exchange.rawHeaders, name, value);
  }
  const authority = context.headers[':authority'];
  if (headers['host'] === undefined && typeof authority === 'string') headers['host'] = authority;
  if (/(^|,)\s*trailers\s*(,|$)/i.test(String(context.headers.te ?? ''))) {
    headers['te'] = 'trailers';
  }
  const client = context.socket.remoteAddress?.replace(/^::ffff:/, '');
  if (client !== undefined) {
    const before = headers['x-forwarded-for'];
    headers['x-forwarded-for'] = before === undefined ? client : [before, client].flat().join(', ');
  }
  if (context.upgrade !== undefined) {
    headers['connection'] = 'Upgrade';
    headers['upgrade'] = context.headers.upgrade ?? '';
  }
  return headers;
}

/** A header that came several times goes on so, where nobody has changed it since. */
function apart(
  raw: readonly string[],
  wanted: string,
  value: string | string[],
): string | string[] {
  if (typeof value !== 'string' || !value.includes(', ')) return value;
  const values = raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === wanted);
  const joined = values.join(', ');
  return values.length > 1 && joined === value ? values : value;
}

/** The backend's headers beside our own, under the names it wrote. */
export function responseHeaders(context: RequestContext, incoming: IncomingMessage): Headers {
  const named = connectionHeaders(incoming.headers.connection);
  const headers: Headers = {
    'audit-id': context.auditId,
    'cache-control': ['no-cache, private'],
    ...context.extraHeaders,
  };
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    const name = (incoming.rawHeaders[at] as string).toLowerCase();
    const value = incoming.rawHeaders[at + 1] as string;
    if (hopByHop.has(name) || named.has(name) || name === 'audit-id') continue;
    // of what is not sent there is no type
    if (incoming.statusCode === 304 && name === 'content-type') continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

/** Others that the Connection header declares to be of this connection. */
function connectionHeaders(value: string | undefined): Set<string> {
  return new Set((value ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

const crossOrigin = ['credentials', 'headers', 'methods', 'origin'].map(
  (what) => `access-control-allow-${what}`,
);

/** What a pod or a service says about other origins must not open the API server to them. */
export function withoutCrossOrigin(headers: Headers): Headers {
  for (const name of crossOrigin) delete headers[name];
  return headers;
}
