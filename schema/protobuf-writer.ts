/**
 * Writes protobuf from the end to the front, as upstream's generated code does: the length of a
 * message is known when its content is written, and nothing is measured first. One buffer serves
 * all messages; what is made must be taken (`take`) before the next begins.
 */

const initialSize = 64 * 1024;
/** A buffer grown past this for one large object is not kept for the next. */
const keptSize = 4 * 1024 * 1024;
/** Strings up to this length are copied by hand, which is quicker than a call. */
const shortString = 24;

export class ProtobufWriter {
  #buffer: Buffer;
  /** Start of what is written. */
  #at: number;

  /** A buffer to write into, replaced by a larger one where its size does not do. */
  constructor(buffer: Buffer = Buffer.allocUnsafeSlow(initialSize)) {
    this.#buffer = buffer;
    this.#at = buffer.length;
  }

  /** Bytes written so far; differences give lengths. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** Everything written, as bytes of its own; the writer is empty again. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(this.#at));
    if (this.#buffer.length > keptSize) this.#buffer = Buffer.allocUnsafeSlow(initialSize);
    this.reset();
    return bytes;
  }

  /** Everything written, where it stands: for a writer of one message, not used afterwards. */
  end(): Buffer {
    return this.#buffer.subarray(this.#at);
  }

  reset(): void {
    this.#at = this.#buffer.length;
  }

  #room(bytes: number): void {
    if (this.#at >= bytes) return;
    const used = this.length;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, used + bytes * 2));
    this.#buffer.copy(larger, larger.length - used, this.#at);
    this.#at = larger.length - used;
    this.#buffer = larger;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[--this.#at] = value;
  }

  /** A whole number; negative ones take ten bytes, as protobuf's int32 and int64. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80) return this.byte(value);
    this.#room(10);
    if (value < 0 || value > 0x7fffffff) return this.int64(BigInt(Math.trunc(value)));
    let size = 2;
    for (let rest = value >>> 14; rest > 0; rest >>>= 7) size++;
    this.#at -= size;
    let at = this.#at;
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[at++] = (rest & 0x7f) | 0x80;
    this.#buffer[at] = rest;
  }

  int64(value: bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  /** UTF-8, without length. */
  text(value: string): void {
    const { length } = value;
    if (length <= shortString && this.#ascii(value)) return;
    const size = Buffer.byteLength(value);
    this.#room(size);
    this.#at -= size;
    this.#buffer.write(value, this.#at);
  }

  /** False, with nothing written, when a character is not ASCII. */
  #ascii(value: string): boolean {
    const { length } = value;
    this.#room(length);
    const start = this.#at - length;
    for (let i = 0; i < length; i++) {
      const c = value.charCodeAt(i);
      if (c > 0x7f) return false;
      this.#buffer[start + i] = c;
    }
    this.#at = start;
    return true;
  }

  /** Length of what was written since `before` (a `length`), then the tag: closes a message. */
  close(before: number, tag: number): void {
    this.varint(this.length - before);
    this.varint(tag);
  }
}
