import type { KubeObject } from '../../object/object.ts';
import { expired, type StatusError } from '../../object/status-error.ts';
import { objectKey } from '../storage/keys.ts';
import type { KeyValue, StoreEvent } from '../storage/store.ts';
import type { EntryDecoder } from './decoder.ts';
import { difference } from './difference.ts';
import type { Entry } from './entry.ts';
import { CacheEvent, JsonRepresentation, type Representation } from './event.ts';
import { FanOut } from './fan-out.ts';
import { IndexedEntries } from './indexed-entries.ts';
import { type CacheList, type CacheListOptions, listEntries } from './list.ts';
import { ChangeListeners } from './listeners.ts';
import { defaultRingLimits, EventRing, type RingLimits } from './ring.ts';
import { inAnyVersion } from './selection.ts';
import type { CacheOwner, ResourceSpec } from './spec.ts';
import type { CachedObject, Change } from './view.ts';
import { defaultWaitMs, initializing, readyWithin } from './waits.ts';
import { Watcher, type WatchOptions, type WatchSink } from './watcher.ts';
import { Watchers } from './watchers.ts';

/**
 * The living objects of one resource, their recent events and their watchers. Moved by the store's
 * watch only (and by the lists that begin it), never by writers, so it is always one revision's state.
 *
 * Bounds: one entry per living object; the ring's {@link RingLimits}; one cursor per watcher.
 */
export class ResourceCache {
  #spec: ResourceSpec;
  readonly #owner: CacheOwner;
  readonly #decoder: EntryDecoder;
  #json: Representation;
  readonly #entries = new IndexedEntries();
  readonly #ring: EventRing;
  readonly #watchers = new Watchers();
  readonly #fanOut: FanOut;
  readonly #listeners = new ChangeListeners();
  readonly #broken = new Map<string, Error>();
  #ready = false;
  /** While a list is being taken up: the revision reads keep showing. */
  #frozenAt: number | undefined;
  #listedAt = 0;
  #generation = 0;

  constructor(
    spec: ResourceSpec,
    owner: CacheOwner,
    decoder: EntryDecoder,
    limits?: Partial<RingLimits>,
  ) {
    this.#spec = spec;
    this.#owner = owner;
    this.#decoder = decoder;
    this.#json = new JsonRepresentation(spec);
    this.#ring = new EventRing(0, { ...defaultRingLimits, ...limits });
    this.#fanOut = new FanOut(this.#ring);
  }

  get spec(): ResourceSpec {
    return this.#spec;
  }

  /** Resolves when the first full list is in. Starts it when nobody has. */
  ready(): Promise<void> {
    return this.#ready ? Promise.resolve() : this.#owner.load();
  }

  get isReady(): boolean {
    return this.#ready;
  }

  /** The state shown is that of this revision. */
  get revision(): number {
    return this.#frozenAt ?? Math.max(this.#owner.cacheRevision(), this.#listedAt);
  }

