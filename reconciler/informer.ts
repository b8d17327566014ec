import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../object/object.ts';
import { StatusError } from '../object/status-error.ts';
import type { Cluster, ListQuery, ResourceRef, WatchEvent } from './cluster.ts';
import type { Logger } from '../log/log.ts';
import { byNamespace, type Indexer, keyOf, Store } from './store.ts';

/**
 * A local picture of one resource, kept current by list and watch (client-go's reflector and shared
 * informer). Resource versions are compared as numbers (KEP-5504). Our own writes are entered at once (`observe`), so a reconciler reads what it wrote and
 * needs no expectations. Objects in the store are never changed in place: copy before editing.
 */
export interface Change {
  type: 'added' | 'modified' | 'deleted';
  object: KubeObject;
  old?: KubeObject;
}

export interface InformerOptions {
  cluster: Cluster;
  ref: ResourceRef;
  query?: ListQuery;
  log: Logger;
  /** Leave out what nobody will read, before the object is kept. */
  trim?(object: KubeObject): KubeObject;
  minBackoffMs?: number;
  maxBackoffMs?: number;
}

export class Informer {
  readonly ref: ResourceRef;
  readonly store = new Store();
  /** Settled once the first list is in. Rejects only by `stop` before that. */
  readonly synced: Promise<void>;
  readonly #options: InformerOptions;
  readonly #handlers: ((change: Change) => void)[] = [];
  readonly #stopped = new AbortController();
  #seen = 0;
  #resourceVersion = '';
  #hasSynced = false;
  #running: Promise<void> | undefined;
  #resolveSynced: () => void = () => {};

  constructor(options: InformerOptions) {
    this.#options = options;
    this.ref = options.ref;
    this.store.addIndex('namespace', byNamespace);
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  addIndex(name: string, of: Indexer): void {
    this.store.addIndex(name, of);
  }

  /** Called for every change; what is already there is replayed as `added`. Must not throw. */
  on(handler: (change: Change) => void): void {
    this.#handlers.push(handler);
    for (const object of this.store.values()) handler({ type: 'added', object });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Enter the outcome of our own write, unless the watch has already brought something newer. */
  observe(object: KubeObject): void {
    if (!this.#hasSynced || versionOf(object) <= this.#seen) return;
    const stored = this.store.get(keyOf(object));
    if (stored !== undefined && versionOf(stored) >= versionOf(object)) return;
    this.#put(object);
  }

  /** Our own delete of `uid` succeeded: until the watch says more, the object counts as terminating. */
  observeDelete(key: string, uid: string | undefined): void {
    const stored = this.store.get(key);
    if (stored === undefined || stored.metadata.uid !== uid) return;
    if (stored.metadata.deletionTimestamp != null) return;
    const metadata = { ...stored.metadata, deletionTimestamp: new Date().toISOString() };
    this.#put({ ...stored, metadata });
  }

  async #run(): Promise<void> {
    const { minBackoffMs = 100, maxBackoffMs = 30_000, log, ref } = this.#options;
    const signal = this.#stopped.signal;
    let wait = minBackoffMs;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        if (this.#resourceVersion === '') await this.#list();
        await this.#watch(signal);
        wait = minBackoffMs;
        // A watch that ends at once is a server in trouble; do not spin.
        if (performance.now() - began > 1000) continue;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof StatusError && error.code === 410) {
          this.#resourceVersion = '';
        } else {
          // Long-lived watches end by broken connections: only repeated failures deserve patience.
          if (performance.now() - began > 5000) wait = minBackoffMs;
          log.debug({ resource: ref.resource, group: ref.group, error }, 'watch ended');
        }
      }
      await sleep(wait * (0.8 + Math.random() * 0.4), undefined, { signal }).catch(() => {});
      wait = Math.min(wait * 2, maxBackoffMs);
    }
  }

  async #list(): Promise<void> {
    const { cluster, ref, query } = this.#options;
    const list = await cluster.list(ref, query ?? {});
    if (this.#stopped.signal.aborted) return;
    const at = Number(list.resourceVersion);
    const present = new Set<string>();
    for (const object of list.items) {
      const key = keyOf(object);
      present.add(key);
      const stored = this.store.get(key);
      if (stored === undefined || versionOf(stored) < versionOf(object)) this.#put(object);
    }
    for (const key of this.store.keys()) {
      const stored = this.store.get(key);
      // A write of our own after the list is not in it, and is not gone.
      if (stored !== undefined && !present.has(key) && versionOf(stored) <= at) this.#drop(key);
    }
    this.#resourceVersion = list.resourceVersion;
    this.#seen = Math.max(this.#seen, at);
    if (!this.#hasSynced) {
      this.#hasSynced = true;
      this.#resolveSynced();
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { cluster, ref, query } = this.#options;
    await cluster.watch(
      ref,
      { ...query, resourceVersion: this.#resourceVersion },
      (event) => this.#onEvent(event),
      signal,
    );
  }

  #onEvent(event: WatchEvent): void {
    const { type, object } = event;
    const version = versionOf(object);
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    this.#seen = Math.max(this.#seen, version);
    if (type === 'BOOKMARK') return;
    const key = keyOf(object);
    const stored = this.store.get(key);
    if (type === 'DELETED') {
      if (stored !== undefined && versionOf(stored) <= version) this.#drop(key, object);
    } else if (stored === undefined || versionOf(stored) < version) {
      this.#put(object);
    }
  }

  #put(whole: KubeObject): void {
    // Who wrote which field is half of an object's size and no controller reads it.
    delete whole.metadata.managedFields;
    const object = this.#options.trim?.(whole) ?? whole;
    const key = keyOf(object);
    // Another one of that name: the former is gone, though nobody said so.
    if ((this.store.get(key) ?? object).metadata.uid !== object.metadata.uid) this.#drop(key);
    const old = this.store.put(key, object);
    this.#emit(old === undefined ? { type: 'added', object } : { type: 'modified', object, old });
  }

  #drop(key: string, last?: KubeObject): void {
    const old = this.store.delete(key);
    if (old !== undefined) this.#emit({ type: 'deleted', object: last ?? old, old });
  }

  #emit(change: Change): void {
    for (const handler of this.#handlers) {
      try {
        handler(change);
      } catch (error) {
        this.#options.log.error({ resource: this.ref.resource, error }, 'informer handler failed');
      }
    }
  }
}

export function versionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion ?? 0);
}
