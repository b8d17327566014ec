import { SortedEntries } from './sorted.ts';

/**
 * Entries by key, in byte order of their keys: a map for lookups beside sorted ones for ranges.
 * get O(1); set and delete O(log n + 256); a range costs what it gives. Its bound is its caller's:
 * one entry per living key.
 */
export class OrderedEntries<T extends { readonly key: string }> {
  readonly #byKey = new Map<string, T>();
  readonly #sorted = new SortedEntries<T>();

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
    this.#sorted.put(entry);
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#byKey.get(key);
    if (old === undefined) return undefined;
    this.#byKey.delete(key);
    this.#sorted.remove(key);
    return old;
  }

  /** Visits entries with start <= key < end in order; a visitor that returns false ends it. */
  scan(start: string, end: string | undefined, visit: (entry: T) => boolean | undefined): void {
    this.#sorted.scan(start, end, visit);
  }

  /** How many keys are in [start, end): O(chunks between). */
  count(start: string, end: string | undefined): number {
    return this.#sorted.count(start, end);
  }

  values(): IterableIterator<T> {
    return this.#byKey.values();
  }

  clear(): void {
    this.#byKey.clear();
    this.#sorted.clear();
  }
}