  get size(): number {
    return this.#entries.size;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  watchersNow(): Watcher[] {
    return [...this.#watchers];
  }

  /** Grows by one with every change. */
  get generation(): number {
    return this.#generation;
  }

  /** Keys whose stored value cannot be read (decryption, decoding), and why. They are not listed. */
  get broken(): ReadonlyMap<string, Error> {
    return this.#broken;
  }

  /**
   * Waits until reads here show `revision` or newer. After `timeoutMs` throws resourceVersionTooLarge
   * (504), or 429 `storage is (re)initializing` when the first list is not in, both as upstream.
   */
  async waitFor(revision: number | bigint, timeoutMs: number = defaultWaitMs): Promise<void> {
    if (!this.#ready) await readyWithin(this.ready(), timeoutMs);
    if (this.revision >= revision) return;
    await this.#owner.waitFor(revision, timeoutMs, this);
  }

  /** A linearizable point: after it, reads here show every write acknowledged before the call. */
  async consistent(): Promise<number> {
    const revision = await this.#owner.consistent();
    if (!this.#ready || this.revision < revision) await this.waitFor(revision);
    return revision;
  }

  get(namespace: string, name: string): CachedObject | undefined {
    return this.#entries.get(objectKey(this.spec.keyPrefix, namespace, name));
  }

  /** In key order; what it costs: list.ts. */
  list(options: CacheListOptions = {}): CacheList {
    return listEntries(this.#entries, this.spec, this.revision, options);
  }

  /** A value that came from the store itself, as the cache would hold it. Throws when it cannot be read. */
  materialise(item: KeyValue): CachedObject {
    return this.#decoder.entry(this.spec, item, 'ADDED');
  }

  /**
   * Call just before a write with the canonical bytes it stores (codec.encodeStored) and the object
   * they came from, which is read now and not kept: the write's event is then taken up without
   * parsing. Only a hint; harmless when the write fails. Bounds: decoder.ts.
   */
  remember(key: string, stored: Buffer, object: KubeObject): void {
    this.#decoder.remember(this.spec, key, stored, object);
  }

  /**
   * Starts a watch; frames flow to the sink from the next tick on, never before this returns.
   * Throws 410 Expired when events after `fromRevision` are no longer kept.
   */
  watch(options: WatchOptions, sink: WatchSink): Watcher {
    const { fromRevision } = options;
    if (!this.#ready) throw initializing();
    if (fromRevision !== undefined && fromRevision < this.#ring.floor) {
      // upstream's words (k8s.io/apiserver storage/cacher watch_cache.go)
      throw expired(`too old resource version: ${fromRevision} (${this.#ring.floor})`);
    }
    const asked = options.view === undefined ? options : inAnyVersion(options);
    const initial = fromRevision === undefined ? (this.list(asked).items as Entry[]) : undefined;
    const next = fromRevision === undefined ? this.#ring.next : this.#ring.after(fromRevision);
    const watcher = new Watcher(
      this.#ring,
      { next, initial, revision: this.revision },
      options,
      options.representation ?? this.#json,
      sink,
      (closed) => this.#watchers.delete(closed),
    );
    this.#watchers.add(watcher);
    setImmediate(() => watcher.pump());
    return watcher;
  }

  /** Called for every change from now on; returns the unsubscribe function. */
  onChange(listener: (change: Change) => void): () => void {
    return this.#listeners.add(listener);
  }

  // From here on: called by the WatchCache only.

  /** Events of this resource out of one store batch, in order. */
  apply(events: readonly StoreEvent[], now: number): void {
    const isNew = ({ revision }: StoreEvent): boolean => revision > this.#listedAt;
    this.#applyAll(events.every(isNew) ? events : events.filter(isNew), now);
  }

  /** Reads stay at the present state until {@link replace}. */
  freeze(): void {
    if (this.#ready) this.#frozenAt ??= this.revision;
  }

  /**
   * Takes up a full list at `revision`. The first one begins the cache; a later one (the store's
   * watch was lost) becomes the events that lead from the old state to the new, so watchers go on.
   */
  replace(items: readonly KeyValue[], revision: number, now: number): void {
    if (!this.#ready) this.#begin(items, revision);
    else {
      this.#applyAll(difference(this.#entries, this.revision, items), now);
      // what lies between was never seen: only those who were here can go on from there
      this.#ring.raiseFloor(revision);
    }
    this.#listedAt = Math.max(this.#listedAt, revision);
    this.#frozenAt = undefined;
    this.#ready = true;
  }

  #begin(items: readonly KeyValue[], revision: number): void {
    const old = [...this.#entries.values()];
    this.#entries.clear();
    this.#broken.clear();
    for (const item of items) this.#take(item, undefined);
    this.#ring.reset(revision);
    this.#generation++;
    for (const watcher of [...this.#watchers]) watcher.end();
    this.#listeners.exchanged(old, this.#entries.values());
  }

  /** Forgets everything and ends all watchers: the store went back in time, or the resource is gone. */
  reset(error?: StatusError): void {
    this.#ready = false;
    this.#frozenAt = undefined;
    this.#listedAt = 0;
    this.#listeners.exchanged([...this.#entries.values()], []);
    this.#entries.clear();
    this.#broken.clear();
    this.#ring.reset(0);
    this.#generation++;
    for (const watcher of [...this.#watchers]) watcher.end(error);
  }

  /** Reads in another way from now on: watchers end, and the objects are listed anew when asked for. */
  respec(spec: ResourceSpec): void {
    this.#spec = spec;
    this.#json = new JsonRepresentation(spec);
    this.#decoder.forgetAll(spec.keyPrefix);
    this.reset();
  }

  /** Once a second: old events go, bookmarks are sent. */
  tick(monotonic: number, now: number): void {
    this.#ring.expire(monotonic);
    this.#entries.expire(monotonic);
    const { revision } = this;
    for (const watcher of this.#watchers) {
      watcher.passBy(this.#ring.next);
      if (watcher.next < this.#ring.first) watcher.pump();
      watcher.tick(now, revision);
    }
  }

  #take(item: KeyValue, previous: Entry | undefined): Entry | undefined {
    try {
      const type = previous === undefined ? 'ADDED' : 'MODIFIED';
      const entry = this.#decoder.entry(this.spec, item, type);
      this.#entries.set(entry);
      if (this.#broken.size > 0) this.#broken.delete(item.key);
      return entry;
    } catch (error) {
      this.#decoder.report(item.key, error);
      this.#broken.set(item.key, error as Error);
      this.#entries.delete(item.key);
      this.#generation++;
      return undefined;
    }
  }

  #applyAll(events: readonly StoreEvent[], now: number): void {
    let from = this.#ring.next;
    let bytes = 0;
    for (const event of events) {
      this.#applyOne(event, now);
      bytes += event.value.length;
      // watchers that keep up must not be overrun by one large batch
      if (bytes < this.#ring.room && this.#ring.next - from < this.#ring.batch) continue;
      this.#fan(from, bytes);
      from = this.#ring.next;
      bytes = 0;
    }
    this.#fan(from, bytes);
  }

  #applyOne(event: StoreEvent, now: number): void {
    const previous = this.#entries.get(event.key);
    let made: CacheEvent;
    if (event.type === 'delete') {
      this.#broken.delete(event.key);
      if (previous === undefined) return;
      this.#entries.delete(event.key);
      made = new CacheEvent(previous.atRevision(event.revision, 'DELETED'), previous, true, now);
    } else {
      const item = { key: event.key, value: event.value, modRevision: event.revision };
      const entry = this.#take(item, previous);
      if (entry === undefined) return;
      made = new CacheEvent(entry, previous, false, now);
    }
    this.#ring.push(made);
    this.#generation++;
    this.#listeners.tell(made);
  }

  /** Events from sequence `from` on are for the watchers that they concern. */
  #fan(from: number, bytes: number): void {
    const { next } = this.#ring;
    if (next === from || this.#watchers.size === 0) return;
    this.#watchers.concerned(this.#ring.since(from), (to) => this.#fanOut.owe(to, from));
    this.#fanOut.serve(next - from, bytes);
  }
}
