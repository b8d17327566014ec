import type { IncomingHttpHeaders } from 'node:http';
import { Readable, Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { errorCode, type HeaderList } from '../../http2/protocol.ts';
import { ServerConnection } from '../../http2/server-connection.ts';
import type { Stream, StreamHandler } from '../../http2/stream.ts';
import type { Exchange, ResponseHeaders, StreamedBody } from '../context.ts';
import { orderedHeaders } from './header-order.ts';
import { connectionHeader, headersOf } from './http2-headers.ts';

/** Unread octets of a request's body, and of all of a connection's together. */
const streamWindow = 1 << 20;
const connectionWindow = 4 << 20;
/** As Go's server has it for all headers of a request. */
const headerListBytes = 1 << 20;
const prefaceMs = 10_000;

/** Takes the requests of a connection that was agreed to speak HTTP/2. */
export function serveHttp2(
  socket: TLSSocket,
  maxStreams: number,
  handle: (exchange: Exchange) => void,
): ServerConnection {
  return new ServerConnection(socket, {
    streamWindow,
    connectionWindow,
    headerListBytes,
    maxStreams,
    prefaceMs,
    onRequest(stream, headers) {
      const exchange = new Http2Exchange(stream, headers ?? [], socket);
      const code = headers === undefined ? 431 : refusal(exchange);
      if (code !== undefined) {
        exchange.send(code, {});
        return exchange.handler;
      }
      const complaint = connectionHeader(exchange.headers);
      if (complaint !== undefined) {
        exchange.send(400, plainText, Buffer.from(`${complaint}\n`));
        return exchange.handler;
      }
      // with the stream's handler in place
      queueMicrotask(() => handle(exchange));
      return exchange.handler;
    },
  });
}

const goOn: HeaderList = [':status', '100'];

const plainText = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
};
/** What no stage needs to see. */
function refusal({ method, url, headers }: Exchange): number | undefined {
  // no Kubernetes path can be meant
  if (method === 'CONNECT') return 405;
  if (method === 'OPTIONS' && url === '*') return 200;
  return headers.expect !== undefined && headers.expect !== '100-continue' ? 417 : undefined;
}

/** A request over HTTP/2 and its response, on a stream of our own (docs/decisions/0017-http2-of-our-own.md). */
export class Http2Exchange implements Exchange {
  readonly version = 2;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: TLSSocket;
  readonly hasBody: boolean;
  code = 200;
  begun = false;
  onBegin: (() => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #stream: Stream;
  #body: RequestBody | undefined;
  /** What came before somebody wanted to read it. */
  #early: Buffer[] = [];
  #discards = false;
  #response: ResponseBody | undefined;

  constructor(stream: Stream, list: HeaderList, socket: TLSSocket) {
    this.#stream = stream;
    this.rawHeaders = list;
    this.headers = headersOf(list);
    this.method = (this.headers[':method'] as string | undefined) ?? 'GET';
    this.url = (this.headers[':path'] as string | undefined) ?? '/';
    this.socket = socket;
    this.hasBody = !stream.remoteEnded;
  }

  get body(): Readable {
    if (this.#body === undefined) {
      this.#goOn();
      this.#body = new RequestBody(this.#stream);
      for (const chunk of this.#early) this.#body.arrived(chunk);
      this.#early = [];
      if (this.#stream.remoteEnded) this.#body.push(null);
      else if (this.#stream.closed) this.#body.cutOff();
    }
    return this.#body;
  }

  get wholeBody(): Buffer | undefined {
    if (this.#body !== undefined || !this.#stream.remoteEnded) return undefined;
    const chunks = this.#early;
    this.#early = [];
    for (const { length } of chunks) this.#stream.consumed(length);
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }

  /** Whoever waits for it is told to send its body, once somebody wants it. */
  #goOn(): void {
    if (this.headers.expect === undefined || this.begun || this.#stream.remoteEnded) return;
    this.#stream.headers(goOn, false);
  }

  discardBody(): void {
    this.#discards = true;
    for (const { length } of this.#early.splice(0)) this.#stream.consumed(length);
    this.#body?.resume();
  }

  get over(): boolean {
    return this.#stream.closed;
  }

  send(code: number, headers: ResponseHeaders, body?: Buffer): void {
    if (this.over) return;
    const bodiless = body === undefined || this.method === 'HEAD' || code === 204 || code === 304;
    this.#head(code, headers, bodiless);
    if (!bodiless) this.#stream.end(body);
  }

  stream(code: number, headers: ResponseHeaders, body: StreamedBody): void {
    if (this.over) return;
    this.#head(code, headers, false);
    this.#stream.endFrom(body.read(), body.length);
  }

  begin(code: number, headers: ResponseHeaders): Writable {
    this.#response = new ResponseBody(this.#stream);
    if (this.over) this.#response.destroy();
    else this.#head(code, headers, false);
    return this.#response;
  }

  #head(code: number, headers: ResponseHeaders, end: boolean): void {
    this.code = code;
    this.begun = true;
    const list = orderedHeaders(headers, 2);
    list.unshift(':status', String(code));
    this.#stream.headers(list, end);
    this.onBegin?.();
  }

  /** It has gone already. */
  flushHead(): void {}

  breakOff(): void {
    this.#stream.reset(errorCode.internal);
  }

  goAway(): void {
    (this.#stream.connection as ServerConnection).goAway();
  }

  /** What the stream tells. */
  get handler(): StreamHandler {
    return {
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => this.#body?.push(null),
      onClose: (reset) => {
        if (reset !== undefined) this.#body?.cutOff();
        this.#response?.destroy();
        this.onClose?.();
      },
    };
  }

  #onData(chunk: Buffer): void {
    if (this.#discards) this.#stream.consumed(chunk.length);
    else if (this.#body === undefined) this.#early.push(chunk);
    else this.#body.arrived(chunk);
  }
}

/** A request's body. What is not read yet holds up the client once the window is full. */
class RequestBody extends Readable {
  readonly #stream: Stream;
  #held = 0;

  constructor(stream: Stream) {
    super({ emitClose: true });
    this.#stream = stream;
    this.on('error', () => {});
  }

  arrived(chunk: Buffer): void {
    this.#held += chunk.length;
    this.push(chunk);
  }

  override _read(): void {
    const held = this.#held;
    this.#held = 0;
    if (held > 0) this.#stream.consumed(held);
  }

  cutOff(): void {
    this.emit('aborted');
    this.destroy();
  }
}

/** A response that comes in parts. */
class ResponseBody extends Writable {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    super();
    this.#stream = stream;
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    this.#stream.write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const last = chunks.length - 1;
    chunks.forEach(({ chunk }, i) => this.#stream.write(chunk, i === last ? done : undefined));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.end();
    done();
  }
}
