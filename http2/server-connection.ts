import type { Duplex } from 'node:stream';
import { tableBytes } from './header-decoder.ts';
import { Connection } from './connection.ts';
import {
  ConnectionError,
  errorCode,
  type HeaderList,
  maxWindow,
  protocolError,
  setting,
  preface,
} from './protocol.ts';
import { isRequest, lengthOf } from './request.ts';
import { Stream, type StreamHandler } from './stream.ts';

/** What costs more than it brings: so much at once, and so much more every second. */
const nuisancesMost = 1_000;
const nuisancesPerSecond = 33;

export interface ServerConnectionOptions {
  streamWindow: number;
  connectionWindow: number;
  headerListBytes: number;
  frameBytes?: number;
  /** Requests at once. */
  maxStreams: number;
  /** A client must have said that it speaks HTTP/2 by then. */
  prefaceMs: number;
  /** Gives the stream's handler. `headers` undefined: there were more of them than allowed. */
  onRequest(stream: Stream, headers: HeaderList | undefined): StreamHandler;
}

/** The side that is asked. */
export class ServerConnection extends Connection {
  readonly #options: ServerConnectionOptions;
  #last = 0;
  /** How much of the client's preface is there. */
  #greeted = 0;
  #leaving = false;
  #nuisances = 0;
  #nuisancesSince = 0;

  constructor(socket: Duplex, options: ServerConnectionOptions) {
    const { maxStreams, frameBytes, headerListBytes, streamWindow } = options;
    super(socket, {
      ...options,
      // what Go's server says, in its order
      settings: [
        ...(frameBytes === undefined ? [] : [[setting.maxFrameSize, frameBytes] as const]),
        [setting.maxConcurrentStreams, maxStreams],
        [setting.maxHeaderListSize, headerListBytes],
        [setting.headerTableSize, tableBytes],
        [setting.initialWindowSize, streamWindow],
        [setting.noPriorities, 1],
      ],
    });
    this.#options = options;
    this.greet();
    const patience = setTimeout(() => socket.destroy(), options.prefaceMs).unref();
    socket.on('close', () => clearTimeout(patience));
    socket.on('data', (chunk: Buffer) => {
      if (this.#greeted === preface.length) return this.receive(chunk);
      const part = Math.min(preface.length - this.#greeted, chunk.length);
      if (preface.compare(chunk, 0, part, this.#greeted, this.#greeted + part) !== 0) {
        return this.fail(protocolError('this is no HTTP/2'));
      }
      this.#greeted += part;
      if (this.#greeted === preface.length) clearTimeout(patience);
      this.receive(chunk, part);
    });
  }

  /** No more requests on it; those under way end as they would. */
  goAway(): void {
    if (this.closed || this.#leaving) return;
    this.#leaving = true;
    // what is under way to us is still answered; the client sends no more once it has read this
    this.send.goAway(maxWindow, errorCode.none, '');
    this.#endWhenIdle();
  }

  override forget(stream: Stream): void {
    super.forget(stream);
    if (this.#leaving) this.#endWhenIdle();
  }

  /** The response is whole and the rest of the request is of no use (RFC 9113, 8.1). */
  ownSideEnded(stream: Stream): void {
    this.send.afterFlush(() => {
      if (!stream.remoteEnded) stream.reset(errorCode.none);
    });
  }

  protected get lastStream(): number {
    return this.#last;
  }

  protected wasOpen(id: number): boolean {
    return id % 2 === 1 && id <= this.#last;
  }

  protected nuisance(): void {
    const now = performance.now();
    const back = ((now - this.#nuisancesSince) / 1_000) * nuisancesPerSecond;
    this.#nuisances = Math.max(0, this.#nuisances - back) + 1;
    this.#nuisancesSince = now;
    if (this.#nuisances > nuisancesMost) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'too many frames to no end');
    }
  }

  protected onHeaders(id: number, headers: HeaderList | undefined, end: boolean): void {
    if (id % 2 === 0) throw protocolError('a request on an even stream');
    if (id <= this.#last) return this.#onTrailers(id, end);
    this.#last = id;
    if (this.streams.size >= this.#options.maxStreams) {
      this.nuisance();
      return this.send.reset(id, errorCode.refusedStream);
    }
    if (headers !== undefined && !isRequest(headers)) {
      this.nuisance();
      return this.send.reset(id, errorCode.protocol);
    }
    const stream = new Stream(this, id, unheard);
    this.streams.set(id, stream);
    // what says that there is a body, and has none, has none
    if (end) stream.endRemote();
    else stream.expected = headers === undefined ? undefined : lengthOf(headers);
    stream.handler = this.#options.onRequest(stream, headers);
  }

  #onTrailers(id: number, end: boolean): void {
    const stream = this.streams.get(id);
    if (stream === undefined || stream.remoteEnded) {
      this.nuisance();
      return stream?.reset(errorCode.streamClosed);
    }
    if (!end || !stream.fitsLength(0, true)) return stream.reset(errorCode.protocol);
    stream.endRemote();
  }

  protected onGoAway(): void {
    this.goAway();
  }

  #endWhenIdle(): void {
    if (this.streams.size > 0) return;
    // what the client sent before it knew has a moment to arrive
    setTimeout(() => {
      if (this.streams.size > 0 || this.closed) return;
      this.send.goAway(this.#last, errorCode.none, '');
      this.destroy();
    }, lastWordsMs).unref();
  }
}

const lastWordsMs = 100;
const unheard: StreamHandler = { onData() {}, onEnd() {}, onClose() {} };
