import { type Agent, request as httpRequest } from 'node:http';
import { type ClientHttp2Session, connect as http2Connect, constants } from 'node:http2';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Agent as HttpAgent } from 'node:http';
import type { Readable } from 'node:stream';
import { type ConnectionOptions, connect as tlsConnect, type TLSSocket } from 'node:tls';
import type { Credentials } from './kubeconfig.ts';

/**
 * Connections to one API server with one set of credentials: HTTP/2 where the server offers it (all
 * watches share a connection, and pings find a dead one within seconds), HTTP/1.1 keep-alive otherwise.
 */
export interface Transport {
  /** Rejects when the connection fails; every status is a reply. The signal ends the stream too. */
  request(call: Call): Promise<Reply>;
  /** No new connections; idle ones close, busy ones when their last stream ends. */
  retire(): void;
  destroy(): void;
}

export interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Readable;
}

const connectTimeoutMs = 10_000;
/** A silent connection is pinged this often, and given up when the answer takes longer than that. */
const pingEveryMs = 10_000;
const pingTimeoutMs = 5_000;
/** Streams on one connection when the server states no lower limit (upstream's default is 250). */
const streamsPerSession = 100;

export function createTransport(credentials: Credentials): Transport {
  if (credentials.server.startsWith('http://')) {
    return http1(credentials, new HttpAgent({ keepAlive: true, maxFreeSockets: 4 }));
  }
  return new NegotiatedTransport(credentials);
}

function tlsOptions(credentials: Credentials): ConnectionOptions {
  const url = new URL(credentials.server);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: url.port === '' ? 443 : Number(url.port),
    servername: credentials.serverName ?? (/^[\d.]+$|:/.test(host) ? '' : host),
    rejectUnauthorized: !credentials.insecure,
    minVersion: 'TLSv1.2',
    ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
    ...(credentials.certificate === undefined ? {} : { cert: credentials.certificate }),
    ...(credentials.key === undefined ? {} : { key: credentials.key }),
  };
}

