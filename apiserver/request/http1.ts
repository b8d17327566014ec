import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Exchange, ResponseHeaders, StreamedBody } from '../context.ts';
import { writeStreamed } from '../response/write-streamed.ts';
import { firstCounts } from './http2-headers.ts';
import { orderedHeaders } from './header-order.ts';

/** Where it changes something: what node:http has joined is taken apart again. */
function firstOnly(headers: IncomingHttpHeaders, raw: readonly string[]): IncomingHttpHeaders {
  for (const name of firstCounts) {
    const value = headers[name];
    if (typeof value !== 'string' || !value.includes(', ')) continue;
    const at = raw.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name);
    headers[name] = raw[at + 1];
  }
  return headers;
}

/** What Go calls otherwise than Node. */
const reasons: Record<number, string> = {
  413: 'Request Entity Too Large',
  414: 'Request URI Too Long',
  416: 'Requested Range Not Satisfiable',
};

/** A request over HTTP/1.1 and its response, with node:http. */
export class Http1Exchange implements Exchange {
  readonly version = 1;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: TLSSocket;
  onBegin: (() => void) | undefined;
  onClose: (() => void) | undefined;
  /** The client sends its body when it is told to. */
  #expects: boolean;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, expects = false) {
    this.#request = request;
    this.#response = response;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/';
    this.rawHeaders = request.rawHeaders;
    this.headers = firstOnly(request.headers, this.rawHeaders);
    this.#expects = expects && this.hasBody;
    this.socket = request.socket as TLSSocket;
    response.on('close', () => this.onClose?.());
  }

  get hasBody(): boolean {
    const { headers } = this;
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  }

  get body(): Readable {
    if (this.#expects && !this.begun) this.#response.writeContinue();
    this.#expects = false;
    return this.#request;
  }

  get wholeBody(): undefined {
    return undefined;
  }

  discardBody(): void {
    this.#request.resume();
  }

  get code(): number {
    return this.#response.statusCode;
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  get over(): boolean {
    return this.#response.destroyed;
  }

  send(code: number, headers: ResponseHeaders, body?: Buffer): void {
    if (this.over) return;
    this.#head(code, headers);
    this.#response.end(body);
  }

  stream(code: number, headers: ResponseHeaders, body: StreamedBody): void {
    if (this.over) return;
    const response = this.begin(code, headers);
    void writeStreamed(response, body).then(() => response.end());
  }

  begin(code: number, headers: ResponseHeaders): Writable {
    this.#head(code, headers);
    return this.#response;
  }

  #head(code: number, headers: ResponseHeaders): void {
    const response = this.#response;
    // a body that nobody has asked for may come or not: what comes next cannot be told from it
    if (this.#expects) response.shouldKeepAlive = false;
    const list = orderedHeaders(headers, 1);
    if (headers['connection'] === undefined) this.#sayWhetherItStays(list);
    // Node takes names and values by turns, in their order; its declaration does not say so
    const fields = list as unknown as Record<string, string>;
    const text = reasons[code];
    if (text === undefined) response.writeHead(code, fields);
    else response.writeHead(code, text, fields);
    this.onBegin?.();
  }

  /** Each version of HTTP says of a connection only what is not its habit; Node always says something. */
  #sayWhetherItStays(list: string[]): void {
    const { shouldKeepAlive } = this.#response;
    const habit = this.#request.httpVersionMinor > 0;
    if (shouldKeepAlive === habit) this.#response.removeHeader('connection');
    else list.push('Connection', shouldKeepAlive ? 'keep-alive' : 'close');
  }

  flushHead(): void {
    this.#response.flushHeaders();
  }

  breakOff(): void {
    this.#response.destroy();
  }

  goAway(): void {}

  /** Where chunks may be written that are made already: nothing before them is still under way. */
  get chunks(): Writable | undefined {
    const { chunkedEncoding, socket } = this.#response;
    return chunkedEncoding && socket !== null ? socket : undefined;
  }

  /** Whoever asked for the upgrade has the socket from now on. */
  giveUpSocket(): void {
    const response = this.#response;
    response.statusCode = 101;
    if (response.socket !== null) response.detachSocket(response.socket);
  }
}
