import type { RequestContext } from '../context.ts';
import type { Lifecycle } from '../lifecycle.ts';

/**
 * What happens to a request before anybody asks what it wants: headers that every answer carries,
 * and requests that are answered for their headers alone. A filter says true when it has answered.
 * Source: k8s.io/apiserver server/filters (cors.go, hsts.go, goaway.go, with_retry_after.go).
 */
export type Filter = (context: Filtered) => boolean;

export type Filtered = Pick<RequestContext, 'exchange' | 'extraHeaders' | 'auditId'>;

export interface FilterOptions {
  corsOrigins: readonly RegExp[];
  /** Value of Strict-Transport-Security; '' is none. */
  strictTransportSecurity: string;
  goawayChance: number;
  /** Whether requests that come during the last moments are told to come back. */
  retryAfter: boolean;
  lifecycle: Lifecycle;
  random?: () => number;
}

/** Only what the options ask for: without any, a request costs nothing here. */
export function makeFilters(options: FilterOptions): readonly Filter[] {
  const { corsOrigins, strictTransportSecurity, goawayChance, lifecycle } = options;
  const filters: Filter[] = [];
  if (options.retryAfter) filters.push(retryAfter(lifecycle));
  if (goawayChance > 0) filters.push(goaway(goawayChance, options.random ?? Math.random));
  if (strictTransportSecurity !== '') {
    filters.push(({ extraHeaders }) => {
      extraHeaders['strict-transport-security'] = strictTransportSecurity;
      return false;
    });
  }
  if (corsOrigins.length > 0) filters.push(cors(corsOrigins));
  return filters;
}

const allowedMethods = 'POST, GET, OPTIONS, PUT, DELETE, PATCH';
const allowedHeaders =
  'Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since';

function cors(origins: readonly RegExp[]): Filter {
  return ({ exchange, extraHeaders, auditId }) => {
    const { origin } = exchange.headers;
    if (origin === undefined || !origins.some((pattern) => pattern.test(origin))) return false;
    extraHeaders['access-control-allow-origin'] = origin;
    extraHeaders['access-control-allow-methods'] = allowedMethods;
    extraHeaders['access-control-allow-headers'] = allowedHeaders;
    extraHeaders['access-control-expose-headers'] = 'Date';
    extraHeaders['access-control-allow-credentials'] = 'true';
    if (exchange.method !== 'OPTIONS') return false;
    const ownHeaders = { 'audit-id': auditId, 'cache-control': 'no-cache, private' };
    exchange.send(204, { ...ownHeaders, ...extraHeaders });
    return true;
  };
}

/** The client's other requests go on; its next connection may lead to another server. */
function goaway(chance: number, random: () => number): Filter {
  return ({ exchange }) => {
    if (random() < chance) exchange.goAway();
    return false;
  };
}

/** Seconds after which a client may find another server. */
const comeBackSeconds = '5';
const comeBack = Buffer.from('The apiserver is shutting down, please try again later.\n');

const exemptPaths = /^\/(livez|readyz|healthz|metrics)/;

/** Whoever looks after this server is answered to the end, and its own requests are, too. */
function isExempt({ url, headers }: Filtered['exchange']): boolean {
  return exemptPaths.test(url) || headers['user-agent']?.startsWith('kube-apiserver/') === true;
}

/** The connection goes too: over HTTP/2 that is a GOAWAY. */
function retryAfter(lifecycle: Lifecycle): Filter {
  return ({ exchange, auditId }) => {
    if (!lifecycle.refusing || isExempt(exchange)) return false;
    const headers = {
      'audit-id': auditId,
      'retry-after': comeBackSeconds,
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-length': String(comeBack.length),
    };
    if (exchange.version === 1) exchange.send(429, { ...headers, connection: 'close' }, comeBack);
    else {
      exchange.goAway();
      exchange.send(429, headers, comeBack);
    }
    return true;
  };
}
