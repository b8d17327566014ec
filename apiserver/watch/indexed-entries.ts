import { compareKeys } from '../storage/keys.ts';
import { OrderedEntries } from '../storage/ordered.ts';
import type { Entry } from './entry.ts';
import { type Selection, selects, termsOf } from './selection.ts';
import { type Term, ValueIndex } from './value-index.ts';

export interface IndexLimits {
  /** Labels and fields that are indexed at once; the one longest unused makes room. */
  indexes: number;
  /** Ranges of fewer entries are looked through. */
  smallRange: number;
  /** An index that no list has used for so long goes. */
  idleMs: number;
}

const defaultLimits: IndexLimits = { indexes: 8, smallRange: 64, idleMs: 10 * 60_000 };

/** Labels and fields that are waiting to be worth an index. */
const chargesMax = 64;

/**
 * The entries of one resource, found by the labels and fields that lists select by. An index of a
 * label or field is made when lists have looked in vain at as many entries as there are, which is
 * what making it costs; it follows every change from then on.
 */
export class IndexedEntries {
  readonly #entries = new OrderedEntries<Entry>();
  readonly #limits: IndexLimits;
  readonly #indexes = new Map<string, ValueIndex>();
  /** Entries looked at in vain, by what an index would have spared. */
  readonly #charges = new Map<string, number>();
  readonly #now: () => number;

  constructor(limits: Partial<IndexLimits> = {}, now: () => number = () => performance.now()) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  get indexCount(): number {
    return this.#indexes.size;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  values(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  set(entry: Entry): void {
    const old = this.#entries.set(entry);
    for (const index of this.#indexes.values()) index.replace(old, entry);
  }

  delete(key: string): void {
    const old = this.#entries.delete(key);
    if (old === undefined) return;
    for (const index of this.#indexes.values()) index.replace(old, undefined);
  }

  clear(): void {
    this.#entries.clear();
    for (const index of this.#indexes.values()) index.clear();
  }

  count(start: string, end: string | undefined): number {
    return this.#entries.count(start, end);
  }

  /** Visits what is selected with start <= key < end, in order, until the visitor says false. */
  scan(
    selection: Selection,
    start: string,
    end: string | undefined,
    visit: (entry: Entry) => boolean,
  ): void {
    const terms = termsOf(selection);
    const range = terms.length === 0 ? 0 : this.#entries.count(start, end);
    if (range < this.#limits.smallRange) {
      this.#entries.scan(start, end, (entry) => !selects(selection, entry) || visit(entry));
      return;
    }
    const best = this.#best(terms, start, end, range >> 1);
    if (best !== undefined) {
      best.index.usedAt = this.#now();
      visitIndexed(best, { selection, start, end }, visit);
      return;
    }
    let vain = 0;
    this.#entries.scan(start, end, (entry) => {
      if (selects(selection, entry)) return visit(entry);
      vain++;
      return true;
    });
    for (const term of terms) this.#charge(term, vain);
  }

  /** Indexes that nobody uses any more go. */
  expire(now: number): void {
    for (const [id, index] of this.#indexes) {
      if (now - index.usedAt > this.#limits.idleMs) this.#indexes.delete(id);
    }
  }

  /** The index with the fewest entries to look at, if there are no more than `most`. */
  #best(terms: readonly Term[], start: string, end: string | undefined, most: number) {
    let best: { index: ValueIndex; values: readonly string[] } | undefined;
    let fewest = most + 1;
    for (const term of terms) {
      const index = this.#indexes.get(idOf(term));
      if (index === undefined) continue;
      let count = 0;
      for (const value of term.values) count += index.count(value, start, end);
      if (count >= fewest) continue;
      fewest = count;
      best = { index, values: term.values };
    }
    return best;
  }

  #charge(term: Term, vain: number): void {
    const id = idOf(term);
    if (vain === 0 || this.#indexes.has(id)) return;
    const charge = (this.#charges.get(id) ?? 0) + vain;
    if (charge < this.#entries.size) {
      if (this.#charges.size >= chargesMax) this.#charges.clear();
      this.#charges.set(id, charge);
      return;
    }
    this.#charges.delete(id);
    if (this.#indexes.size >= this.#limits.indexes) this.#dropOldest();
    this.#indexes.set(id, new ValueIndex(term, this.#entries.values(), this.#now()));
  }

  #dropOldest(): void {
    let oldest: string | undefined;
    let since = Infinity;
    for (const [id, { usedAt }] of this.#indexes) {
      if (usedAt >= since) continue;
      oldest = id;
      since = usedAt;
    }
    if (oldest !== undefined) this.#indexes.delete(oldest);
  }
}

function visitIndexed(
  { index, values }: { index: ValueIndex; values: readonly string[] },
  { selection, start, end }: { selection: Selection; start: string; end: string | undefined },
  visit: (entry: Entry) => boolean,
): void {
  if (values.length === 1) {
    const selected = (entry: Entry) => !selects(selection, entry) || visit(entry);
    index.scan(values[0] as string, start, end, selected);
    return;
  }
  const found: Entry[] = [];
  for (const value of values) {
    index.scan(value, start, end, (entry) => {
      if (selects(selection, entry)) found.push(entry);
      return true;
    });
  }
  found.sort((a, b) => compareKeys(a.key, b.key));
  for (const entry of found) if (!visit(entry)) return;
}

function idOf({ kind, key }: Term): string {
  return `${kind} ${key}`;
}
