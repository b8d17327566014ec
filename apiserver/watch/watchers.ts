import type { Entry } from './entry.ts';
import type { CacheEvent } from './event.ts';
import { inAnyVersion, type Selection, termsOf } from './selection.ts';
import type { Watcher } from './watcher.ts';

type Kind = 'labels' | 'fields' | 'namespace';

/** Watchers by the one value that they need of a label or field. */
interface Keyed {
  kind: Kind;
  key: string;
  byValue: Map<string, Set<Watcher>>;
}

interface Place {
  kind: Kind;
  key: string;
  value: string;
}

/**
 * The watchers of one resource, found by what they select: an event costs those whom it may concern,
 * not all. Each stands in one place, under the first single value that its selection needs.
 */
export class Watchers {
  readonly #all = new Set<Watcher>();
  /** Those that need no single value of anything. */
  readonly #general = new Set<Watcher>();
  readonly #keyed = new Map<string, Keyed>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Watcher> {
    return this.#all.values();
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    const place = placeOf(watcher);
    if (place === undefined) {
      this.#general.add(watcher);
      return;
    }
    const id = idOf(place);
    const { kind, key, value } = place;
    let keyed = this.#keyed.get(id);
    if (keyed === undefined) this.#keyed.set(id, (keyed = { kind, key, byValue: new Map() }));
    const there = keyed.byValue.get(value);
    if (there === undefined) keyed.byValue.set(value, new Set([watcher]));
    else there.add(watcher);
  }

  delete(watcher: Watcher): void {
    this.#all.delete(watcher);
    this.#general.delete(watcher);
    const place = placeOf(watcher);
    if (place === undefined) return;
    const id = idOf(place);
    const keyed = this.#keyed.get(id);
    const there = keyed?.byValue.get(place.value);
    if (keyed === undefined || there === undefined) return;
    there.delete(watcher);
    if (there.size > 0) return;
    keyed.byValue.delete(place.value);
    if (keyed.byValue.size === 0) this.#keyed.delete(id);
  }

  /** Visits those whom one of the events may concern, at least once each. */
  concerned(events: readonly CacheEvent[], visit: (watcher: Watcher) => void): void {
    for (const watcher of this.#general) visit(watcher);
    for (const { kind, key, byValue } of this.#keyed.values()) {
      for (const { object, previous } of events) {
        const value = valueOf(object, kind, key);
        const before = previous === undefined ? undefined : valueOf(previous, kind, key);
        visitAll(value, byValue, visit);
        if (before !== value) visitAll(before, byValue, visit);
      }
    }
  }
}

function visitAll(
  value: string | undefined,
  byValue: ReadonlyMap<string, Set<Watcher>>,
  visit: (watcher: Watcher) => void,
): void {
  const there = value === undefined ? undefined : byValue.get(value);
  if (there === undefined) return;
  for (const watcher of there) visit(watcher);
}

function valueOf(entry: Entry, kind: Kind, key: string): string | undefined {
  if (kind === 'namespace') return entry.namespace;
  return entry[kind][key];
}

/**
 * The same for the same watcher, always. Events come in the version they are stored in: who watches
 * another one stands under nothing that a conversion may change.
 */
function placeOf({ options }: Watcher): Place | undefined {
  const selection: Selection = options.view === undefined ? options : inAnyVersion(options);
  const { namespace, name } = selection;
  if (name !== undefined) return { kind: 'fields', key: 'metadata.name', value: name };
  let found: Place | undefined;
  for (const { kind, key, values } of termsOf(selection)) {
    if (values.length !== 1) continue;
    if (found === undefined || (found.kind === 'labels' && kind === 'fields')) {
      found = { kind, key, value: values[0] as string };
    }
  }
  if (found === undefined && namespace) return { kind: 'namespace', key: '', value: namespace };
  return found;
}

function idOf({ kind, key }: Place): string {
  return `${kind} ${key}`;
}
