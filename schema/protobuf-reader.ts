/** What is wrong with bytes that should be protobuf. */
export class ProtobufError extends Error {
  constructor(what: string) {
    super(what === cutOff ? what : `proto: ${what}`);
  }
}

/** Go's io.ErrUnexpectedEOF, which says nothing of protobuf. */
const cutOff = 'unexpected EOF';

/** Messages inside one another; only recursive types (JSONSchemaProps) could go deeper. */
const maxDepth = 1000;

/** Reads protobuf wire format from `at`; every read stays inside the bytes or throws. */
export class ProtobufReader {
  readonly buffer: Buffer;
  at: number;
  depth = 0;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  /** A whole number, as int64: what no number holds exactly is a bigint. */
  whole(): number | bigint {
    const start = this.at;
    const value = this.varint();
    if (Number.isSafeInteger(value)) return value;
    this.at = start;
    return this.int64();
  }

  /** As {@link whole}; beyond 2^53 it is rounded. */
  varint(): number {
    const start = this.at;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 5; i++, factor *= 128) {
      const byte = this.#next();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    this.at = start;
    return Number(this.int64());
  }

  int64(): bigint {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#next();
      // 35 bits each are exact as numbers
      if (i < 5) low += (byte & 0x7f) * 2 ** (7 * i);
      else high += (byte & 0x7f) * 2 ** (7 * (i - 5));
      if (byte < 0x80) return BigInt.asIntN(64, (BigInt(high) << 35n) + BigInt(low));
    }
    throw new ProtobufError('integer overflow');
  }

  #next(): number {
    const byte = this.buffer[this.at++];
    if (byte === undefined) throw new ProtobufError(cutOff);
    return byte;
  }

  double(): number {
    this.#need(8);
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  #need(bytes: number): void {
    if (bytes < 0 || this.at + bytes > this.buffer.length) throw new ProtobufError(cutOff);
  }

  /** Reads a length; the index behind what it counts. */
  end(): number {
    const length = this.varint();
    this.#need(length);
    return this.at + length;
  }

  /** Shares memory with the buffer. */
  bytes(): Buffer {
    const end = this.end();
    const bytes = this.buffer.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  text(): string {
    const end = this.end();
    const text = this.buffer.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  enter(): void {
    if (++this.depth > maxDepth) throw new ProtobufError('messages are nested too deep');
  }

  /** Calls `field` for every field up to `end`; what it returns false for is skipped. */
  fields(end: number, field: (number: number, wire: number) => boolean): void {
    while (this.at < end) {
      const tag = this.varint();
      if (!field(tag >>> 3, tag & 7)) this.skip(tag & 7);
    }
    this.finish(end);
  }

  /** A field that is longer than its message has come to no end. */
  finish(end: number): void {
    if (this.at !== end) throw new ProtobufError(cutOff);
  }

  skip(wire: number): void {
    if (wire === 0) this.#skipVarint();
    else if (wire === 2) this.at = this.end();
    else if (wire === 1 || wire === 5) {
      const size = wire === 1 ? 8 : 4;
      this.#need(size);
      this.at += size;
    } else throw new ProtobufError(`illegal wireType ${wire}`);
  }

  #skipVarint(): void {
    for (let i = 0; i < 10; i++) if (this.#next() < 0x80) return;
    throw new ProtobufError('integer overflow');
  }
}
