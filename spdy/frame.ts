/**
 * Frames of SPDY/3.1, those that streams of a kubelet need (SPDY draft 3.1, 2.6). Flow control is
 * not among them: the peers (Go's spdystream) know none and rely on TCP.
 */

export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const finFlag = 0x01;
/** RST_STREAM: this stream is not wanted any more, by a server and by a client. */
export const resetStatus = { protocolError: 1, refused: 3, cancel: 5 } as const;

export type Frame =
  | { kind: 'control'; type: number; flags: number; payload: Buffer }
  /** Part of a data frame; `fin` with its last. */
  | { kind: 'data'; stream: number; bytes: Buffer; fin: boolean };

const headBytes = 8;
const version = 3;
/** Longest control frame taken; data frames are passed on in parts and have no limit. */
const controlBytesMax = 256 * 1024;

export class FrameError extends Error {}

/** Frames out of chunks of any size. Holds at most one control frame and a head. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  /** Of the data frame that is under way. */
  #data: { stream: number; left: number; fin: boolean } | undefined;

  *push(chunk: Buffer): Generator<Frame> {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#data !== undefined) {
        const { stream, left, fin } = this.#data;
        const bytes = rest.subarray(0, left);
        if (bytes.length === 0 && left > 0) break;
        rest = rest.subarray(bytes.length);
        this.#data = bytes.length < left ? { stream, left: left - bytes.length, fin } : undefined;
        yield { kind: 'data', stream, bytes, fin: fin && this.#data === undefined };
        continue;
      }
      if (rest.length < headBytes) break;
      const length = rest.readUIntBE(5, 3);
      const flags = rest.readUInt8(4);
      const first = rest.readUInt32BE(0);
      if (first < 0x80000000) {
        this.#data = { stream: first, left: length, fin: (flags & finFlag) !== 0 };
        rest = rest.subarray(headBytes);
        continue;
      }
      if (rest.readUInt16BE(0) !== (0x8000 | version)) throw new FrameError('not SPDY/3');
      if (length > controlBytesMax) throw new FrameError('control frame is too large');
      if (rest.length < headBytes + length) break;
      const payload = rest.subarray(headBytes, headBytes + length);
      const type = rest.readUInt16BE(2);
      rest = rest.subarray(headBytes + length);
      yield { kind: 'control', type, flags, payload };
    }
    this.#rest = rest;
  }
}

export function controlFrame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

/** Head of a data frame; its bytes follow. */
export function dataHead(stream: number, length: number, fin: boolean): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(fin ? finFlag : 0, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}

/** Numbers of 32 bits one after another: what most control frames hold. */
export function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}
