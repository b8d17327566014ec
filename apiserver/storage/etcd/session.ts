import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ClientConnection } from '../../../http2/client-connection.ts';
import { Call, type CallHandlers } from './call.ts';
import { code, GrpcError } from './status.ts';

export interface TlsMaterial {
  /** One file, or several certificates. */
  ca: Buffer | string[];
  cert: Buffer | undefined;
  key: Buffer | undefined;
}

/** What may be on its way to us unread, for the connection and for each stream on it. */
const windowBytes = 8 * 1024 * 1024;
/** etcd refuses pings more often than every 5 s (--grpc-keepalive-min-time), or without calls. */
const pingEveryMs = 6_000;
const pingTimeoutMs = 2_000;
const connectTimeoutMs = 5_000;
const headerListBytes = 1024 * 1024;

/** One HTTP/2 connection. It is made at once; calls wait for it up to their deadlines. */
export class Session {
  readonly #http2: ClientConnection;
  readonly #authority: { scheme: string; host: string };
  readonly #timers: NodeJS.Timeout[];
  /** Calls under way. */
  #calls = 0;
  #up = false;
  /** Calls that came before the connection stood. */
  #early: (() => void)[] = [];
  #closing = false;

  /** `onUp` when it stands, `onFailed` when it never did. */
  constructor(
    url: string,
    tls: TlsMaterial | undefined,
    onUp: () => void,
    onFailed: (error: Error | undefined) => void,
  ) {
    const { protocol, host } = new URL(url);
    this.#authority = { scheme: protocol.slice(0, -1), host };
    const socket = openSocket(url, tls);
    socket.setNoDelay(true);
    const http2 = new ClientConnection(socket, {
      streamWindow: windowBytes,
      connectionWindow: windowBytes,
      headerListBytes,
    });
    this.#http2 = http2;
    const ping = setInterval(() => this.#ping(), pingEveryMs).unref();
    const patience = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs).unref();
    this.#timers = [ping, patience];
    socket.on(tls === undefined ? 'connect' : 'secureConnect', () => {
      this.#up = true;
      clearTimeout(patience);
      onUp();
      for (const begin of this.#early.splice(0)) begin();
    });
    http2.onClose = () => {
      for (const timer of this.#timers) clearInterval(timer);
      if (!this.#up) onFailed(http2.failure);
      for (const begin of this.#early.splice(0)) begin();
    };
  }

  /**
   * False once it is lost or used up, or the server has said that it will end it: new calls need a
   * new one.
   */
  get usable(): boolean {
    return this.#http2.usable && !this.#closing;
  }

  call(path: string, deadlineMs: number | undefined, handlers: CallHandlers): Call {
    const { scheme, host } = this.#authority;
    const headers = [':method', 'POST', ':scheme', scheme, ':authority', host, ':path', path];
    headers.push('te', 'trailers', 'content-type', 'application/grpc');
    // makes a member without a leader answer at once instead of after seconds
    headers.push('user-agent', 'quorate', 'hasleader', 'true');
    if (deadlineMs !== undefined) headers.push('grpc-timeout', `${Math.ceil(deadlineMs)}m`);
    this.#calls++;
    const call = new Call(this.#http2, deadlineMs, {
      onMessage: handlers.onMessage,
      onEnd: (error) => {
        this.#calls--;
        if (this.#calls === 0 && this.#closing) this.#http2.destroy();
        handlers.onEnd(error);
      },
    });
    const begin = (): void => this.#http2.whenRoom(() => call.begin(headers));
    if (this.#up || this.#http2.closed) begin();
    else this.#early.push(begin);
    return call;
  }

  /** Calls under way end on their own. */
  close(): void {
    this.#closing = true;
    if (this.#calls === 0) this.#http2.destroy();
  }

  #ping(): void {
    if (this.#calls === 0 || !this.#up || this.#http2.closed) return;
    let answered = false;
    const patience = setTimeout(() => {
      // when it was this process that stood still, the answer has come meanwhile: it is read first
      setImmediate(() => {
        if (answered) return;
        const why = `no answer to a ping within ${pingTimeoutMs} ms`;
        this.#http2.destroy(new GrpcError(code.unavailable, why));
      });
    }, pingTimeoutMs).unref();
    this.#http2.ping(() => {
      answered = true;
      clearTimeout(patience);
    });
  }
}

function openSocket(url: string, tls: TlsMaterial | undefined): Socket {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const at = { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
  if (tls === undefined) return connectTcp(at);
  // a name that is an address cannot be asked for (RFC 6066, 3)
  const named = /^[0-9.]+$|:/.test(host) ? {} : { servername: host };
  return connectTls({ ...at, ...named, ...tls, ALPNProtocols: ['h2'] });
}
