import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps, Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { metricsText } from './metrics.ts';

/** A small server for /healthz, /livez, /readyz and /metrics. */
export interface HealthOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  tls?: { cert: string; key: string };
  /** Name and check; a check that returns text has failed with that reason. */
  checks: Record<string, () => string | undefined>;
  /** Who may read /metrics; default everybody. Gets the Authorization header. */
  authorize?(authorization: string | undefined, path: string): Promise<200 | 401 | 403>;
}

export interface HealthServer {
  port: number;
  /** New connections use the new certificate. Throws when key and certificate do not fit. */
  replaceIdentity(tls: { cert: string; key: string }): void;
  close(): Promise<void>;
}

export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const listener: RequestListener = (request, response) => {
    const answer = (code: number, body: string) => {
      response.writeHead(code, {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
      response.end(body);
    };
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(405, 'only GET is allowed');
    } else if (['/healthz', '/livez', '/readyz'].includes(url.pathname)) {
      const { code, body } = checkAll(options.checks, url.searchParams.has('verbose'));
      answer(code, body);
    } else if (url.pathname === '/metrics') {
      void (
        options.authorize?.(request.headers.authorization, url.pathname) ?? Promise.resolve(200)
      )
        .catch(() => 401)
        .then(async (code) => {
          if (code === 200) answer(200, await metricsText());
          else answer(code, code === 401 ? 'Unauthorized' : 'Forbidden');
        });
    } else {
      answer(404, '404 page not found');
    }
  };
  const server: Server =
    options.tls === undefined ? createHttp(listener) : createHttps(options.tls, listener);
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    replaceIdentity(tls) {
      if (server instanceof HttpsServer) server.setSecureContext(tls);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function checkAll(
  checks: HealthOptions['checks'],
  verbose: boolean,
): { code: number; body: string } {
  const lines: string[] = [];
  let failed = false;
  for (const [name, check] of Object.entries(checks)) {
    const reason = check();
    failed ||= reason !== undefined;
    lines.push(reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`);
  }
  if (!failed && !verbose) return { code: 200, body: 'ok' };
  lines.push(failed ? 'healthz check failed' : 'healthz check passed');
  return { code: failed ? 500 : 200, body: `${lines.join('\n')}\n` };
}
