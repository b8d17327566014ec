import { compareKeys, isPlainKey } from './keys.ts';

/** Entries per chunk before it is split: inserts move at most this many pointers. */
const chunkLimit = 256;

/**
 * Entries by key, in byte order of their keys: a map for lookups beside sorted chunks for ranges.
 * get O(1); set and delete O(log n + 256); a range costs what it gives. Its bound is its caller's:
 * one entry per living key.
 */
export class OrderedEntries<T extends { readonly key: string }> {
  #byKey = new Map<string, T>();
  #chunks: T[][] = [];
  /** All keys so far can be compared with `<`. */
  #plain = true;

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  set(entry: T): T | undefined {
    const old = this.#byKey.get(entry.key);
    this.#byKey.set(entry.key, entry);
    if (this.#plain && !isPlainKey(entry.key)) this.#plain = false;
    if (this.#chunks.length === 0) {
      this.#chunks.push([entry]);
      return old;
    }
    const { chunk, at } = this.#find(entry.key);
    const entries = this.#chunks[chunk] as T[];
    if (old !== undefined) entries[at] = entry;
    else {
      entries.splice(at, 0, entry);
      if (entries.length > chunkLimit) {
        this.#chunks.splice(chunk + 1, 0, entries.splice(chunkLimit >> 1));
      }
    }
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#byKey.get(key);
    if (old === undefined) return undefined;
    this.#byKey.delete(key);
    const { chunk, at } = this.#find(key);
    const entries = this.#chunks[chunk] as T[];
    entries.splice(at, 1);
    if (entries.length === 0) this.#chunks.splice(chunk, 1);
    return old;
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

  values(): IterableIterator<T> {
    return this.#byKey.values();
  }

  clear(): void {
    this.#byKey.clear();
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
