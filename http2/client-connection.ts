import type { Duplex } from 'node:stream';
import { Connection } from './connection.ts';
import {
  type ConnectionOptions,
  errorCode,
  type HeaderList,
  maxWindow,
  protocolError,
  setting,
  preface,
} from './protocol.ts';
import { Stream, type StreamHandler } from './stream.ts';

/** The side that asks. The socket is connected, or will be: what is sent before waits in it. */
export class ClientConnection extends Connection {
  #next = 1;
  /** The peer has said that it takes no more. */
  #leaving = false;
  /** Requests that wait until the peer takes more at once. */
  #waiting: (() => void)[] = [];

  constructor(socket: Duplex, options: Omit<ConnectionOptions, 'settings'>) {
    super(socket, {
      ...options,
      settings: [
        [setting.initialWindowSize, options.streamWindow],
        [setting.enablePush, 0],
      ],
    });
    this.send.raw(preface);
    this.greet();
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  /** False when new requests need another connection. */
  get usable(): boolean {
    return !this.closed && !this.#leaving && this.#next < maxWindow;
  }

  get open(): number {
    return this.streams.size;
  }

  /** `begin` is called at once, when the peer takes one request more, or when this is closed. */
  whenRoom(begin: () => void): void {
    if (this.closed || this.streams.size < this.peerMaxStreams) begin();
    else this.#waiting.push(begin);
  }

  request(headers: HeaderList, handler: StreamHandler): Stream {
    const stream = new Stream(this, this.#next, handler);
    this.#next += 2;
    this.streams.set(stream.id, stream);
    stream.headers(headers, false);
    return stream;
  }

  override forget(stream: Stream): void {
    super.forget(stream);
    while (this.#waiting.length > 0 && (this.closed || this.streams.size < this.peerMaxStreams)) {
      this.#waiting.shift()?.();
    }
  }

  ownSideEnded(): void {}

  /** A server that is asked for something may have its say. */
  protected nuisance(): void {}

  protected get lastStream(): number {
    return 0;
  }

  protected wasOpen(id: number): boolean {
    return id % 2 === 1 && id < this.#next;
  }

  protected onHeaders(id: number, headers: HeaderList | undefined, end: boolean): void {
    if (!this.wasOpen(id)) throw protocolError('HEADERS on a stream that is not open');
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    if (headers === undefined) return stream.reset(errorCode.enhanceYourCalm);
    stream.handler.onHeaders?.(headers, end);
    if (end) stream.endRemote();
  }

  protected onGoAway(lastStream: number): void {
    this.#leaving = true;
    for (const stream of this.streams.values()) {
      if (stream.id > lastStream) stream.close(errorCode.refusedStream, false);
    }
  }
}
