/**
 * DER (X.690), as far as certificates and signing requests use it: definite lengths, tags below 31.
 * What the contents mean is for the reader.
 */

export interface DerValue {
  /** The identifier byte: class, constructed bit and number. */
  tag: number;
  content: Buffer;
  /** With tag and length. */
  whole: Buffer;
}

const lengthBytesMax = 4;

/** The values that fill the bytes one after the other; undefined when they do not. */
export function readDer(bytes: Buffer): DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const value = valueAt(bytes, at);
    if (value === undefined) return undefined;
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** The first values, as many as can be read, whatever comes after them. */
export function readFirst(bytes: Buffer, most: number): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; values.length < most && at < bytes.length; ) {
    const value = valueAt(bytes, at);
    if (value === undefined) break;
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

function valueAt(bytes: Buffer, at: number): DerValue | undefined {
  const length = readLength(bytes, at + 1);
  if (length === undefined) return undefined;
  const { start, size } = length;
  if (start + size > bytes.length) return undefined;
  return {
    tag: bytes[at] ?? 0,
    content: bytes.subarray(start, start + size),
    whole: bytes.subarray(at, start + size),
  };
}

/** One byte up to 127; above, the first byte says how many bytes the length has. */
function readLength(bytes: Buffer, at: number): { start: number; size: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { start: at + 1, size: first };
  const count = first & 0x7f;
  if (count === 0 || count > lengthBytesMax || at + count >= bytes.length) return undefined;
  return { start: at + 1 + count, size: bytes.readUIntBE(at + 1, count) };
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag `[number]` of a field; constructed when it holds other values. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length, ...length), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return encode(tags.sequence, ...parts);
}

/** `2.5.4.3`; no arc above 2^31. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...arcs].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let rest = arc >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f));
    return digits;
  });
  return encode(tags.objectIdentifier, Buffer.from(bytes));
}

/** Whole octets: keys and signatures. */
export function bitString(content: Uint8Array): Buffer {
  return encode(tags.bitString, Buffer.of(0), content);
}

/** The reverse of {@link bitString}; throws when the last octet is not whole. */
export function octetsOf(value: DerValue | undefined): Buffer {
  const content = contentOf(value, tags.bitString);
  if (content[0] !== 0) throw new Error('malformed DER: a bit string of whole octets expected');
  return content.subarray(1);
}

/** Named bits, the first being bit 0: no trailing zeros (X.690 section 11.2.2). */
export function namedBits(bits: readonly number[]): Buffer {
  const last = Math.max(...bits);
  const content = Buffer.alloc((last >> 3) + 1);
  for (const bit of bits) content[bit >> 3] = (content[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return encode(tags.bitString, Buffer.of(7 - (last & 7)), content);
}

/** The same for bytes that must be DER; throws when they are not. */
export function decodeAll(bytes: Buffer): DerValue[] {
  const values = readDer(bytes);
  if (values === undefined) throw new Error('malformed DER: a length does not fit');
  return values;
}

/** What a sequence, a set or a constructed field holds; throws when `value` has another tag. */
export function partsOf(value: DerValue | undefined, tag: number = tags.sequence): DerValue[] {
  return decodeAll(contentOf(value, tag));
}

export function contentOf(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag) {
    throw new Error(`malformed DER: tag ${tag} expected, ${value?.tag ?? 'the end'} found`);
  }
  return value.content;
}

export function dotted(identifier: DerValue | undefined): string {
  const content = contentOf(identifier, tags.objectIdentifier);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [joined = 0, ...rest] = arcs;
  const first = Math.min(2, Math.floor(joined / 40));
  return [first, joined - first * 40, ...rest].join('.');
}

export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
