import { type ClientHttp2Session, connect } from 'node:http2';
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
/** HTTP/2 has 2^30 streams for a client; a connection is left well before they are used up. */
const streamsLimit = 2 ** 29;
/** Megabytes of requests not yet sent: no limit of its own, the server's on requests does. */
const sessionMemory = 4_096;

/** One HTTP/2 connection. It is made at once; calls wait for it up to their deadlines. */
export class Session {
  readonly #http2: ClientHttp2Session;
  readonly #authority: { scheme: string; host: string };
  readonly #timers: NodeJS.Timeout[];
  /** Calls under way, and all there ever were. */
  #calls = 0;
  #begun = 0;

  /** `onUp` when it stands, `onFailed` when it never did. */
  constructor(
    url: string,
    tls: TlsMaterial | undefined,
    onUp: () => void,
    onFailed: (error: Error | undefined) => void,
  ) {
    const { protocol, host } = new URL(url);
    this.#authority = { scheme: protocol.slice(0, -1), host };
    const settings = { enablePush: false, initialWindowSize: windowBytes };
    const http2 = connect(url, { ...tls, settings, maxSessionMemory: sessionMemory });
    this.#http2 = http2;
    const ping = setInterval(() => this.#ping(), pingEveryMs).unref();
    const patience = setTimeout(() => {
      http2.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs).unref();
    this.#timers = [ping, patience];
    let up = false;
    let failure: Error | undefined;
    http2.on('connect', () => {
      up = true;
      clearTimeout(patience);
      if (!http2.destroyed) http2.setLocalWindowSize(windowBytes);
      onUp();
    });
    http2.on('error', (error) => {
      failure = error;
    });
    http2.on('close', () => {
      for (const timer of this.#timers) clearInterval(timer);
      if (!up) onFailed(failure);
    });
  }

  /**
   * False once it is lost or used up, or the server has said that it will end it: new calls need a
   * new one.
   */
  get usable(): boolean {
    return !this.#http2.closed && !this.#http2.destroyed && this.#begun < streamsLimit;
  }

  call(path: string, deadlineMs: number | undefined, handlers: CallHandlers): Call {
    const { scheme, host } = this.#authority;
    const headers = [':method', 'POST', ':scheme', scheme, ':authority', host, ':path', path];
    headers.push('te', 'trailers', 'content-type', 'application/grpc');
    // makes a member without a leader answer at once instead of after seconds
    headers.push('user-agent', 'quorate', 'hasleader', 'true');
    if (deadlineMs !== undefined) headers.push('grpc-timeout', `${Math.ceil(deadlineMs)}m`);
    const stream = this.#http2.request(headers);
    this.#calls++;
    this.#begun++;
    const onEnd = (error: GrpcError | undefined): void => {
      this.#calls--;
      // nothing is waited for any more, least of all a peer that does not answer
      if (this.#calls === 0 && this.#http2.closed) this.#http2.destroy();
      handlers.onEnd(error);
    };
    const { onMessage } = handlers;
    return new Call(
      stream,
      deadlineMs,
      { onMessage, onEnd },
      () => this.#http2.closed || this.#http2.destroyed,
    );
  }

  /** Calls under way end on their own. */
  close(): void {
    if (this.#calls === 0) this.#http2.destroy();
    else this.#http2.close();
  }

  #ping(): void {
    if (this.#calls === 0 || this.#http2.connecting || this.#http2.destroyed) return;
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
