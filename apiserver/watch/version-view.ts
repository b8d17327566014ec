import type { KubeObject } from '../../object/object.ts';
import { encodeStored } from '../storage/codec.ts';
import { parseObjectKey } from '../storage/keys.ts';
import { indexOf } from './decoder.ts';
import { type Entry, makeEntry } from './entry.ts';
import { CacheEvent } from './event.ts';
import type { ResourceSpec } from './spec.ts';
import type { CachedObject } from './view.ts';

/** An object as it is stored, under a revision. */
export interface StoredObject extends Pick<CachedObject, 'key' | 'revision' | 'object'> {
  /** Length of its JSON: how much is asked for at once. */
  readonly size: number;
}

export interface VersionViewOptions {
  /** The version that is shown: its apiVersion, kind and selectable fields. */
  spec: ResourceSpec;
  /** Objects as stored, without resourceVersion, in that version, in order. */
  convert(objects: readonly KubeObject[]): Promise<KubeObject[]>;
}

/** What one conversion is asked to do at most. */
const batchBytes = 4 * 1024 * 1024;
const batchObjects = 1_000;
/** Conversions of single revisions that are under way or were lately: for who comes by another way. */
const recentLimit = 1_024;

/**
 * The entries of a resource in another version than the one they are stored in. A form is made when
 * it is first asked for, once for each revision of an object, and lives as long as the entry it was
 * made of: no more forms than there are objects and recent events, and none of what nobody reads.
 * Forms are entries themselves: their frames are made once, and they have labels and fields of their own.
 */
export class VersionView {
  readonly apiVersion: string;
  readonly #options: VersionViewOptions;
  readonly #forms = new WeakMap<CachedObject, Entry>();
  readonly #events = new WeakMap<CacheEvent, CacheEvent>();
  readonly #recent = new Map<string, Promise<Entry>>();

  constructor(options: VersionViewOptions) {
    this.#options = options;
    this.apiVersion = options.spec.apiVersion;
  }

  /** At once when all of them are there, which the entries of this very version always are. */
  of(entries: readonly CachedObject[]): readonly CachedObject[] | Promise<readonly CachedObject[]> {
    if (entries.every(({ apiVersion }) => apiVersion === this.apiVersion)) return entries;
    const missing = entries.filter((entry) => this.#known(entry) === undefined);
    if (missing.length === 0) return entries.map((entry) => this.#known(entry) as Entry);
    return this.#make(missing).then(() => this.of(entries));
  }

  /** One object that is not in the cache, or not yet: just written, or read from the store. */
  async ofStored(stored: StoredObject): Promise<Entry> {
    const [form] = await Promise.all(this.#ask([stored]));
    return form as Entry;
  }

  /**
   * Events in this version; `whole`: with the state before, which selectors look at and which a
   * DELETED that is none shows.
   */
  events(
    events: readonly CacheEvent[],
    whole: boolean,
  ): readonly CacheEvent[] | Promise<readonly CacheEvent[]> {
    const wanted: CachedObject[] = [];
    for (const event of events) {
      if (this.#events.has(event) && !whole) continue;
      wanted.push(stateOf(event));
      if (whole && event.previous !== undefined) wanted.push(event.previous);
    }
    const forms = this.of(wanted);
    if (forms instanceof Promise) return forms.then(() => this.events(events, whole));
    return events.map((event) => this.#event(event));
  }

  #event(event: CacheEvent): CacheEvent {
    const known = this.#events.get(event);
    const previous = event.previous && (this.#known(event.previous) ?? event.previous);
    if (known !== undefined && known.previous === previous) return known;
    const state = this.#known(stateOf(event)) as Entry;
    const { deleted, revision } = event;
    if (state === event.object && previous === event.previous) return event;
    const object = deleted ? state.atRevision(revision, 'DELETED') : state;
    const made = new CacheEvent(object, previous, deleted, event.arrivedAt);
    this.#events.set(event, made);
    return made;
  }

  #known(entry: CachedObject): Entry | undefined {
    if (entry.apiVersion === this.apiVersion) return entry as Entry;
    return this.#forms.get(entry);
  }

  async #make(entries: readonly CachedObject[]): Promise<void> {
    const forms = await Promise.all(
      this.#ask(
        entries.map((entry) => ({
          key: entry.key,
          revision: entry.revision,
          size: entry.bytes.length,
          object: () => entry.object(),
        })),
      ),
    );
    for (const [i, entry] of entries.entries()) this.#forms.set(entry, forms[i] as Entry);
  }

  /** A form for each, together where nobody has asked yet. */
  #ask(objects: readonly StoredObject[]): Promise<Entry>[] {
    const fresh: StoredObject[] = [];
    const joined = objects.map((object) => {
      const under = this.#recent.get(idOf(object));
      if (under === undefined) fresh.push(object);
      return under;
    });
    const made = this.#convert(fresh);
    let next = 0;
    return objects.map((object, i) => {
      const under = joined[i];
      // who asked first may have asked for others as well, which is not this one's failure
      if (under !== undefined)
        return under.catch(() => this.#convert([object])[0] as Promise<Entry>);
      return made[next++] as Promise<Entry>;
    });
  }

  #convert(objects: readonly StoredObject[]): Promise<Entry>[] {
    return batches(objects).flatMap((batch) => {
      const all = this.#options.convert(batch.map((one) => withoutRevision(one.object())));
      return batch.map((stored, i) => {
        const form = all.then((converted) => this.#form(stored, converted[i] as KubeObject));
        this.#remember(idOf(stored), form);
        return form;
      });
    });
  }

  #remember(id: string, form: Promise<Entry>): void {
    this.#recent.set(id, form);
    form.catch(() => {
      if (this.#recent.get(id) === form) this.#recent.delete(id);
    });
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= recentLimit) break;
      this.#recent.delete(oldest);
    }
  }

  #form({ key, revision }: StoredObject, object: KubeObject): Entry {
    const { spec } = this.#options;
    const at = parseObjectKey(spec.keyPrefix, spec.namespaced, key);
    if (at === undefined) throw new Error('the key is not one of this resource');
    const index = indexOf(spec, object, at.namespace, at.name);
    return makeEntry(
      { key, ...at, revision },
      encodeStored(object, spec.byName),
      index,
      'MODIFIED',
    );
  }
}

/** What has to be converted for an event: a deleted object is shown as it was. */
function stateOf(event: CacheEvent): Entry {
  return event.deleted && event.previous !== undefined ? event.previous : event.object;
}

function idOf({ key, revision }: StoredObject): string {
  return `${revision} ${key}`;
}

/** As it lies in the store: the version it is under is no part of what is converted. */
function withoutRevision(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function batches(objects: readonly StoredObject[]): StoredObject[][] {
  const made: StoredObject[][] = [];
  let bytes = Infinity;
  for (const object of objects) {
    const last = made.at(-1);
    bytes += object.size;
    if (last !== undefined && bytes <= batchBytes && last.length < batchObjects) {
      last.push(object);
      continue;
    }
    made.push([object]);
    bytes = object.size;
  }
  return made;
}
