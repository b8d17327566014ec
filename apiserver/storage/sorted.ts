import { compareKeys, isPlainKey } from './keys.ts';

/** Entries per chunk before it is split: inserts move at most this many pointers. */
const chunkLimit = 256;

/**
 * Entries in byte order of their keys, in sorted chunks. Put and remove cost O(log n + 256), a range
 * costs what it gives. Its bound is its caller's.
 */
export class SortedEntries<T extends { readonly key: string }> {
  #chunks: T[][] = [];
  /** All keys so far can be compared with `<`. */
  #plain = true;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** In place of the entry of the same key, if there is one. */
  put(entry: T): void {
    if (this.#plain && !isPlainKey(entry.key)) this.#plain = false;
    if (this.#chunks.length === 0) {
      this.#chunks.push([entry]);
      return;
    }
    const { chunk, at } = this.#find(entry.key);
    const entries = this.#chunks[chunk] as T[];
    if (entries[at]?.key === entry.key) {
      entries[at] = entry;
      return;
    }
    entries.splice(at, 0, entry);
    if (entries.length > chunkLimit) {
      this.#chunks.splice(chunk + 1, 0, entries.splice(chunkLimit >> 1));
    }
  }

  remove(key: string): void {
    if (this.#chunks.length === 0) return;
    const { chunk, at } = this.#find(key);
    const entries = this.#chunks[chunk] as T[];
    if (entries[at]?.key !== key) return;
    entries.splice(at, 1);
    if (entries.length === 0) this.#chunks.splice(chunk, 1);
  }

  /** Visits entries with start <= key < end in order; a visitor that returns false ends it. */
  scan(start: string, end: string | undefined, visit: (entry: T) => boolean | undefined): void {
    if (this.#chunks.length === 0) return;
    const found = this.#find(start);
    const plain = this.#plain && (end === undefined || isPlainKey(end));
    const past = ({ key }: T): boolean =>
      end !== undefined && (plain ? key >= end : compareKeys(key, end) >= 0);
    let at = found.at;
    for (let chunk = found.chunk; chunk < this.#chunks.length; chunk++) {
      const entries = this.#chunks[chunk] as T[];
      // one comparison for a chunk that lies in the range as a whole
      const whole = !past(entries[entries.length - 1] as T);
      for (; at < entries.length; at++) {
        const entry = entries[at] as T;
        if ((!whole && past(entry)) || visit(entry) === false) return;
      }
      at = 0;
    }
  }

  /** How many keys are in [start, end): O(chunks between). */
  count(start: string, end: string | undefined): number {
    if (this.#chunks.length === 0) return 0;
    const from = this.#find(start);
    const last = this.#chunks.length - 1;
    const to =
      end === undefined ? { chunk: last, at: (this.#chunks[last] as T[]).length } : this.#find(end);
    if (to.chunk < from.chunk || (to.chunk === from.chunk && to.at < from.at)) return 0;
    let total = to.at - from.at;
    for (let chunk = from.chunk; chunk < to.chunk; chunk++) {
      total += (this.#chunks[chunk] as T[]).length;
    }
    return total;
  }

  clear(): void {
    this.#chunks = [];
    this.#plain = true;
  }

  /** Where `key` is or would be inserted. Never past the last chunk, but possibly at its end. */
  #find(key: string): { chunk: number; at: number } {
    const plain = this.#plain && isPlainKey(key);
    const before = (a: string): boolean => (plain ? a < key : compareKeys(a, key) < 0);
    let low = 0;
    let high = this.#chunks.length - 1;
    // the last chunk whose first key is <= key
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = ((this.#chunks[middle] as T[])[0] as T).key;
      if (first === key || before(first)) low = middle;
      else high = middle - 1;
    }
    const entries = this.#chunks[low] as T[];
    let from = 0;
    let to = entries.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (before((entries[middle] as T).key)) from = middle + 1;
      else to = middle;
    }
    return { chunk: low, at: from };
  }
}
