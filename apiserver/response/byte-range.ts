/** From `start` to before `end`. */
export interface ByteRange {
  start: number;
  end: number;
}

/** `Range: bytes=...` as Go's net/http reads it; a text says why there is none. */
export function parseRange(
  text: string,
  size: number,
): ByteRange[] | 'invalid range' | 'invalid range: failed to overlap' {
  if (!text.startsWith('bytes=')) return 'invalid range';
  const ranges: ByteRange[] = [];
  let outside = false;
  if (text.split(',').length > rangesMax) return ranges;
  for (const part of text
    .slice('bytes='.length)
    .split(',')
    .map((one) => one.trim())) {
    if (part === '') continue;
    const dash = part.indexOf('-');
    if (dash < 0) return 'invalid range';
    const range = rangeOf(part.slice(0, dash).trim(), part.slice(dash + 1).trim(), size);
    if (range === 'invalid range') return range;
    if (range === undefined) outside = true;
    else ranges.push(range);
  }
  // nobody has to be told about what is not there in what is empty
  if (outside && ranges.length === 0 && size > 0) return 'invalid range: failed to overlap';
  return ranges;
}

/** More are as good as none. */
const rangesMax = 200;

const digits = /^\+?[0-9]{1,18}$/;

/** Undefined when it begins behind the end. */
function rangeOf(from: string, to: string, size: number): ByteRange | 'invalid range' | undefined {
  if (from === '') {
    if (!digits.test(to)) return 'invalid range';
    return { start: size - Math.min(Number(to), size), end: size };
  }
  if (!digits.test(from)) return 'invalid range';
  const start = Number(from);
  if (start >= size) return undefined;
  if (to === '') return { start, end: size };
  if (!digits.test(to) || start > Number(to)) return 'invalid range';
  return { start, end: Math.min(Number(to), size - 1) + 1 };
}

export function sizeOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
