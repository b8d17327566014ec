import type { IncomingHttpHeaders } from 'node:http';
import type {
  IncomingHttpHeaders as Http2Headers,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { Readable, Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Exchange, ResponseHeaders } from '../context.ts';

/** `socket`: the session's; Node gives its listeners a stand-in. */
export function onHttp2Requests(
  session: ServerHttp2Session,
  socket: TLSSocket,
  handle: (exchange: Exchange) => void,
): void {
  session.on('stream', (stream, headers, _flags, rawHeaders) => {
    const exchange = new Http2Exchange(stream, headers, rawHeaders, socket);
    // no Kubernetes path can be meant
    if (exchange.method === 'CONNECT') return exchange.send(405, {});
    if (headers.expect !== undefined) {
      if (headers.expect !== '100-continue') return exchange.send(417, {});
      stream.additionalHeaders({ ':status': 100 });
    }
    handle(exchange);
  });
}

/**
 * A request over HTTP/2 and its response, on the stream itself: the requests and responses that
 * Node makes of streams cost as much again (docs/decisions/0010-nodes-own-http-server.md).
 */
export class Http2Exchange implements Exchange {
  readonly version = 2;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: TLSSocket;
  code = 200;
  onBegin: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #stream: ServerHttp2Stream;

  constructor(
    stream: ServerHttp2Stream,
    headers: Http2Headers,
    rawHeaders: readonly string[],
    socket: TLSSocket,
  ) {
    this.#stream = stream;
    this.method = headers[':method'] ?? 'GET';
    this.url = headers[':path'] ?? '/';
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
    // what goes wrong with a stream closes it
    stream.on('error', ignore);
    stream.on('close', () => this.onClose?.());
  }

  get hasBody(): boolean {
    return !this.#stream.endAfterHeaders;
  }

  get body(): Readable {
    return this.#stream;
  }

  discardBody(): void {
    if (this.hasBody) this.#stream.resume();
  }

  get begun(): boolean {
    return this.#stream.headersSent;
  }

  get over(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  send(code: number, headers: ResponseHeaders, body?: Buffer): void {
    if (this.over) return;
    const stream = this.#stream;
    const bodiless = body === undefined || this.method === 'HEAD' || code === 204 || code === 304;
    this.#respond(code, headers, bodiless ? endStream : undefined);
    if (!bodiless) stream.end(body);
  }

  begin(code: number, headers: ResponseHeaders): Writable {
    if (!this.over) this.#respond(code, headers, undefined);
    return this.#stream;
  }

  #respond(code: number, headers: ResponseHeaders, options: typeof endStream | undefined): void {
    this.code = code;
    const list: (string | string[])[] = [':status', String(code)];
    for (const name in headers) list.push(name, headers[name] as string | string[]);
    this.#stream.respond(list as string[], options);
    this.onBegin?.();
  }

  breakOff(): void {
    // with an error: without one, and by close(), the client sees the end of a whole response
    this.#stream.destroy(new Error('broken off'));
  }

  goAway(): void {
    this.#stream.session?.close();
  }
}

const endStream = { endStream: true };

function ignore(): void {}