/** Asks by ALPN once which protocol the server speaks, then stays with it. */
class NegotiatedTransport implements Transport {
  readonly #credentials: Credentials;
  #sessions: Session[] = [];
  #connecting: Promise<Session | Transport> | undefined;
  #fallback: Transport | undefined;
  #retired = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  async request(call: Call): Promise<Reply> {
    for (;;) {
      if (this.#fallback !== undefined) return this.#fallback.request(call);
      this.#sessions = this.#sessions.filter((s) => s.usable);
      const session = this.#sessions.find((s) => s.free);
      if (session !== undefined) return session.request(call);
      if (this.#retired) throw new Error('the connection is closed');
      call.signal.throwIfAborted();
      await untilAborted(this.#open(), call.signal);
    }
  }

  async #open(): Promise<void> {
    this.#connecting ??= this.#connect();
    try {
      await this.#connecting;
    } finally {
      this.#connecting = undefined;
    }
  }

  async #connect(): Promise<Session | Transport> {
    const options = tlsOptions(this.#credentials);
    const socket = await openSocket(options);
    if (socket.alpnProtocol === 'h2') {
      const session = new Session(this.#credentials, socket);
      if (this.#retired) session.close();
      this.#sessions.push(session);
      return session;
    }
    socket.destroy();
    const { host: _, port: __, ...tls } = options;
    this.#fallback = http1(
      this.#credentials,
      new HttpsAgent({ ...tls, keepAlive: true, maxFreeSockets: 4, timeout: 0 }),
    );
    return this.#fallback;
  }

  retire(): void {
    this.#retired = true;
    for (const session of this.#sessions) session.close();
    this.#fallback?.retire();
  }

  destroy(): void {
    this.#retired = true;
    for (const session of this.#sessions) session.destroy(new Error('the client was closed'));
    this.#fallback?.destroy();
  }
}

function openSocket(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ ...options, ALPNProtocols: ['h2', 'http/1.1'] });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection to ${options.host}:${options.port} in 10s`)),
      connectTimeoutMs,
    );
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** One HTTP/2 connection. */
class Session {
  readonly #session: ClientHttp2Session;
  readonly #base: string;
  readonly #authority: string;
  readonly #timer: NodeJS.Timeout;
  #streams = 0;
  #heard = true;

  constructor(credentials: Credentials, socket: TLSSocket) {
    const url = new URL(credentials.server);
    this.#base = url.pathname === '/' ? '' : url.pathname;
    this.#authority = url.host;
    this.#session = http2Connect(url.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: 1 << 20 },
    });
    // Streams report the failure; without a listener the process would end.
    this.#session.on('error', () => {});
    this.#session.on('goaway', () => this.#session.close());
    this.#session.setLocalWindowSize(1 << 22);
    this.#timer = setInterval(() => this.#ping(), pingEveryMs);
    this.#timer.unref();
    this.#session.on('close', () => clearInterval(this.#timer));
  }

  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  get free(): boolean {
    const limit = this.#session.remoteSettings?.maxConcurrentStreams ?? streamsPerSession;
    return this.usable && this.#streams < Math.min(limit, streamsPerSession);
  }

  #ping(): void {
    const quiet = !this.#heard;
    this.#heard = false;
    if (!quiet || this.#streams === 0 || !this.usable) return;
    const timer = setTimeout(
      () => this.#session.destroy(new Error('the server stopped answering')),
      pingTimeoutMs,
    );
    timer.unref();
    try {
      this.#session.ping(() => clearTimeout(timer));
    } catch {
      clearTimeout(timer);
    }
  }

  request(call: Call): Promise<Reply> {
    return new Promise((resolve, reject) => {
      call.signal.throwIfAborted();
      const stream = this.#session.request(
        {
          ':method': call.method,
          ':path': this.#base + call.path,
          ':authority': this.#authority,
          ...call.headers,
        },
        // Said outright: Node ends DELETE and GET by itself otherwise.
        { endStream: call.body === undefined },
      );
      this.#streams++;
      let answered = false;
      const abort = () => {
        // The reason reaches whoever waits for headers or reads the body.
        stream.destroy(call.signal.reason as Error);
      };
      call.signal.addEventListener('abort', abort, { once: true });
      stream.on('close', () => {
        this.#streams--;
        call.signal.removeEventListener('abort', abort);
        if (!answered) reject(new Error(`connection closed (${stream.rstCode})`));
      });
      stream.on('error', reject);
      stream.on('data', () => {
        this.#heard = true;
      });
      stream.pause();
      stream.once('response', (headers) => {
        answered = true;
        this.#heard = true;
        const { [constants.HTTP2_HEADER_STATUS]: status, ...rest } = headers;
        resolve({ status: Number(status), headers: rest, body: stream });
      });
      if (call.body !== undefined) stream.end(call.body);
    });
  }

  close(): void {
    this.#session.close();
  }

  destroy(error: Error): void {
    this.#session.destroy(error);
  }
}

function http1(credentials: Credentials, agent: Agent): Transport {
  const base = new URL(credentials.server);
  const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
  return {
    request: (call) =>
      new Promise((resolve, reject) => {
        const request = send(
          credentials.server + call.path,
          {
            agent,
            method: call.method,
            headers: {
              ...call.headers,
              ...(call.body === undefined
                ? {}
                : { 'content-length': Buffer.byteLength(call.body) }),
            },
            signal: call.signal,
          },
          (response) =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: response,
            }),
        );
        request.on('socket', (socket) => {
          socket.setNoDelay(true);
          socket.setKeepAlive(true, pingEveryMs);
        });
        request.on('error', reject);
        request.end(call.body);
      }),
    retire: () => agent.destroy(),
    destroy: () => agent.destroy(),
  };
}

/** The outcome, or the abort reason, whichever comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
