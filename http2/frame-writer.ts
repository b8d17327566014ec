import type { Duplex } from 'node:stream';
import { flag, frameHeadBytes, frameType } from './protocol.ts';

/** Written together at most; one write of this is one record's worth of work for TLS, or a few. */
const slabBytes = 4 * (16_384 + frameHeadBytes) + 4_096;
/** Up to here a buffer of its own is cheaper than a slab that comes back only when it is written. */
const smallBytes = 8_192;
/** Slabs kept for the next large write, of all connections together. */
const slabsKept = 16;
const slabs: Buffer[] = [];

/** A body that is made while it is written. */
export interface Source {
  /** Writes what comes next, as much as fits; gives how many bytes, 0 at the end. */
  fill(target: Buffer): number;
}

/** So many of its next bytes, taken when they are written. */
export interface Portion {
  readonly source: Source;
  readonly length: number;
}

/** Written to the socket and not gone yet: from here on no more data is taken from streams. */
const inFlightMost = 256 * 1024;

/**
 * Collects frames and writes them together, copied into one buffer: a TLS socket writes one buffer as
 * it is, several only after copying them into fresh memory.
 */
export class FrameWriter {
  readonly #socket: Duplex;
  readonly #onRoom: () => void;
  #pieces: (Buffer | Portion)[] = [];
  #bytes = 0;
  #inFlight = 0;

  /** `onRoom`: data may be taken again. */
  constructor(socket: Duplex, onRoom: () => void) {
    this.#socket = socket;
    this.#onRoom = onRoom;
  }

  /** Whether more data should be taken now. */
  get hasRoom(): boolean {
    return this.#bytes + this.#inFlight < inFlightMost;
  }

  /** Bytes that wait here or in the socket. */
  get waiting(): number {
    return this.#bytes + this.#inFlight;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(piece: Buffer | Portion): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** One DATA frame; the payload is not copied before it is written. */
  data(stream: number, payload: Buffer | Portion, end: boolean): void {
    this.add(frameHead(payload.length, frameType.data, end ? flag.endStream : 0, stream));
    if (payload.length > 0) this.add(payload);
  }

  /** The block in one frame, or in as many as it takes. */
  headers(stream: number, block: Buffer, end: boolean, frameBytes: number): void {
    const first = Math.min(block.length, frameBytes);
    const whole = first === block.length;
    const flags = (end ? flag.endStream : 0) | (whole ? flag.endHeaders : 0);
    this.add(withHead(frameType.headers, flags, stream, block, 0, first));
    for (let at = first; at < block.length; at += frameBytes) {
      const to = Math.min(block.length, at + frameBytes);
      const last = to === block.length ? flag.endHeaders : 0;
      this.add(withHead(frameType.continuation, last, stream, block, at, to));
    }
  }

  flush(): void {
    const pieces = this.#pieces;
    const bytes = this.#bytes;
    if (bytes === 0) return;
    this.#pieces = [];
    this.#bytes = 0;
    const [first] = pieces;
    if (pieces.length === 1 && Buffer.isBuffer(first)) {
      this.#write(first, undefined);
      return;
    }
    if (bytes <= smallBytes) {
      const whole = Buffer.allocUnsafe(bytes);
      let filled = 0;
      for (const piece of pieces) filled += put(piece, 0, whole, filled);
      this.#write(whole, undefined);
      return;
    }
    let slab = slabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
    let filled = 0;
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; ) {
        const count = put(piece, at, slab, filled);
        at += count;
        filled += count;
        if (filled < slab.length) continue;
        this.#write(slab, slab);
        slab = slabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
        filled = 0;
      }
    }
    this.#write(slab.subarray(0, filled), slab);
  }

  /** `slab`: what may be used again once this is written. */
  #write(bytes: Buffer, slab: Buffer | undefined): void {
    const { length } = bytes;
    this.#inFlight += length;
    this.#socket.write(bytes, (error) => {
      // after a failure it is not known who still reads it
      if (slab !== undefined && !error && slabs.length < slabsKept) slabs.push(slab);
      const full = this.#inFlight >= inFlightMost;
      this.#inFlight -= length;
      if (full || this.#inFlight === 0) this.#onRoom();
    });
  }
}

/** Copies what is left of a piece from `from` on, as much as fits, and tells how much. */
function put(piece: Buffer | Portion, from: number, into: Buffer, at: number): number {
  if (Buffer.isBuffer(piece)) return piece.copy(into, at, from);
  const count = Math.min(piece.length - from, into.length - at);
  if (piece.source.fill(into.subarray(at, at + count)) !== count) {
    throw new Error('a body is shorter than it was said to be');
  }
  return count;
}

/** The nine octets before each payload. */
export function frameHead(length: number, type: number, flags: number, stream: number): Buffer {
  const head = Buffer.allocUnsafe(frameHeadBytes);
  putHead(head, 0, length, type, flags, stream);
  return head;
}

export function putHead(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  into.writeUInt32BE(stream, at + 5);
}

function withHead(
  type: number,
  flags: number,
  stream: number,
  block: Buffer,
  from: number,
  to: number,
): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + to - from);
  putHead(frame, 0, to - from, type, flags, stream);
  block.copy(frame, frameHeadBytes, from, to);
  return frame;
}

/** RST_STREAM and WINDOW_UPDATE: a number for a stream. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + 4);
  putHead(frame, 0, 4, type, 0, stream);
  frame.writeUInt32BE(value, frameHeadBytes);
  return frame;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + settings.length * 6);
  putHead(frame, 0, settings.length * 6, frameType.settings, 0, 0);
  settings.forEach(([id, value], i) => {
    frame.writeUInt16BE(id, frameHeadBytes + i * 6);
    frame.writeUInt32BE(value, frameHeadBytes + i * 6 + 2);
  });
  return frame;
}

export function goAwayFrame(lastStream: number, code: number, text: string): Buffer {
  const frame = Buffer.alloc(frameHeadBytes + 8 + text.length);
  putHead(frame, 0, 8 + text.length, frameType.goAway, 0, 0);
  frame.writeUInt32BE(lastStream, frameHeadBytes);
  frame.writeUInt32BE(code, frameHeadBytes + 4);
  frame.write(text, frameHeadBytes + 8, 'latin1');
  return frame;
}

export function pingFrame(ack: boolean, payload: Buffer): Buffer {
  return withHead(frameType.ping, ack ? flag.ack : 0, 0, payload, 0, payload.length);
}
