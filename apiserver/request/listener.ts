import type { IncomingMessage, Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Exchange } from '../context.ts';
import { Http1Exchange } from './http1.ts';
import { onHttp2Requests } from './http2.ts';

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
  /** False: HTTP/1.1 alone. */
  http2: boolean;
  http2MaxStreams: number;
  /** Other processes may listen on the same port (SO_REUSEPORT). */
  reusePort: boolean;
  minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
  ciphers?: string;
  curves?: string;
  handle(exchange: Exchange): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface ServerIdentity {
  certificate: string;
  key: string;
  /** Client CAs named in the handshake; verification is the authenticator's. */
  clientCa: string[];
  /** Other certificates by the names asked for (SNI). */
  named: readonly NamedIdentity[];
}

export interface NamedIdentity {
  /** Exact, or with `*.` in front. */
  names: readonly string[];
  certificate: string;
  key: string;
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

/** One protocol in the form of the TLS extension. */
const http1Alone = Buffer.from('\x08http/1.1', 'latin1');

export async function listen(options: ListenerOptions): Promise<Listener> {
  let named = namedContexts(options);
  const server = createSecureServer(tlsOptions(options, (name) => named(name)));
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
  const { sessions, sockets } = takeRequests(server, options.handle);
  // Node offers both to clients and has no option for one alone
  if (!options.http2) (server as { ALPNProtocols?: Buffer }).ALPNProtocols = http1Alone;
  const address = { host: options.host, port: options.port, reusePort: options.reusePort };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });

  return {
    address: server.address() as AddressInfo,
    replaceIdentity(tls) {
      server.setSecureContext(secureContext(tls));
      named = namedContexts({ ...options, tls });
    },
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

/** Hands requests of both protocols on; gives what is open. */
function takeRequests(
  server: Http2SecureServer,
  handle: ListenerOptions['handle'],
): { sessions: Set<ServerHttp2Session>; sockets: Set<TLSSocket> } {
  server.on('request', (request, response) =>
    handle(new Http1Exchange(request as unknown as IncomingMessage, response as never)),
  );
  // what Node adds to make the like of HTTP/2's streams, too
  server.removeAllListeners('stream');
  const sockets = new Set<TLSSocket>();
  let secured: TLSSocket | undefined;
  // before Node's own listener, which begins the session of this socket
  server.prependListener('secureConnection', (socket) => {
    secured = socket;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    onHttp2Requests(session, secured as TLSSocket, handle);
  });
  return { sessions, sockets };
}

function tlsOptions(options: ListenerOptions, named: (name: string) => SecureContext | undefined) {
  return {
    ...secureContext(options.tls),
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: options.minTlsVersion,
    ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
    ...(options.curves === undefined ? {} : { ecdhCurve: options.curves }),
    SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) =>
      done(null, named(name)),
    settings: { maxConcurrentStreams: options.http2MaxStreams, initialWindowSize: 1 << 20 },
  };
}

/** By the name a client asks for: the exact one, then `*.`; undefined is the server's own identity. */
function namedContexts(
  options: Pick<ListenerOptions, 'tls' | 'minTlsVersion' | 'ciphers' | 'curves'>,
): (name: string) => SecureContext | undefined {
  const byName = new Map<string, SecureContext>();
  for (const { names, certificate, key } of options.tls.named) {
    const context = createSecureContext({
      ...secureContext({ ...options.tls, certificate, key }),
      minVersion: options.minTlsVersion,
      ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
      ...(options.curves === undefined ? {} : { ecdhCurve: options.curves }),
    });
    for (const name of names) if (!byName.has(name)) byName.set(name, context);
  }
  return (name) => byName.get(name) ?? byName.get(name.replace(/^[^.]+/, '*'));
}

function secureContext(tls: ServerIdentity): { cert: string; key: string; ca?: string[] } {
  return {
    cert: tls.certificate,
    key: tls.key,
    ...(tls.clientCa.length === 0 ? {} : { ca: tls.clientCa }),
  };
}
