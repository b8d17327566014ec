import type { Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { jsonText } from '../../object/json-text.ts';
import { badRequest, type StatusError } from '../../object/status-error.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { encodeProtobuf, encodeWatchFrame } from '../../schema/protobuf.ts';
import type { RequestContext } from '../context.ts';
import { Http1Exchange } from '../request/http1.ts';
import {
  acceptWebSocket,
  checkHandshake,
  isWebSocket,
  offeredProtocols,
  refuseHandshake,
} from '../request/web-socket.ts';
import { contentTypes } from '../response/negotiate.ts';
import { warningHeaders } from '../response/respond.ts';
import type { WatchSink } from '../watch/watcher.ts';

/** Where the frames of one watch go: an HTTP body or WebSocket messages, one an event. */
export interface WatchStream extends WatchSink {
  /** Sends the head, before the next turn of the event loop; nothing can be refused afterwards. */
  begin(): Promise<void> | void;
  /** The client has room again. */
  onRoom: () => void;
  /** Nothing more goes through: the client left, or {@link WatchSink.end} was called. */
  onOver: () => void;
}

export function watchStream(context: RequestContext, contentType: string): WatchStream {
  return isWebSocket(context)
    ? new WebSocketStream(context, contentType === contentTypes.json)
    : new ResponseStream(context, contentType);
}

/** Frames to one HTTP response; several frames of one turn leave in one write. */
class ResponseStream implements WatchStream {
  readonly #context: RequestContext;
  readonly #contentType: string;
  #response: Writable | undefined;
  /** Set where frames go past Node's response, as chunks made once for all watchers. */
  #chunks: Writable | undefined;
  onRoom: () => void = () => {};
  onOver: () => void = () => {};

  constructor(context: RequestContext, contentType: string) {
    this.#context = context;
    this.#contentType = contentType;
  }

  begin(): void {
    const { auditId, extraHeaders, exchange, warnings } = this.#context;
    const response = exchange.begin(200, {
      'audit-id': auditId,
      'cache-control': 'no-cache, private',
      'content-type': this.#contentType,
      ...extraHeaders,
      ...(warnings.length === 0 ? {} : { warning: warningHeaders(warnings) }),
    });
    exchange.flushHead();
    this.#response = response;
    if (exchange instanceof Http1Exchange) this.#chunks = exchange.chunks;
    const room = (): void => this.onRoom();
    (this.#chunks ?? response).on('drain', room);
    response.on('close', () => {
      this.#chunks?.off('drain', room);
      this.onOver();
    });
    response.on('error', () => this.onOver());
    this.#context.answer = { code: 200, headers: {}, body: undefined };
  }

  write(frames: readonly Buffer[]): boolean {
    const response = this.#response;
    if (response === undefined || response.destroyed) return true;
    const whole = frames.length > 1 ? joined(frames) : (frames[0] as Buffer);
    this.#context.sentBytes += whole.length;
    if (this.#chunks === undefined || whole.length > chunkMax) return response.write(whole);
    return this.#chunks.write(chunkOf(whole));
  }

  end(error?: StatusError): void {
    if (error !== undefined)
      this.#response?.write(errorFrame(error, this.#contentType !== contentTypes.json));
    this.#response?.end();
    this.onOver();
  }
}

/** Several frames in one buffer, once for all watchers that are given the same array. */
const joins = new WeakMap<readonly Buffer[], Buffer>();

function joined(frames: readonly Buffer[]): Buffer {
  let whole = joins.get(frames);
  if (whole === undefined) {
    whole = Buffer.concat(frames);
    joins.set(frames, whole);
  }
  return whole;
}

/** Frames as chunks of HTTP/1.1 (RFC 9112, 7.1): the newest, which all watchers are about to send. */
const chunks = new Map<Buffer, Buffer>();
const chunksMax = 64;
const chunkBytesMax = 4 * 1024 * 1024;
/** What is larger is the state at the start of a watch, which is its own. */
const chunkMax = 256 * 1024;
let chunkBytes = 0;
const lineEnd = Buffer.from('\r\n');

function chunkOf(frame: Buffer): Buffer {
  const known = chunks.get(frame);
  if (known !== undefined) return known;
  const chunk = Buffer.concat([Buffer.from(`${frame.length.toString(16)}\r\n`), frame, lineEnd]);
  for (const [oldest, { length }] of chunks) {
    if (chunks.size < chunksMax && chunkBytes + chunk.length <= chunkBytesMax) break;
    chunks.delete(oldest);
    chunkBytes -= length;
  }
  chunks.set(frame, chunk);
  chunkBytes += chunk.length;
  return chunk;
}

const newLine = 0x0a;
/** Before each protobuf frame stands its length, which a message has by itself. */
const lengthBytes = 4;

/** Text messages for JSON, binary ones for protobuf (k8s.io/apiserver handlers/watch.go, HandleWS). */
class WebSocketStream implements WatchStream {
  readonly #context: RequestContext;
  readonly #text: boolean;
  #webSocket: WebSocket | undefined;
  /** Of a JSON frame that comes in parts. */
  #parts: Buffer[] = [];
  onRoom: () => void = () => {};
  onOver: () => void = () => {};

  constructor(context: RequestContext, text: boolean) {
    this.#context = context;
    this.#text = text;
  }

  async begin(): Promise<void> {
    const context = this.#context;
    checkHandshake(context);
    const offered = offeredProtocols(context);
    // as upstream's library has it: browsers always say where they come from
    if (!isOrigin(context.headers.origin)) return refuse(context, '403 Forbidden');
    if (offered.length > 1) return refuse(context, '400 Bad Request');
    const webSocket = await acceptWebSocket(context, offered[0] ?? '');
    webSocket.on('close', () => this.onOver());
    webSocket.on('message', () => {});
    context.upgrade?.socket.on('drain', () => this.onRoom());
    this.#webSocket = webSocket;
  }

  write(frames: readonly Buffer[]): boolean {
    const socket = this.#context.upgrade?.socket;
    if (this.#webSocket === undefined || socket === undefined || socket.destroyed) return true;
    socket.cork();
    for (const frame of frames) this.#send(frame);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  end(error?: StatusError): void {
    if (error !== undefined) this.#send(errorFrame(error, !this.#text));
    this.#webSocket?.close(1000);
    // nor does upstream wait for the client to say goodbye
    this.#context.upgrade?.socket.end();
    this.onOver();
  }

  #send(frame: Buffer): void {
    if (!this.#text) {
      this.#webSocket?.send(frame.subarray(lengthBytes));
      return;
    }
    this.#parts.push(frame);
    if (frame.at(-1) !== newLine) return;
    const whole = this.#parts.length === 1 ? frame : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#webSocket?.send(whole, { binary: false });
  }
}

function refuse(context: RequestContext, status: string): never {
  refuseHandshake(context, `${status}\r\n\r\n`);
  throw badRequest('not a WebSocket handshake');
}

/** What Go's url.ParseRequestURI takes: a URL with a scheme, or a path. */
function isOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return false;
  return origin.startsWith('/') || (/^[a-z][a-z0-9+.-]*:/i.test(origin) && URL.canParse(origin));
}

function errorFrame(error: StatusError, protobuf: boolean): Buffer {
  const status = error.body();
  if (!protobuf) return Buffer.from(`${jsonText({ type: 'ERROR', object: status })}\n`);
  const schema = builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.Status');
  return encodeWatchFrame('ERROR', encodeProtobuf(status, schema));
}
