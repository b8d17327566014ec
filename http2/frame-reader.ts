import { ConnectionError, defaultFrameBytes, errorCode, frameHeadBytes } from './protocol.ts';

/** Its payload is `bytes` from `start` to `end`; it is the receiver's to keep or to let go. */
export type OnFrame = (
  type: number,
  flags: number,
  stream: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/** Cuts what arrives into frames. One that lies whole in a chunk is not copied, others once. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  readonly #head = Buffer.allocUnsafe(frameHeadBytes);
  #headFilled = 0;
  /** Of a frame that came cut in two: its payload as far as it is there. */
  #payload: Buffer | undefined;
  #filled = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;

  readonly #frameBytes: number;

  constructor(frameBytes: number | undefined, onFrame: OnFrame) {
    this.#onFrame = onFrame;
    this.#frameBytes = frameBytes ?? defaultFrameBytes;
  }

  /** Throws ConnectionError for a frame that is too long. */
  push(chunk: Buffer, from = 0): void {
    let at = from;
    for (;;) {
      if (this.#payload !== undefined) {
        const copied = chunk.copy(this.#payload, this.#filled, at);
        at += copied;
        this.#filled += copied;
        if (this.#filled < this.#payload.length) return;
        const payload = this.#payload;
        this.#payload = undefined;
        this.#onFrame(this.#type, this.#flags, this.#stream, payload, 0, payload.length);
      }
      if (at === chunk.length) return;
      let length: number;
      if (this.#headFilled === 0 && chunk.length - at >= frameHeadBytes) {
        length = this.#readHead(chunk, at);
        at += frameHeadBytes;
      } else {
        const copied = chunk.copy(this.#head, this.#headFilled, at);
        at += copied;
        this.#headFilled += copied;
        if (this.#headFilled < frameHeadBytes) return;
        this.#headFilled = 0;
        length = this.#readHead(this.#head, 0);
      }
      if (chunk.length - at >= length) {
        at += length;
        this.#onFrame(this.#type, this.#flags, this.#stream, chunk, at - length, at);
      } else {
        this.#payload = Buffer.allocUnsafeSlow(length);
        this.#filled = 0;
      }
    }
  }

  /** The length of the payload. */
  #readHead(bytes: Buffer, at: number): number {
    const length = bytes.readUIntBE(at, 3);
    if (length > this.#frameBytes) {
      throw new ConnectionError(errorCode.frameSize, `a frame has ${length} bytes`);
    }
    this.#type = bytes[at + 3] as number;
    this.#flags = bytes[at + 4] as number;
    this.#stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    return length;
  }
}
