import type { IncomingMessage, Server } from 'node:http';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RawRequest, RawResponse } from '../context.ts';

/**
 * The TLS listener: HTTP/1.1 and HTTP/2 on one port, certificates replaced while it runs. No router:
 * every path is Kubernetes' and goes to one place, because resources come and go at run time
 * (docs/decisions/0010-nodes-own-http-server.md).
 */
export interface ListenerOptions {
  host: string;
  port: number;
  /** PEM. */
  tls: ServerIdentity;
  http2MaxStreams: number;
  minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
  ciphers?: string;
  handle(request: RawRequest, response: RawResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface ServerIdentity {
  certificate: string;
  key: string;
  /** Client CAs named in the handshake; verification is the authenticator's. */
  clientCa: string[];
}

export interface Listener {
  address: AddressInfo;
  /** New connections use the new certificate; open ones are left alone. */
  replaceIdentity(tls: ServerIdentity): void;
  /** Stop accepting, tell HTTP/2 clients to go elsewhere, end idle connections. */
  drain(): void;
  /** End everything that is still open. */
  destroy(): Promise<void>;
  connections(): number;
}

export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = createSecureServer(
    {
      ...secureContext(options.tls),
      allowHTTP1: true,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: options.minTlsVersion,
      ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
      settings: { maxConcurrentStreams: options.http2MaxStreams, initialWindowSize: 1 << 20 },
    },
    (request, response) => options.handle(request, response),
  );
  // what an HTTP/2 server that also speaks HTTP/1.1 has of the other kind of server
  const http1 = server as unknown as Server;
  http1.keepAliveTimeout = 90_000;
  http1.requestTimeout = 0;

  // A client that leaves in the middle of a handshake or a frame is nobody's error.
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    options.upgrade(request, socket, head),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  const sockets = new Set<Duplex>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  return {
    address: server.address() as AddressInfo,
    replaceIdentity: (tls) => server.setSecureContext(secureContext(tls)),
    drain() {
      server.close();
      for (const session of sessions) session.close();
      http1.closeIdleConnections?.();
    },
    async destroy() {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
    connections: () => sockets.size,
  };
}

function secureContext(tls: ServerIdentity): { cert: string; key: string; ca?: string[] } {
  return {
    cert: tls.certificate,
    key: tls.key,
    ...(tls.clientCa.length === 0 ? {} : { ca: tls.clientCa }),
  };
}
