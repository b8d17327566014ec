import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { badRequest } from '../../object/status-error.ts';
import type { RequestContext, Upgrade } from '../context.ts';

/** Requests that become WebSockets: the only import of `ws`, loaded with the first of them. */

/** Longest message taken from a client (upstream's x/net/websocket: 32 MiB). */
const messageBytesMax = 32 * 1024 * 1024;

const require = createRequire(import.meta.url);
const library = (): typeof import('ws') => require('ws');

const chosen = new WeakMap<IncomingMessage, string>();
let server: WebSocketServer | undefined;

function webSocketServer(): WebSocketServer {
  if (server !== undefined) return server;
  server = new (library().WebSocketServer)({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: messageBytesMax,
  });
  server.on('headers', (headers, request) => {
    const protocol = chosen.get(request);
    if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return server;
}

/** Its messages as bytes. */
export function webSocketStream(webSocket: WebSocket): Duplex {
  return library().createWebSocketStream(webSocket);
}

export function isWebSocket(context: RequestContext): boolean {
  if (context.upgrade === undefined) return false;
  return context.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Subprotocols in the client's order. */
export function offeredProtocols(context: RequestContext): string[] {
  const header = context.headers['sec-websocket-protocol'];
  return header === undefined ? [] : header.split(',').map((name) => name.trim());
}

/** As upstream's library answers a handshake that is none: the connection is taken, and ends with it. */
export function refuseHandshake(context: RequestContext, answer: string): void {
  const { upgrade } = context;
  if (upgrade === undefined) return;
  takeConnection(context, upgrade);
  upgrade.socket.end(`HTTP/1.1 ${answer}`);
}

/** Why it is none, in the words of upstream's library (golang.org/x/net/websocket). */
function handshakeRefusal({ headers }: RequestContext): string | undefined {
  const key = headers['sec-websocket-key'] ?? '';
  if (key === '') return '400 Bad Request\r\n\r\nmismatch challenge/response';
  if (headers['sec-websocket-version'] === '13') return undefined;
  const version = 'Sec-WebSocket-Version: 13';
  return `400 Bad Request\r\n${version}\r\n\r\nmissing or bad WebSocket Version`;
}

/** Before anything else is looked at: 400 when the client's handshake is none. */
export function checkHandshake(context: RequestContext): void {
  const refusal = handshakeRefusal(context);
  if (refusal === undefined) return;
  refuseHandshake(context, refusal);
  throw badRequest('not a WebSocket handshake');
}

/**
 * Completes the handshake with `protocol` (empty: none) and takes the connection away from HTTP.
 * Rejects with 400 when the client's handshake is not one.
 */
export async function acceptWebSocket(
  context: RequestContext,
  protocol: string,
): Promise<WebSocket> {
  const { upgrade } = context;
  if (upgrade === undefined) throw badRequest('Upgrade request required');
  checkHandshake(context);
  const { request, socket, head } = upgrade;
  if (protocol !== '') chosen.set(request, protocol);
  // `ws` would refuse the slash in SPDY/3.1+portforward.k8s.io, which RFC 6455 does not allow
  delete request.headers['sec-websocket-protocol'];
  takeConnection(context, upgrade);
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(badRequest('not a WebSocket handshake')));
    webSocketServer().handleUpgrade(request, socket, head, (webSocket) => {
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
