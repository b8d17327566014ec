import { Duplex } from 'node:stream';
import { dataHead, resetStatus } from './frame.ts';
import type { StreamHeaders } from './header-block.ts';

/** What a stream needs of its connection. */
export interface StreamOwner {
  /** `sent` is called when the socket has taken the bytes. */
  send(parts: readonly Buffer[], sent?: (error?: Error | null) => void): void;
  reset(id: number, status: number): void;
  forget(id: number): void;
}

/** Bytes held for a reader that is slow, before the whole connection waits for it. */
const readBytesHeld = 256 * 1024;
const dataBytesMax = 1024 * 1024;

/** One stream of a SPDY connection; both directions end by themselves. Destroying it resets it. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: StreamHeaders;
  readonly #owner: StreamOwner;
  #room: (() => void) | undefined;
  #remoteEnded = false;
  #localEnded = false;
  #wasReset = false;
  /** What the stream ends with once all that came before has been read. */
  #endsWith: Error | undefined;

  constructor(owner: StreamOwner, id: number, headers: StreamHeaders) {
    super({ allowHalfOpen: true, readableHighWaterMark: readBytesHeld });
    this.#owner = owner;
    this.id = id;
    this.headers = headers;
  }

  /** From the connection. Resolves when there is room for more. */
  receive(bytes: Buffer): Promise<void> | void {
    if (this.destroyed || bytes.length === 0 || this.push(bytes)) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  remoteEnd(): void {
    this.#remoteEnded = true;
    this.push(null);
    this.#forgetWhenOver();
  }

  /** Also when the connection is gone. What came before is still read: kubelets reset all at the end. */
  remoteReset(): void {
    if (this.#wasReset) return;
    this.#wasReset = true;
    const error = new Error('stream reset');
    if (this.#remoteEnded && !this.readableEnded) this.once('end', () => this.destroy(error));
    else if (this.readableLength > 0) this.#endsWith = error;
    else this.destroy(error);
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    const error = this.#endsWith;
    // not at once: what was just read is yet to be emitted
    if (error !== undefined && this.readableLength === 0) {
      process.nextTick(() => this.destroy(error));
    }
    return chunk;
  }

  override _read(): void {
    this.#room?.();
    this.#room = undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const parts: Buffer[] = [];
    for (let at = 0; at < chunk.length; at += dataBytesMax) {
      const part = chunk.subarray(at, at + dataBytesMax);
      parts.push(dataHead(this.id, part.length, false), part);
    }
    this.#owner.send(parts, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#localEnded = true;
    this.#owner.send([dataHead(this.id, 0, true)], done);
    this.#forgetWhenOver();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    if (!(this.#localEnded && this.#remoteEnded) && !this.#wasReset) {
      this.#owner.reset(this.id, resetStatus.cancel);
    }
    this.#owner.forget(this.id);
    done(error);
  }

  #forgetWhenOver(): void {
    if (this.#localEnded && this.#remoteEnded) this.#owner.forget(this.id);
  }
}
