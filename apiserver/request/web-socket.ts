import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { badRequest } from '../../object/status-error.ts';
import type { RequestContext, Upgrade } from '../context.ts';

/** Requests that become WebSockets: the only place where `ws` meets a request. */

/** Longest message taken from a client (upstream's x/net/websocket: 32 MiB). */
const messageBytesMax = 32 * 1024 * 1024;

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: messageBytesMax,
});
const chosen = new WeakMap<IncomingMessage, string>();
server.on('headers', (headers, request) => {
  const protocol = chosen.get(request);
  if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
});

export function isWebSocket(context: RequestContext): boolean {
  if (context.upgrade === undefined) return false;
  return context.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Subprotocols in the client's order. */
export function offeredProtocols(context: RequestContext): string[] {
  const header = context.headers['sec-websocket-protocol'];
  return header === undefined ? [] : header.split(',').map((name) => name.trim());
}

/**
 * Completes the handshake with `protocol` (empty: none) and takes the connection away from HTTP.
 * Rejects with 400 when the client's handshake is not one.
 */
export function acceptWebSocket(context: RequestContext, protocol: string): Promise<WebSocket> {
  const { upgrade } = context;
  if (upgrade === undefined) return Promise.reject(badRequest('Upgrade request required'));
  const { request, socket, head } = upgrade;
  if (protocol !== '') chosen.set(request, protocol);
  // `ws` would refuse the slash in SPDY/3.1+portforward.k8s.io, which RFC 6455 does not allow
  delete request.headers['sec-websocket-protocol'];
  takeConnection(context, upgrade);
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(badRequest('not a WebSocket handshake')));
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      resolve(webSocket);
    });
  });
}

/** From here on whoever called writes to the socket itself; the answer is 101 and nothing more is sent. */
export function takeConnection(context: RequestContext, upgrade: Upgrade): void {
  upgrade.take();
  context.answer = { code: 101, headers: {}, body: undefined };
}
