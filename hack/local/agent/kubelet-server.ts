import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { kubeletPort } from '../network/addresses.ts';
import { SpdyConnection } from '../../../spdy/connection.ts';
import type { SpdyStream } from '../../../spdy/stream.ts';
import { type ContainerStreams, serveAttach, serveExec } from './kubelet-exec.ts';
import { serveLogs } from './kubelet-logs.ts';
import { servePortForward } from './kubelet-port-forward.ts';
import type { PodRunner } from './pod-runner.ts';
import { portsAsked, serveWebSocketPortForward } from './port-forward-websocket.ts';
import { isSet, type Session, spdySession, webSocketSession } from './session.ts';

/**
 * The kubelet's own API, as far as the API server asks for it: container logs, exec, attach,
 * port-forward. Streams are SPDY, as of all kubelets, or WebSockets (v4 and v5 of exec, v4 of ports).
 */
export interface KubeletServer {
  port: number;
  close(): void;
}

export interface KubeletOptions {
  certificate: { certificatePem: string; privateKeyPem: string };
  /** Whoever holds a certificate of this CA may ask. */
  clientCaPem: string;
  find(namespace: string, pod: string): Pick<PodRunner, 'containers'> | undefined;
  address?: string;
  port?: number;
}

function begin({ action, container, query }: Target, session: Session): void {
  const serve = action === 'exec' ? serveExec : serveAttach;
  serve(session, container, query);
}

const spdyProtocols = ['v4.channel.k8s.io', 'portforward.k8s.io'];

function serveSpdy(request: IncomingMessage, socket: Duplex, head: Buffer, found: Target): void {
  const offered = String(request.headers['x-stream-protocol-version'] ?? '').split(/,\s*/);
  const protocol = spdyProtocols.find((name) => offered.includes(name));
  if (protocol === undefined) {
    refuseUpgrade(socket, 403, `none of the protocols is known: ${offered.join(', ')}`);
    return;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  const connection = (onStream: (stream: SpdyStream) => void): SpdyConnection =>
    new SpdyConnection(socket, { side: 'server', onStream });
  if (found.action === 'portForward') connection(servePortForward(found.container.pid));
  else spdySession(connection, found.query, (session) => begin(found, session));
}

function serveWebSocket(ws: WebSocket, found: Target): void {
  const ports = portsAsked(found.query) ?? [];
  if (found.action !== 'portForward') begin(found, webSocketSession(ws));
  else serveWebSocketPortForward(ws, found.container.pid, ports);
}

const channels = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const portChannels = 'v4.channel.k8s.io';
const messageBytesMax = 1024 * 1024;

export async function serveKubelet(options: KubeletOptions): Promise<KubeletServer> {
  const tls = {
    cert: options.certificate.certificatePem,
    key: options.certificate.privateKeyPem,
    ca: options.clientCaPem,
    requestCert: true,
    rejectUnauthorized: true,
  };
  const server = createServer(tls, (request, response) => {
    try {
      answer(request, response, options);
    } catch (error) {
      refuse(response, 400, (error as Error).message);
    }
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    handleProtocols: (asked, { url = '' }) => {
      const known = url.startsWith('/portForward/') ? [portChannels] : channels;
      return known.find((name) => asked.has(name)) ?? false;
    },
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const found = target(request.url ?? '', options);
    const refusal = refusalOf(request, found);
    if (refusal !== undefined || found === undefined) {
      refuseUpgrade(socket, ...(refusal ?? [404, 'not found']));
      return;
    }
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      sockets.handleUpgrade(request, socket, head, (ws) => serveWebSocket(ws, found));
      return;
    }
    serveSpdy(request, socket, head, found);
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? kubeletPort, options.address ?? '0.0.0.0', () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
  return {
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Target {
  action: string;
  container: ContainerStreams;
  query: URLSearchParams;
}

/** /<action>/<namespace>/<pod>/<container>?…; a port is forwarded to the pod, by any container that runs. */
function target(url: string, options: KubeletOptions): Target | undefined {
  const { pathname, searchParams } = new URL(url, 'https://kubelet');
  const [, action = '', namespace = '', pod = '', name = ''] = pathname.split('/');
  const containers = options.find(namespace, pod)?.containers ?? [];
  const container =
    action === 'portForward'
      ? (containers.find((c) => c.pid !== 0) ?? containers[0])
      : containers.find((c) => c.state.name === name);
  return container === undefined ? undefined : { action, container, query: searchParams };
}

function answer(request: IncomingMessage, response: ServerResponse, options: KubeletOptions): void {
  const url = request.url ?? '';
  if (url === '/healthz') {
    response.end('ok');
    return;
  }
  const found = target(url, options);
  if (found === undefined) return refuse(response, 404, 'no such container on this node');
  if (found.action === 'containerLogs') {
    return serveLogs(response, (previous) => found.container.log(previous), found.query);
  }
  refuse(response, 400, `${found.action} needs an upgrade to SPDY/3.1 or WebSocket`);
}

const actions = new Set(['exec', 'attach', 'portForward']);

/** Undefined when the stream can be served. */
function refusalOf(
  request: IncomingMessage,
  found: Target | undefined,
): [code: number, message: string] | undefined {
  if (found === undefined) return [404, 'no such container on this node'];
  if (!actions.has(found.action)) return [404, `no ${found.action} here`];
  if (found.container.pid === 0) return [404, 'the container is not running'];
  const protocol = request.headers.upgrade?.toLowerCase();
  if (protocol === 'websocket' && found.action === 'portForward') {
    const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/);
    if (!offered.includes(portChannels)) return [400, `ports are forwarded as ${portChannels}`];
    if (portsAsked(found.query) === undefined) return [400, 'query parameter "port" is required'];
  }
  if (protocol !== 'websocket' && protocol !== 'spdy/3.1') {
    return [400, `${request.headers.upgrade} is not spoken here, SPDY/3.1 and WebSocket are`];
  }
  if (found.action === 'attach' && isSet(found.query, 'tty')) {
    return [400, 'attaching to a terminal is not supported by the local mode; use exec -it'];
  }
  return undefined;
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'text/plain' });
  response.end(`${message}\n`);
}

function refuseUpgrade(socket: Duplex, code: number, message: string): void {
  const length = Buffer.byteLength(message);
  socket.end(
    `HTTP/1.1 ${code} Refused\r\ncontent-type: text/plain\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${message}`,
  );
}
