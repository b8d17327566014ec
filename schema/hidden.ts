/**
 * Finds what JSON.parse hides: fields given twice in one object, and numbers written with a fraction
 * or an exponent. One pass over the bytes, no allocation unless there is something to tell. The bytes
 * must already be known to be JSON.
 */

/** Objects and lists inside one another that a body may have; Go allows 10000, our stack does not. */
export const maxDepth = 1000;
/** Keys of one object that are compared one by one; beyond, a set is made. */
const comparedKeys = 48;

const quote = 0x22;
const backslash = 0x5c;

interface Scan {
  bytes: Buffer;
  /** Start and end of the keys of all open objects, and their hashes. */
  starts: Int32Array;
  ends: Int32Array;
  hashes: Int32Array;
  keys: number;
  depth: number;
}

/** By depth: where the object's keys begin in `starts`, or -1 for a list. */
const bases = new Int32Array(maxDepth + 1);
const sets: (Set<string> | undefined)[] = [];
let capacity = 1024;
let starts = new Int32Array(capacity);
let ends = new Int32Array(capacity);
let hashes = new Int32Array(capacity);

const dot = 0x2e;
const capitalE = 0x45;
const smallE = 0x65;

export interface Hidden {
  /** Some field is given more than once. */
  twice: boolean;
  /** Some number has a fraction or an exponent. */
  floats: boolean;
}

const nothing: Hidden = { twice: false, floats: false };

/** Undefined when the body nests deeper than {@link maxDepth}. */
export function scanHidden(bytes: Buffer): Hidden | undefined {
  const scan: Scan = { bytes, starts, ends, hashes, keys: 0, depth: 0 };
  let found = false;
  let floats = false;
  const length = bytes.length;
  let at = 0;
  let expectKey = false;
  while (at < length) {
    const c = bytes[at];
    if (c === quote) {
      if (!expectKey || found) at = skipString(bytes, at + 1);
      else {
        at = key(scan, at + 1);
        // the end of a duplicate is told as a negative number
        if (at < 0) {
          found = true;
          at = -at;
        }
      }
      expectKey = false;
    } else if (c === 0x7b || c === 0x5b) {
      if (++scan.depth > maxDepth) return undefined;
      bases[scan.depth] = c === 0x7b ? scan.keys : -1;
      sets[scan.depth] = undefined;
      expectKey = c === 0x7b;
      at++;
    } else if (c === 0x7d || c === 0x5d) {
      if (c === 0x7d) scan.keys = bases[scan.depth] ?? 0;
      scan.depth--;
      expectKey = false;
      at++;
    } else if (c === 0x2c) {
      expectKey = (bases[scan.depth] ?? 0) >= 0;
      at++;
    } else {
      // the letter is in `true` and `false` as well, but not behind a digit
      if (c === dot || c === capitalE || (c === smallE && isDigit(bytes[at - 1]))) floats = true;
      at++;
    }
  }
  return found || floats ? { twice: found, floats } : nothing;
}

function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= 0x30 && c <= 0x39;
}

/** Index behind the closing quote. */
function skipString(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const c = bytes[at++];
    if (c === quote || c === undefined) return at;
    if (c === backslash) at++;
  }
}

/** Index behind the key; negative when its object has it already. */
function key(scan: Scan, from: number): number {
  const { bytes } = scan;
  let at = from;
  let hash = 0;
  let escaped = false;
  for (;;) {
    const c = bytes[at++];
    if (c === quote || c === undefined) break;
    hash = (Math.imul(hash, 31) + c) | 0;
    if (c === backslash) {
      escaped = true;
      at++;
    }
  }
  const end = at - 1;
  const base = bases[scan.depth] ?? 0;
  if (scan.keys === capacity) grow(scan);
  const duplicate =
    escaped || sets[scan.depth] !== undefined || scan.keys - base >= comparedKeys
      ? seenInSet(scan, base, from, end)
      : seenBefore(scan, base, hash, from, end);
  scan.starts[scan.keys] = from;
  scan.ends[scan.keys] = end;
  scan.hashes[scan.keys] = hash;
  scan.keys++;
  return duplicate ? -at : at;
}

function seenBefore(scan: Scan, base: number, hash: number, from: number, end: number): boolean {
  for (let i = base; i < scan.keys; i++) {
    if (scan.hashes[i] !== hash) continue;
    const start = scan.starts[i] ?? 0;
    const stop = scan.ends[i] ?? 0;
    if (scan.bytes.compare(scan.bytes, start, stop, from, end) === 0) return true;
  }
  return false;
}

function seenInSet(scan: Scan, base: number, from: number, end: number): boolean {
  let set = sets[scan.depth];
  if (set === undefined) {
    set = new Set();
    for (let i = base; i < scan.keys; i++) set.add(keyText(scan, i));
    sets[scan.depth] = set;
  }
  const text = textOf(scan.bytes, from, end);
  if (set.has(text)) return true;
  set.add(text);
  return false;
}

function grow(scan: Scan): void {
  capacity *= 2;
  const larger = (old: Int32Array): Int32Array<ArrayBuffer> => {
    const array = new Int32Array(capacity);
    array.set(old);
    return array;
  };
  scan.starts = starts = larger(starts);
  scan.ends = ends = larger(ends);
  scan.hashes = hashes = larger(hashes);
}

function textOf(bytes: Buffer, from: number, end: number): string {
  const text = bytes.toString('utf8', from, end);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function keyText(scan: Scan, index: number): string {
  return textOf(scan.bytes, scan.starts[index] ?? 0, scan.ends[index] ?? 0);
}
