import type { Http2ServerRequest } from 'node:http2';
import type { RawRequest, RawResponse } from '../context.ts';
import type { Lifecycle } from '../lifecycle.ts';

/**
 * What happens to a request before anybody asks what it wants: headers that every answer carries,
 * and requests that are answered for their headers alone. A filter says true when it has answered.
 * Source: k8s.io/apiserver server/filters (cors.go, hsts.go, goaway.go, with_retry_after.go).
 */
export type Filter = (request: RawRequest, response: RawResponse) => boolean;

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
    filters.push((_request, response) => {
      response.setHeader('strict-transport-security', strictTransportSecurity);
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
  return (request, response) => {
    const { origin } = request.headers;
    if (origin === undefined || !origins.some((pattern) => pattern.test(origin))) return false;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-methods', allowedMethods);
    response.setHeader('access-control-allow-headers', allowedHeaders);
    response.setHeader('access-control-expose-headers', 'Date');
    response.setHeader('access-control-allow-credentials', 'true');
    if (request.method !== 'OPTIONS') return false;
    response.statusCode = 204;
    response.end();
    return true;
  };
}

/** The client's other requests go on; its next connection may lead to another server. */
function goaway(chance: number, random: () => number): Filter {
  return (request) => {
    if (request.httpVersionMajor === 2 && random() < chance) {
      (request as Http2ServerRequest).stream.session?.close();
    }
    return false;
  };
}

/** Seconds after which a client may find another server. */
const comeBackSeconds = '5';

function retryAfter(lifecycle: Lifecycle): Filter {
  return (request, response) => {
    if (!lifecycle.refusing || /^\/(livez|readyz|healthz)(\/|\?|$)/.test(request.url ?? '')) {
      return false;
    }
    response.statusCode = 429;
    response.setHeader('retry-after', comeBackSeconds);
    if (request.httpVersionMajor === 1) response.setHeader('connection', 'close');
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.setHeader('x-content-type-options', 'nosniff');
    response.end('The apiserver is shutting down, please try again later.\n');
    return true;
  };
}
