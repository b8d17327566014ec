import type { Duplex } from 'node:stream';
import {
  controlFrame,
  finFlag,
  type Frame,
  FrameReader,
  frameTypes,
  numbers,
  resetStatus,
} from './frame.ts';
import { HeaderReader, HeaderWriter, type StreamHeaders } from './header-block.ts';
import { SpdyStream } from './stream.ts';

/**
 * SPDY/3.1 over a connection that has been upgraded to it: what kubectl and kubelets carry exec,
 * attach and port-forward in. One pair of ends, any number of streams.
 */
export interface SpdyOptions {
  side: 'client' | 'server';
  /** A stream that the other side opened. Throwing resets it. Without it all are refused. */
  onStream?: (stream: SpdyStream) => void;
}

/** More open streams than this are refused. */
const streamsMax = 1000;

export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  /** Streams of ours that wait for the other side's reply. */
  readonly #opening = new Map<number, (error?: Error) => void>();
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  #next: number;
  #lastRemote = 0;
  #gone = false;
  /** Resolves when the connection is gone; never rejects. */
  readonly closed: Promise<void>;

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#next = options.side === 'client' ? 1 : 2;
    socket.on('error', () => {});
    this.closed = this.#run();
  }

  /** Opens a stream; resolves when the other side has accepted it. */
  open(headers: StreamHeaders): Promise<SpdyStream> {
    if (this.#gone) return Promise.reject(new Error('the connection is closed'));
    const id = this.#next;
    this.#next += 2;
    const stream = this.#add(id, headers);
    this.send([
      controlFrame(
        frameTypes.synStream,
        0,
        Buffer.concat([numbers(id, 0), Buffer.alloc(2), this.#headerWriter.write(headers)]),
      ),
    ]);
    return new Promise((resolve, reject) => {
      this.#opening.set(id, (error) => (error === undefined ? resolve(stream) : reject(error)));
    });
  }

  /** Tells the other side and ends the connection. */
  close(): void {
    this.send([controlFrame(frameTypes.goAway, 0, numbers(this.#lastRemote, 0))]);
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  send(parts: readonly Buffer[], sent?: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) {
      if (sent !== undefined) queueMicrotask(() => sent(new Error('the connection is closed')));
      return;
    }
    socket.cork();
    parts.forEach((part, index) => {
      if (index === parts.length - 1 && sent !== undefined) socket.write(part, sent);
      else socket.write(part);
    });
    socket.uncork();
  }

  reset(id: number, status: number): void {
    this.send([controlFrame(frameTypes.rstStream, 0, numbers(id, status))]);
  }

  forget(id: number): void {
    this.#streams.delete(id);
  }

  async #run(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
        for (const frame of reader.push(chunk)) await this.#take(frame);
      }
    } catch {
      // broken or not SPDY: whoever holds streams is told below
    }
    this.#gone = true;
    this.#socket.destroy();
    this.#headerReader.close();
    const gone = new Error('the connection is closed');
    for (const settle of this.#opening.values()) settle(gone);
    this.#opening.clear();
    for (const stream of this.#streams.values()) stream.remoteReset();
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.kind === 'control') return this.#control(frame);
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    await stream.receive(frame.bytes);
    if (frame.fin) stream.remoteEnd();
  }

  async #control(frame: Extract<Frame, { kind: 'control' }>): Promise<void> {
    const { type, flags, payload } = frame;
    const id = payload.length >= 4 ? payload.readUInt32BE(0) & 0x7fffffff : 0;
    const stream = this.#streams.get(id);
    switch (type) {
      case frameTypes.synStream:
        return this.#accept(id, await this.#headerReader.read(payload.subarray(10)), flags);
      case frameTypes.synReply:
      case frameTypes.headers:
        // read in any case: the zlib stream goes on
        await this.#headerReader.read(payload.subarray(4));
        if (type === frameTypes.synReply) this.#settle(id);
        if ((flags & finFlag) !== 0) stream?.remoteEnd();
        return undefined;
      case frameTypes.rstStream:
        this.#settle(id, new Error('stream refused'));
        return stream?.remoteReset();
      case frameTypes.ping:
        // ours are odd on the client's side and even on the server's: only the other's are answered
        if (id % 2 === (this.#options.side === 'client' ? 0 : 1)) {
          this.send([controlFrame(frameTypes.ping, 0, payload)]);
        }
        return undefined;
      default:
        return undefined;
    }
  }

  #accept(id: number, headers: StreamHeaders, flags: number): void {
    const { onStream, side } = this.#options;
    const ours = id % 2 === (side === 'client' ? 1 : 0);
    if (ours || id <= this.#lastRemote) return this.reset(id, resetStatus.protocolError);
    this.#lastRemote = id;
    if (onStream === undefined || this.#streams.size >= streamsMax) {
      return this.reset(id, resetStatus.refused);
    }
    const stream = this.#add(id, headers);
    // the reply first: data that comes before it is dropped by Go's side
    this.send([
      controlFrame(
        frameTypes.synReply,
        0,
        Buffer.concat([numbers(id), this.#headerWriter.write({})]),
      ),
    ]);
    try {
      onStream(stream);
    } catch (error) {
      stream.destroy(error as Error);
      return undefined;
    }
    if ((flags & finFlag) !== 0) stream.remoteEnd();
    return undefined;
  }

  #add(id: number, headers: StreamHeaders): SpdyStream {
    const stream = new SpdyStream(this, id, headers);
    // a stream may break before anybody looks at it
    stream.on('error', () => {});
    this.#streams.set(id, stream);
    return stream;
  }

  #settle(id: number, error?: Error): void {
    this.#opening.get(id)?.(error);
    this.#opening.delete(id);
  }
}
