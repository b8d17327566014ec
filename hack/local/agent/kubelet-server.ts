import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { kubeletPort } from '../network/addresses.ts';
import { type ContainerStreams, isSet, serveAttach, serveExec } from './kubelet-exec.ts';
import { serveLogs } from './kubelet-logs.ts';
import type { PodRunner } from './pod-runner.ts';

/**
 * The kubelet's own API, as far as the API server asks for it: container logs, exec, attach. Streams
 * are WebSockets (remotecommand v4 and v5); SPDY is refused.
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

const channels = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
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
    handleProtocols: (asked) => channels.find((name) => asked.has(name)) ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const found = target(request.url ?? '', options);
    const refusal = refusalOf(request, found);
    if (refusal !== undefined || found === undefined) {
      refuseUpgrade(socket as TLSSocket, ...(refusal ?? [404, 'not found']));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const serve = found.action === 'exec' ? serveExec : serveAttach;
      serve(ws, found.container, found.query);
    });
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

/** /<action>/<namespace>/<pod>/<container>?… */
function target(url: string, options: KubeletOptions): Target | undefined {
  const { pathname, searchParams } = new URL(url, 'https://kubelet');
  const [, action = '', namespace = '', pod = '', name = ''] = pathname.split('/');
  const container = options.find(namespace, pod)?.containers.find((c) => c.state.name === name);
  return container === undefined ? undefined : { action, container, query: searchParams };
}

function answer(request: IncomingMessage, response: ServerResponse, options: KubeletOptions): void {
  const url = request.url ?? '';
  if (url === '/healthz') {
    response.end('ok');
    return;
  }
  if (url.startsWith('/portForward/')) return refuse(response, 501, portForwardRefusal);
  const found = target(url, options);
  if (found === undefined) return refuse(response, 404, 'no such container on this node');
  if (found.action === 'containerLogs') {
    return serveLogs(response, (previous) => found.container.log(previous), found.query);
  }
  refuse(response, 400, `${found.action} needs an upgrade to WebSocket`);
}

const portForwardRefusal =
  'port-forward is not supported by the local mode; a Service of type LoadBalancer gets an address of this machine';

/** Undefined when the stream can be served. */
function refusalOf(
  request: IncomingMessage,
  found: Target | undefined,
): [code: number, message: string] | undefined {
  if (request.url?.startsWith('/portForward/') === true) return [501, portForwardRefusal];
  if (found === undefined) return [404, 'no such container on this node'];
  if (found.action !== 'exec' && found.action !== 'attach') return [404, `no ${found.action} here`];
  if (found.container.pid === 0) return [404, 'the container is not running'];
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    return [400, 'only WebSocket streams are supported by the local mode, not SPDY'];
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

function refuseUpgrade(socket: TLSSocket, code: number, message: string): void {
  const length = Buffer.byteLength(message);
  socket.end(
    `HTTP/1.1 ${code} Refused\r\ncontent-type: text/plain\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${message}`,
  );
}
