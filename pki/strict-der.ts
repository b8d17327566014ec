import { type DerValue, tags } from './der.ts';

/**
 * DER as Go's cryptobyte reads it, one value after the other: lengths in their shortest form, tags
 * below 31. What is not as it should be is undefined; Go's crypto/x509 says in its own words what
 * could not be read.
 */
export class StrictDer {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** Is a value with the tag next? */
  has(tag: number): boolean {
    return this.#rest[0] === tag;
  }

  any(): DerValue | undefined {
    const size = headerOf(this.#rest);
    if (size === undefined) return undefined;
    const [start, end] = size;
    if (end > this.#rest.length) return undefined;
    const bytes = this.#rest;
    this.#rest = bytes.subarray(end);
    return {
      tag: bytes[0] ?? 0,
      content: bytes.subarray(start, end),
      whole: bytes.subarray(0, end),
    };
  }

  value(tag: number): DerValue | undefined {
    const value = this.any();
    return value?.tag === tag ? value : undefined;
  }

  read(tag: number): Buffer | undefined {
    return this.value(tag)?.content;
  }

  /** What the value with the tag holds. */
  inside(tag: number = tags.sequence): StrictDer | undefined {
    const content = this.read(tag);
    return content === undefined ? undefined : new StrictDer(content);
  }

  /** Of any length, in as few bytes as it needs. */
  integer(tag: number = tags.integer): Buffer | undefined {
    const content = this.read(tag);
    return content !== undefined && isMinimal(content) ? content : undefined;
  }

  identifier(): Buffer | undefined {
    const content = this.read(tags.objectIdentifier);
    return content !== undefined && isIdentifier(content) ? content : undefined;
  }

  /** The bytes; the bits that are not of the string are zero. */
  bits(): Buffer | undefined {
    const content = this.read(tags.bitString);
    const [unused, ...bytes] = content ?? [];
    if (content === undefined || unused === undefined || unused > 7) return undefined;
    if (bytes.length === 0 && unused > 0) return undefined;
    if (((bytes.at(-1) ?? 0) & ((1 << unused) - 1)) !== 0) return undefined;
    return content.subarray(1);
  }

  boolean(): boolean | undefined {
    const content = this.read(tags.boolean);
    if (content?.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) return undefined;
    return content[0] === 0xff;
  }
}

/** Where the content of the first value begins and ends. */
function headerOf(bytes: Buffer): [start: number, end: number] | undefined {
  const [tag, size] = bytes;
  if (tag === undefined || size === undefined || (tag & 0x1f) === 0x1f) return undefined;
  if (size < 0x80) return [2, 2 + size];
  const count = size & 0x7f;
  if (count === 0 || count > 4 || bytes.length < 2 + count) return undefined;
  const length = bytes.readUIntBE(2, count);
  if (length < 0x80 || bytes[2] === 0) return undefined;
  return [2 + count, 2 + count + length];
}

function isMinimal(content: Buffer): boolean {
  const [first, second = 0] = content;
  if (first === undefined) return false;
  const spare = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
  return content.length === 1 || !spare;
}

/** Arcs of 31 bits at most. */
const bitsMax = 31;

function isIdentifier(content: Buffer): boolean {
  let arc = 0;
  let isFirst = true;
  for (const byte of content) {
    if (isFirst && byte === 0x80) return false;
    arc = arc * 128 + (byte & 0x7f);
    if (arc >= 2 ** bitsMax) return false;
    isFirst = byte < 0x80;
    if (isFirst) arc = 0;
  }
  return content.length > 0 && isFirst;
}
