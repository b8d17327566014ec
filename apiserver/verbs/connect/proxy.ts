import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ServerResponse } from 'node:http';
import { serviceUnavailable } from '../../../object/status-error.ts';
import type { RequestContext } from '../../context.ts';

/** One hop to another server: a kubelet, a pod, a service, an aggregated API server. */
export interface Hop {
  protocol: 'http' | 'https';
  host: string;
  port: number;
  /** Path and query. */
  path: string;
  method?: string;
  headers?: Record<string, string>;
  /** node:https options: certificates, verification. */
  tls?: object;
  timeoutMs?: number;
}

/** Connection-level headers that are this hop's own (RFC 9110, 7.6.1), and the client's credentials. */
const notForwarded = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'host',
  'authorization',
  'http2-settings',
]);

/**
 * Passes the request on and the answer back, both as streams. An upgrade passes bytes both ways from
 * then on: WebSocket and SPDY alike.
 */
export function forward(context: RequestContext, hop: Hop): Promise<void> {
  return new Promise((resolve, reject) => {
    const send = hop.protocol === 'https' ? httpsRequest : httpRequest;
    const outgoing = send({
      host: hop.host,
      port: hop.port,
      path: hop.path,
      method: hop.method ?? context.method,
      headers: { ...forwardedHeaders(context), ...hop.headers },
      ...hop.tls,
      agent: false,
    });
    if (hop.timeoutMs !== undefined) {
      const timer = setTimeout(() => outgoing.destroy(new Error('dial timed out')), hop.timeoutMs);
      outgoing.on('socket', (socket) => {
        socket.once(hop.protocol === 'https' ? 'secureConnect' : 'connect', () =>
          clearTimeout(timer),
        );
        socket.once('close', () => clearTimeout(timer));
      });
    }
    outgoing.on('error', (error) =>
      reject(
        serviceUnavailable(
          `error trying to reach service: dial tcp ${hop.host}:${hop.port}: ${error.message}`,
        ),
      ),
    );
    outgoing.on('response', (incoming) => answer(context, incoming).then(resolve, reject));
    outgoing.on('upgrade', (incoming, socket, head) => {
      const own = context.upgrade;
      if (own === undefined) {
        socket.destroy();
        reject(serviceUnavailable('the backend switched protocols without being asked to'));
        return;
      }
      own.socket.write(upgradeHead(incoming));
      if (head.length > 0) own.socket.write(head);
      if (own.head.length > 0) socket.write(own.head);
      socket.pipe(own.socket);
      own.socket.pipe(socket);
      const over = (): void => {
        socket.destroy();
        own.socket.destroy();
        resolve();
      };
      socket.on('close', over);
      socket.on('error', over);
      own.socket.on('close', over);
      own.socket.on('error', over);
      context.answer = { code: 101, headers: {}, body: undefined };
    });
    context.signal.addEventListener('abort', () => outgoing.destroy());
    if (context.upgrade !== undefined) outgoing.end();
    else context.raw.pipe(outgoing);
  });
}

function forwardedHeaders(context: RequestContext): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(context.headers)) {
    if (value === undefined || name.startsWith(':') || notForwarded.has(name)) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  if (context.upgrade !== undefined) headers['connection'] = 'Upgrade';
  else delete headers['upgrade'];
  return headers;
}

function upgradeHead(incoming: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}`];
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function answer(context: RequestContext, incoming: IncomingMessage): Promise<void> {
  const response = context.rawResponse as ServerResponse;
  const headers: Record<string, string | string[]> = { 'audit-id': context.auditId };
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !notForwarded.has(name)) headers[name] = value;
  }
  response.writeHead(incoming.statusCode ?? 502, headers);
  response.flushHeaders();
  incoming.pipe(response);
  context.answer = { code: incoming.statusCode ?? 502, headers: {}, body: undefined };
  return new Promise((resolve) => {
    response.on('close', () => {
      incoming.destroy();
      resolve();
    });
    incoming.on('error', () => response.destroy());
  });
}
