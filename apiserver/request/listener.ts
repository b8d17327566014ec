import { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, createServer, type SecureContext, type TLSSocket } from 'node:tls';
import type { ServerConnection } from '../../http2/server-connection.ts';
import type { Exchange } from '../context.ts';
import { http } from '../node-http.ts';
import { Http1Exchange } from './http1.ts';
import { serveHttp2 } from './http2.ts';

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
  /** OpenSSL's names, best first; Node's own choice when absent. */
  ciphers?: string | undefined;
  curves?: string | undefined;
  handle(exchange: Exchange): void;
  onHandshakeError?(): void;
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
  /** By the flag, and not those of the certificate. */
  given: boolean;
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

export async function listen(options: ListenerOptions): Promise<Listener> {
  let named = namedContexts(options);
  const server = createServer(tlsOptions(options, (name) => named(name)));
  // A client that leaves in the middle of a handshake is nobody's error.
  server.on('tlsClientError', () => options.onHandshakeError?.());
  const http1 = http1Server(options);
  const sockets = new Set<TLSSocket>();
  const sessions = new Set<ServerConnection>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    if (socket.alpnProtocol !== 'h2') {
      http1.emit('connection', socket);
      return;
    }
    const session = serveHttp2(socket, options.http2MaxStreams, options.handle);
    sessions.add(session);
    session.onClose = () => sessions.delete(session);
  });
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
      for (const session of sessions) session.goAway();
      http1.closeIdleConnections();
    },
    async destroy() {
      http1.close();
      // what was said last, the end of watches among it, is still on its way
      const until = performance.now() + lastMomentMs;
      while (sockets.size > 0 && performance.now() < until) {
        http1.closeIdleConnections();
        await pause(lastMomentMs / 20);
      }
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
    connections: () => sockets.size,
  };
}

/** How long connections have to end by themselves when the server stops. */
const lastMomentMs = 400;

/** Of a request, as Go's server has it: tokens that name many groups are long. */
const headerBytes = 1 << 20;

/** For the connections that speak HTTP/1.1; it listens nowhere itself. */
function http1Server(options: ListenerOptions): Server {
  const http1 = http.createServer({
    keepAliveTimeout: 90_000,
    requestTimeout: 0,
    maxHeaderSize: headerBytes,
  });
  http1.maxHeadersCount = 0;
  http1.on('request', (request, response) => options.handle(new Http1Exchange(request, response)));
  http1.on('checkContinue', (request, response) =>
    options.handle(new Http1Exchange(request, response, true)),
  );
  http1.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { Connection: 'close', 'Content-Length': '0' }).end();
  });
  http1.on('clientError', refuse);
  http1.on('upgrade', (request, socket, head: Buffer) => options.upgrade(request, socket, head));
  // from here on it knows which of its connections are idle
  http1.emit('listening');
  return http1;
}

/** What Node's parser does not take, in the words of Go's server; whatever else comes is thrown away. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null };
  const begun = answer?.headersSent === true;
  if (begun || !socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close`;
  socket.end(`${head}\r\n\r\n${status}`);
  // a connection that ends with something unread is reset, and the words with it
  socket.on('data', () => {});
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/** As Go's server waits. */
const lingerMs = 500;

function tlsOptions(options: ListenerOptions, named: (name: string) => SecureContext | undefined) {
  return {
    ...secureContext(options.tls),
    ALPNProtocols: options.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: options.minTlsVersion,
    ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
    ...(options.curves === undefined ? {} : { ecdhCurve: options.curves }),
    SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) =>
      done(null, named(name)),
  };
}

/**
 * By the name a client asks for: the exact one, then `*.`, then whatever certificate is good for it, the
 * server's own first. Of two for one name the earlier counts, one whose names are given before one that has
 * them. Undefined is the server's own identity. Source: BuildNamedCertificates, and getCertificate of crypto/tls.
 */
function namedContexts(
  options: Pick<ListenerOptions, 'tls' | 'minTlsVersion' | 'ciphers' | 'curves'>,
): (name: string) => SecureContext | undefined {
  const byName = new Map<string, SecureContext>();
  const others: { leaf: X509Certificate; context: SecureContext }[] = [];
  const { named } = options.tls;
  for (const one of [...named.filter((n) => n.given), ...named.filter((n) => !n.given)]) {
    const { names, certificate, key } = one;
    const context = createSecureContext({
      ...secureContext({ ...options.tls, certificate, key }),
      minVersion: options.minTlsVersion,
      ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
      ...(options.curves === undefined ? {} : { ecdhCurve: options.curves }),
    });
    for (const name of names) if (!byName.has(name)) byName.set(name, context);
    others.push({ leaf: new X509Certificate(certificate), context });
  }
  if (others.length === 0) return () => undefined;
  const own = new X509Certificate(options.tls.certificate);
  return (asked) => {
    const name = asked.toLowerCase();
    const found = byName.get(name) ?? byName.get(name.replace(/^[^.]+/, '*'));
    if (found !== undefined || isFor(own, name)) return found;
    return others.find(({ leaf }) => isFor(leaf, name))?.context;
  };
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return certificate.checkHost(name, { subject: 'never' }) !== undefined;
}

function secureContext(tls: ServerIdentity): { cert: string; key: string; ca?: string[] } {
  return {
    cert: tls.certificate,
    key: tls.key,
    ...(tls.clientCa.length === 0 ? {} : { ca: tls.clientCa }),
  };
}
