import type { Connection } from './connection.ts';
import type { Portion, Source } from './frame-writer.ts';
import { type HeaderList, maxWindow } from './protocol.ts';

/** What becomes of a stream, for whoever has it. None of these may throw. */
export interface StreamHandler {
  /** A client's stream: the response's head; and, on either side, trailers. `end`: nothing follows. */
  onHeaders?(headers: HeaderList, end: boolean): void;
  /** Part of the body. Its octets count as unread until {@link Stream.consumed} says otherwise. */
  onData(chunk: Buffer): void;
  /** The peer has sent everything. */
  onEnd(): void;
  /**
   * Once, and last. `reset`: the code that either side ended it with, undefined when both had sent
   * everything. `lost`: the connection is gone.
   */
  onClose(reset: number | undefined, lost: boolean): void;
}

interface Queued {
  bytes: Buffer | Portion;
  /** Of these, how many are sent. */
  sent: number;
  /** Told when all are taken over, or will never be. */
  taken: ((error?: Error) => void) | undefined;
}

/** One request and its response (RFC 9113, 5). What is written waits here for the peer's windows. */
export class Stream {
  readonly id: number;
  readonly connection: Connection;
  handler: StreamHandler;
  /** Waits in the sender's line of those that can send. */
  inLine = false;
  /** Octets the peer still lets us send on it. */
  #sendWindow: number;
  /** Octets the peer may still send on it. */
  #receiveWindow: number;
  /** Of the body, as far as its length is known: octets that are still to come. */
  expected: number | undefined;
  /** Octets that came and that nobody has read. */
  #unread = 0;
  #queue: Queued[] = [];
  /** Octets that are read and not given back to the peer's window yet. */
  #unreturned = 0;
  #endAfterQueue = false;
  #localEnded = false;
  #remoteEnded = false;
  #closed = false;

  constructor(connection: Connection, id: number, handler: StreamHandler) {
    this.connection = connection;
    this.id = id;
    this.handler = handler;
    this.#sendWindow = connection.peerInitialWindow;
    this.#receiveWindow = connection.ownInitialWindow;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether this side has sent, or queued, everything. */
  get localEnded(): boolean {
    return this.#localEnded || this.#endAfterQueue;
  }

  get remoteEnded(): boolean {
    return this.#remoteEnded;
  }

  headers(list: HeaderList, end: boolean): void {
    if (this.#closed) return;
    this.connection.send.headers(this.id, list, end);
    if (end) this.#endLocal();
  }

  /** `taken`: the buffer is free again, or (with an error) will never be sent. */
  write(bytes: Buffer, taken?: (error?: Error) => void): void {
    if (this.#closed || this.#endAfterQueue) {
      taken?.(new Error('the stream is closed'));
      return;
    }
    if (bytes.length === 0) {
      taken?.();
      return;
    }
    this.#queue.push({ bytes, sent: 0, taken });
    this.connection.send.wantsToSend(this);
  }

  /** Everything is written. */
  end(bytes?: Buffer): void {
    if (this.#closed || this.localEnded) return;
    if (bytes !== undefined && bytes.length > 0) {
      this.#queue.push({ bytes, sent: 0, taken: undefined });
    }
    this.#endAfterQueue = true;
    this.connection.send.wantsToSend(this);
  }

  /** Everything is written but for so many octets, which are taken as the peer takes them. */
  endFrom(source: Source, length: number): void {
    if (length === 0) return this.end();
    if (this.#closed || this.localEnded) return;
    this.#queue.push({ bytes: { source, length }, sent: 0, taken: undefined });
    this.#endAfterQueue = true;
    this.connection.send.wantsToSend(this);
  }

  /** Ends it both ways at once; what was queued is not sent. */
  reset(code: number): void {
    if (this.#closed) return;
    this.connection.send.reset(this.id, code);
    this.close(code, false);
  }

  /** So many octets of the body are read: the peer may send as many again. */
  consumed(bytes: number): void {
    // those of a closed stream were given back with it
    if (this.#closed) return;
    this.#unread -= bytes;
    this.#unreturned += bytes;
    this.connection.consumed(bytes);
    if (this.#remoteEnded || this.#unreturned * 2 < this.connection.ownInitialWindow) return;
    this.connection.send.openWindow(this.id, this.#unreturned);
    this.#receiveWindow += this.#unreturned;
    this.#unreturned = 0;
  }

  /** For the connection: so many octets came. False when they are more than the peer may send. */
  received(bytes: number): boolean {
    this.#receiveWindow -= bytes;
    this.#unread += bytes;
    return this.#receiveWindow >= 0;
  }

  /** For the connection: whether so much more of the body agrees with the length that was told. */
  fitsLength(bytes: number, last: boolean): boolean {
    if (this.expected === undefined) return true;
    this.expected -= bytes;
    return last ? this.expected === 0 : this.expected >= 0;
  }

  /** For the connection: the peer takes so many octets more. False when that is beyond what can be. */
  widen(bytes: number): boolean {
    this.#sendWindow += bytes;
    this.connection.send.wantsToSend(this);
    return this.#sendWindow <= maxWindow;
  }

  /** For the sender: whether there is something to send that the stream's window lets through. */
  get canSend(): boolean {
    if (this.#closed) return false;
    return this.#queue.length > 0 ? this.#sendWindow > 0 : this.#endAfterQueue && !this.#localEnded;
  }

  /** For the sender: that it has ended is all there is to say. */
  get hasOnlyEnd(): boolean {
    return this.#queue.length === 0;
  }

  /** For the sender: sends one frame of at most so many octets, and tells how many. */
  sendSome(most: number): number {
    const first = this.#queue[0];
    if (first === undefined) {
      this.connection.send.data(this.id, empty, true);
      this.#endLocal();
      return 0;
    }
    const left = first.bytes.length - first.sent;
    const size = Math.min(left, most, this.#sendWindow);
    const part = partOf(first, size);
    first.sent += size;
    this.#sendWindow -= size;
    const last = size === left && this.#queue.length === 1 && this.#endAfterQueue;
    this.connection.send.data(this.id, part, last);
    if (size === left) {
      this.#queue.shift();
      if (first.taken !== undefined) this.connection.send.afterFlush(first.taken);
    }
    if (last) this.#endLocal();
    return size;
  }

  /** For the connection: the peer has sent everything. */
  endRemote(): void {
    if (this.#remoteEnded) return;
    this.#remoteEnded = true;
    this.handler.onEnd();
    if (this.#localEnded) this.close(undefined, false);
  }

  /** For the connection, and when both sides have ended. */
  close(reset: number | undefined, lost: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    const queue = this.#queue;
    this.#queue = [];
    this.connection.forget(this);
    this.connection.consumed(this.#unread);
    const why = queue.length === 0 ? undefined : new Error('the stream is closed');
    for (const { taken } of queue) taken?.(why);
    this.handler.onClose(reset, lost);
  }

  #endLocal(): void {
    this.#localEnded = true;
    if (this.#remoteEnded) this.close(undefined, false);
    else this.connection.ownSideEnded(this);
  }
}

function partOf({ bytes, sent }: Queued, size: number): Buffer | Portion {
  if (size === bytes.length) return bytes;
  if (Buffer.isBuffer(bytes)) return bytes.subarray(sent, sent + size);
  return { source: bytes.source, length: size };
}

const empty = Buffer.alloc(0);
