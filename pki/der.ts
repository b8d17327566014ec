/** DER, as far as its frames: tag, length, content (X.690). What the contents mean is for the reader. */

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
    const length = readLength(bytes, at + 1);
    if (length === undefined) return undefined;
    const { start, size } = length;
    if (start + size > bytes.length) return undefined;
    values.push({
      tag: bytes[at] ?? 0,
      content: bytes.subarray(start, start + size),
      whole: bytes.subarray(at, start + size),
    });
    at = start + size;
  }
  return values;
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
