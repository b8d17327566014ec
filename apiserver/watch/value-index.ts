import { SortedEntries } from '../storage/sorted.ts';
import type { Entry } from './entry.ts';

/** What a selector needs of one label or field: a value among these. */
export interface Term {
  readonly kind: 'labels' | 'fields';
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * Entries by their value of one label or field, each value's in key order. A value of one entry, as
 * names are, takes a slot of the map and no more.
 */
export class ValueIndex {
  readonly #kind: Term['kind'];
  readonly #key: string;
  readonly #byValue = new Map<string, Entry | SortedEntries<Entry>>();
  /** Milliseconds (monotonic) when it last served a list. */
  usedAt: number;

  constructor({ kind, key }: Term, entries: Iterable<Entry>, now: number) {
    this.#kind = kind;
    this.#key = key;
    this.usedAt = now;
    for (const entry of entries) this.#put(this.#valueOf(entry), entry);
  }

  /** One of the two at least. */
  replace(old: Entry | undefined, entry: Entry | undefined): void {
    const before = old === undefined ? undefined : this.#valueOf(old);
    const now = entry === undefined ? undefined : this.#valueOf(entry);
    if (old !== undefined && before !== now) this.#remove(before, old.key);
    if (entry !== undefined) this.#put(now, entry);
  }

  /** How many have the value, with start <= key < end. */
  count(value: string, start: string, end: string | undefined): number {
    const found = this.#byValue.get(value);
    if (found === undefined) return 0;
    return found instanceof SortedEntries ? found.count(start, end) : 1;
  }

  /** Visits them in order; a visitor that returns false ends it. */
  scan(
    value: string,
    start: string,
    end: string | undefined,
    visit: (entry: Entry) => boolean | undefined,
  ): void {
    const found = this.#byValue.get(value);
    if (found === undefined) return;
    const sorted = found instanceof SortedEntries ? found : alone(found);
    sorted.scan(start, end, visit);
  }

  clear(): void {
    this.#byValue.clear();
  }

  /** Anything but a string is an absent label, as selectors have it. */
  #valueOf(entry: Entry): string | undefined {
    const value: unknown = entry[this.#kind][this.#key];
    return typeof value === 'string' ? value : undefined;
  }

  #put(value: string | undefined, entry: Entry): void {
    if (value === undefined) return;
    const found = this.#byValue.get(value);
    if (found instanceof SortedEntries) found.put(entry);
    else if (found === undefined || found.key === entry.key) this.#byValue.set(value, entry);
    else {
      const sorted = alone(found);
      sorted.put(entry);
      this.#byValue.set(value, sorted);
    }
  }

  #remove(value: string | undefined, key: string): void {
    if (value === undefined) return;
    const found = this.#byValue.get(value);
    if (found instanceof SortedEntries) found.remove(key);
    if (!(found instanceof SortedEntries) || found.isEmpty) this.#byValue.delete(value);
  }
}

function alone(entry: Entry): SortedEntries<Entry> {
  const sorted = new SortedEntries<Entry>();
  sorted.put(entry);
  return sorted;
}
