import type { UserInfo } from '../context.ts';
import type { Headers } from '../verbs/connect/headers.ts';

/**
 * Who asks, in the headers that an aggregated server believes a front proxy (client-go transport
 * SetAuthProxyHeaders; what authn/front-proxy.ts reads on the other side).
 */
export function identityHeaders(user: UserInfo): Headers {
  const headers: Headers = { 'x-remote-user': user.name, 'x-remote-group': [...user.groups] };
  if (user.uid !== undefined && user.uid !== '') headers['x-remote-uid'] = user.uid;
  for (const [key, values] of Object.entries(user.extra ?? {})) {
    headers[`x-remote-extra-${escapedKey(key)}`] = [...values];
  }
  return headers;
}

/** Bytes that no header name may hold, and the percent sign, by their number. */
function escapedKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      if (/[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char)) return char;
      return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** The aggregator itself, when it looks at what a server serves. */
export const aggregator: UserInfo = { name: 'system:kube-aggregator', groups: ['system:masters'] };
