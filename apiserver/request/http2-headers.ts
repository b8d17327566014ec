import type { IncomingHttpHeaders } from 'node:http';
import type { HeaderList } from '../../http2/protocol.ts';

/** Of these a request has one; more are not joined (as node:http does). */
const single = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/** Of these Go's server and upstream's handlers read the first, where node:http would join all. */
export const firstCounts = [
  'accept',
  'accept-encoding',
  'audit-id',
  'if-match',
  'if-none-match',
  'if-range',
  'origin',
  'range',
];
for (const name of firstCounts) single.add(name);

/** The headers of a request as node:http shows them. */
export function headersOf(list: HeaderList): IncomingHttpHeaders {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (!single.has(name))
      headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}

/** Of a connection of HTTP/1.1, and of no request (RFC 9113, 8.2.2). */
const connectionHeaders = [
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'Transfer-Encoding',
  'Upgrade',
].map((name) => [name, name.toLowerCase()] as const);

/** What Go's server says of headers that have no place in HTTP/2. */
export function connectionHeader(headers: IncomingHttpHeaders): string | undefined {
  for (const [name, key] of connectionHeaders) {
    if (headers[key] !== undefined) return `request header "${name}" is not valid in HTTP/2`;
  }
  const { te = '' } = headers;
  if (te === '' || te === 'trailers') return undefined;
  return 'request header "TE" may only be "trailers" in HTTP/2';
}
