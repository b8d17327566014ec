import type { Duplex } from 'node:stream';
import {
  FrameWriter,
  goAwayFrame,
  numberFrame,
  pingFrame,
  type Portion,
  settingsFrame,
} from './frame-writer.ts';
import { encodeHeaders } from './header-encoder.ts';
import {
  ConnectionError,
  defaultFrameBytes,
  defaultWindow,
  errorCode,
  flag,
  frameType,
  type HeaderList,
  maxWindow,
} from './protocol.ts';
import type { Stream } from './stream.ts';

/** A peer that has us hold more than this for it, and reads nothing, only wants our memory. */
const waitingMost = 8 * 1024 * 1024;
/** Larger frames, which a peer may allow, would let one stream hold up the others for longer. */
const frameBytes = defaultFrameBytes;

/**
 * What one side of a connection sends. Frames are written once in a turn of the event loop, all
 * together; data is taken from the streams one frame each in turn, as far as the connection's window
 * and the socket let it.
 */
export class Sender {
  readonly #writer: FrameWriter;
  readonly #onStuck: (error: ConnectionError) => void;
  /** What the peer lets us send on all streams together. */
  #window = defaultWindow;
  /** Streams with something to send. */
  #line: Stream[] = [];
  #flushing: NodeJS.Immediate | undefined;
  #afterFlush: (() => void)[] = [];
  #stopped = false;

  /** `onStuck`: the peer does not read what it has us send. */
  constructor(socket: Duplex, onStuck: (error: ConnectionError) => void) {
    this.#writer = new FrameWriter(socket, () => this.#goOn());
    this.#onStuck = onStuck;
  }

  raw(bytes: Buffer): void {
    this.#writer.add(bytes);
    this.#schedule();
  }

  settings(settings: readonly (readonly [id: number, value: number])[]): void {
    this.raw(settingsFrame(settings));
  }

  settingsAck(): void {
    this.raw(settingsAck);
  }

  headers(stream: number, list: HeaderList, end: boolean): void {
    this.#writer.headers(stream, encodeHeaders(list), end, frameBytes);
    this.#schedule();
  }

  /** For a stream whose turn it is. */
  data(stream: number, bytes: Buffer | Portion, end: boolean): void {
    this.#writer.data(stream, bytes, end);
  }

  reset(stream: number, code: number): void {
    this.raw(numberFrame(frameType.rstStream, stream, code));
  }

  goAway(lastStream: number, code: number, text: string): void {
    this.raw(goAwayFrame(lastStream, code, text));
  }

  ping(ack: boolean, payload: Buffer): void {
    this.raw(pingFrame(ack, payload));
  }

  /** Lets the peer send so many octets more: on a stream, or (0) on all together. */
  openWindow(stream: number, bytes: number): void {
    this.raw(numberFrame(frameType.windowUpdate, stream, bytes));
  }

  /** False when the peer's window would be larger than there can be. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    this.#goOn();
    return this.#window <= maxWindow;
  }

  wantsToSend(stream: Stream): void {
    if (stream.inLine || !stream.canSend) return;
    stream.inLine = true;
    this.#line.push(stream);
    this.#schedule();
  }

  /** Called once what was sent so far has left its buffers. */
  afterFlush(callback: () => void): void {
    this.#afterFlush.push(callback);
  }

  /** Everything that waits, now. */
  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    this.#fill();
    this.#writer.flush();
    this.#callBack();
    if (this.#writer.waiting > waitingMost) {
      this.#onStuck(new ConnectionError(errorCode.enhanceYourCalm, 'the peer does not read'));
    }
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#flushing);
    this.#line = [];
    this.#callBack();
  }

  #callBack(): void {
    if (this.#afterFlush.length === 0) return;
    const callbacks = this.#afterFlush;
    this.#afterFlush = [];
    for (const callback of callbacks) callback();
  }

  #schedule(): void {
    if (this.#stopped || this.#flushing !== undefined) return;
    this.#flushing = setImmediate(() => this.flush());
  }

  #goOn(): void {
    if (this.#line.length > 0) this.#schedule();
  }

  #fill(): void {
    const line = this.#line;
    let at = 0;
    for (; at < line.length && this.#writer.hasRoom; at++) {
      const stream = line[at] as Stream;
      if (stream.canSend) {
        const most = Math.min(frameBytes, this.#window);
        // an end without octets needs no window
        if (most === 0 && !stream.hasOnlyEnd) break;
        this.#window -= stream.sendSome(most);
      }
      if (stream.canSend) line.push(stream);
      else stream.inLine = false;
    }
    if (at > 0) this.#line = line.slice(at);
  }
}

const settingsAck = Buffer.from([0, 0, 0, frameType.settings, flag.ack, 0, 0, 0, 0]);
