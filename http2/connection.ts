import type { Duplex } from 'node:stream';
import { FrameReader } from './frame-reader.ts';
import { HeaderDecoder } from './header-decoder.ts';
import {
  ConnectionError,
  type ConnectionOptions,
  defaultWindow,
  errorCode,
  flag,
  flowError,
  frameType,
  type HeaderList,
  maxWindow,
  protocolError,
  setting,
  sizeError,
} from './protocol.ts';
import { blockOf, checkSetting, dataOf } from './payload.ts';
import { Sender } from './sender.ts';
import type { Stream } from './stream.ts';

/** For a peer that does not close its side either. */
const lingerMs = 1_000;
/** Of one list of headers. */
const continuationsMost = 256;
const pingPayload = Buffer.alloc(8);

/**
 * One HTTP/2 connection (RFC 9113), the part that both sides share: frames, windows, settings, pings.
 * Subclasses open streams and say what headers mean.
 */
export abstract class Connection {
  readonly socket: Duplex;
  readonly send: Sender;
  readonly ownInitialWindow: number;
  peerInitialWindow = defaultWindow;
  /** Requests the peer takes at once; a client keeps to it. */
  peerMaxStreams = Infinity;
  /** Why it broke, once it has. */
  failure: Error | undefined;
  onClose: (() => void) | undefined;
  protected readonly streams = new Map<number, Stream>();
  protected readonly options: ConnectionOptions;
  readonly #reader: FrameReader;
  readonly #decoder: HeaderDecoder;
  #window: number;
  /** Octets that are read and not given back to the peer's window yet. */
  #unreturned = 0;
  /** A block of headers that goes on in CONTINUATION frames. */
  #block: { stream: number; end: boolean; parts: Buffer[]; bytes: number } | undefined;
  #settled = false;
  #pings: (() => void)[] = [];
  #closed = false;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.socket = socket;
    this.options = options;
    this.ownInitialWindow = options.streamWindow;
    this.#window = options.connectionWindow;
    this.#decoder = new HeaderDecoder(options.headerListBytes);
    this.#reader = new FrameReader(options.frameBytes, (type, flags, stream, bytes, start, end) =>
      this.#frame(type, flags, stream, bytes, start, end),
    );
    this.send = new Sender(socket, (error) => {
      this.failure ??= error;
      socket.destroy();
    });
    socket.on('error', (error) => {
      this.failure ??= error;
    });
    socket.on('end', () => this.destroy());
    socket.on('close', () => this.#over());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What this side says first. */
  protected greet(): void {
    const { connectionWindow, settings } = this.options;
    this.send.settings(settings);
    this.send.openWindow(0, connectionWindow - defaultWindow);
  }

  /** Bytes of the peer. */
  protected receive(chunk: Buffer, from = 0): void {
    if (this.#closed) return;
    try {
      this.#reader.push(chunk, from);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.fail(error);
    }
  }

  /** A list of headers; undefined when it was longer than allowed. */
  protected abstract onHeaders(id: number, headers: HeaderList | undefined, end: boolean): void;
  /** GOAWAY: streams above `lastStream` were not looked at. */
  protected abstract onGoAway(lastStream: number): void;
  /** Whether a stream of this id was ever open. */
  protected abstract wasOpen(id: number): boolean;
  /** The number for our GOAWAY: what was looked at. */
  protected abstract get lastStream(): number;
  /** This side has sent everything on it, the peer has not. */
  abstract ownSideEnded(stream: Stream): void;
  /** The peer did what is allowed and only costs. May throw ConnectionError when it is too much. */
  protected abstract nuisance(): void;

  forget(stream: Stream): void {
    this.streams.delete(stream.id);
  }

  /** Calls back when the peer has answered. */
  ping(answered: () => void): void {
    this.#pings.push(answered);
    this.send.ping(false, pingPayload);
  }

  /** So many octets that came on any stream are read. */
  consumed(bytes: number): void {
    this.#unreturned += bytes;
    if (this.#closed || this.#unreturned * 2 < this.options.connectionWindow) return;
    this.send.openWindow(0, this.#unreturned);
    this.#window += this.#unreturned;
    this.#unreturned = 0;
  }

  /** Tells the peer what it did, and leaves. */
  fail(error: ConnectionError): void {
    if (this.#closed) return;
    this.failure ??= error;
    this.send.goAway(this.lastStream, error.code, error.message);
    this.destroy();
  }

  /** Ends it; what waits in it goes out before, as far as the peer takes it. */
  destroy(error?: Error): void {
    if (error !== undefined) this.failure ??= error;
    if (!this.#closed) this.send.flush();
    this.#over();
    this.socket.end();
    setTimeout(() => this.socket.destroy(), lingerMs).unref();
  }

  #over(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.send.stop();
    for (const stream of this.streams.values()) stream.close(errorCode.cancel, true);
    this.#pings = [];
    this.onClose?.();
  }

  #frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (this.#closed) return;
    if (this.#block !== undefined && type !== frameType.continuation) {
      throw protocolError('a block of headers is cut by another frame');
    }
    if (!this.#settled && type !== frameType.settings) {
      throw protocolError('the first frame is not SETTINGS');
    }
    switch (type) {
      case frameType.data:
        return this.#data(flags, id, bytes, start, end);
      case frameType.headers:
        return this.#headers(flags, id, bytes, start, end);
      case frameType.priority:
        if (id === 0) throw protocolError('PRIORITY without a stream');
        if (end - start !== 5) throw sizeError('PRIORITY');
        // as one of an extension that nobody agreed on
        return this.nuisance();
      case frameType.rstStream:
        return this.#reset(id, bytes, start, end);
      case frameType.settings:
        return this.#settings(flags, id, bytes, start, end);
      case frameType.pushPromise:
        throw protocolError('PUSH_PROMISE');
      case frameType.ping:
        return this.#ping(flags, id, bytes, start, end);
      case frameType.goAway:
        if (id !== 0) throw protocolError('GOAWAY on a stream');
        if (end - start < 8) throw sizeError('GOAWAY');
        return this.onGoAway(bytes.readUInt32BE(start) & maxWindow);
      case frameType.windowUpdate:
        return this.#windowUpdate(id, bytes, start, end);
      case frameType.continuation:
        return this.#continuation(flags, id, bytes, start, end);
      default:
        return this.nuisance();
    }
  }

  #data(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError('DATA without a stream');
    const size = end - start;
    this.#window -= size;
    if (this.#window < 0) throw flowError();
    const [from, to] = dataOf(flags, bytes, start, end);
    const stream = this.streams.get(id);
    if (stream === undefined || stream.remoteEnded) {
      if (!this.wasOpen(id)) throw protocolError('DATA on a stream that is not open');
      // what was under way when the stream ended
      this.consumed(size);
      this.nuisance();
      stream?.reset(errorCode.streamClosed);
      return;
    }
    if (!stream.received(size)) throw flowError();
    const last = (flags & flag.endStream) !== 0;
    if (from === to && !last) this.nuisance();
    if (size > to - from) stream.consumed(size - (to - from));
    if (!stream.fitsLength(to - from, last)) return stream.reset(errorCode.protocol);
    if (to > from) stream.handler.onData(bytes.subarray(from, to));
    if (last) stream.endRemote();
  }

  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError('HEADERS without a stream');
    const [from, to] = blockOf(flags, id, bytes, start, end);
    const last = (flags & flag.endStream) !== 0;
    if ((flags & flag.endHeaders) !== 0) {
      return this.onHeaders(id, this.#decoder.decode(bytes, from, to), last);
    }
    const part = Buffer.from(bytes.subarray(from, to));
    this.#block = { stream: id, end: last, parts: [part], bytes: part.length };
  }

  #continuation(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#block;
    if (block === undefined || block.stream !== id) throw protocolError('CONTINUATION of nothing');
    block.parts.push(Buffer.from(bytes.subarray(start, end)));
    block.bytes += end - start;
    const { headerListBytes } = this.options;
    if (block.bytes > headerListBytes || block.parts.length > continuationsMost) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'a block of headers without end');
    }
    if ((flags & flag.endHeaders) === 0) return;
    this.#block = undefined;
    const whole = Buffer.concat(block.parts, block.bytes);
    this.onHeaders(id, this.#decoder.decode(whole, 0, whole.length), block.end);
  }

  #reset(id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw sizeError('RST_STREAM');
    if (!this.wasOpen(id)) throw protocolError('RST_STREAM on a stream that is not open');
    this.nuisance();
    this.streams.get(id)?.close(bytes.readUInt32BE(start), false);
  }

  #settings(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolError('SETTINGS on a stream');
    if ((flags & flag.ack) !== 0) {
      if (end > start) throw sizeError('SETTINGS');
      return;
    }
    if ((end - start) % 6 !== 0) throw sizeError('SETTINGS');
    if (this.#settled) this.nuisance();
    this.#settled = true;
    for (let at = start; at < end; at += 6) {
      this.#setting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
    }
    this.send.settingsAck();
  }

  /** What limits only what a peer may not do anyway is looked at and left alone. */
  #setting(id: number, value: number): void {
    checkSetting(id, value);
    if (id === setting.maxConcurrentStreams) this.peerMaxStreams = value;
    if (id !== setting.initialWindowSize) return;
    const change = value - this.peerInitialWindow;
    this.peerInitialWindow = value;
    for (const stream of this.streams.values()) if (!stream.widen(change)) throw flowError();
  }

  #ping(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolError('PING on a stream');
    if (end - start !== 8) throw sizeError('PING');
    if ((flags & flag.ack) !== 0) return this.#pings.shift()?.();
    this.nuisance();
    this.send.ping(true, bytes.subarray(start, end));
  }

  #windowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw sizeError('WINDOW_UPDATE');
    const more = bytes.readUInt32BE(start) & maxWindow;
    if (id === 0) {
      if (more === 0) throw protocolError('WINDOW_UPDATE of nothing');
      if (!this.send.widen(more)) throw flowError();
      return;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (!this.wasOpen(id)) throw protocolError('WINDOW_UPDATE on a stream that is not open');
      return;
    }
    if (more === 0) stream.reset(errorCode.protocol);
    else if (!stream.widen(more)) stream.reset(errorCode.flowControl);
  }
}
