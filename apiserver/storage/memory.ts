import { prefixEnd } from './keys.ts';
import { LocalWatches } from './local-watch.ts';
import { OrderedEntries } from './ordered.ts';
import {
  KeyExists,
  type KeyValue,
  type ListOptions,
  type ListResult,
  RevisionCompacted,
  RevisionInFuture,
  type Store,
  type StoreEvent,
  StoreUnavailable,
  type UpdateResult,
  type Watch,
  type WatchHandlers,
  type WriteOptions,
} from './store.ts';

/** Events kept at most; beyond it the older half is compacted away by itself. */
const historyLimit = 200_000;
/** setTimeout's own limit, in milliseconds. */
const longestTimer = 2 ** 31 - 1;
const empty = Buffer.alloc(0);

interface Version {
  revision: number;
  /** Undefined: deleted. */
  value: Buffer | undefined;
}

interface KeyHistory {
  readonly key: string;
  /** Oldest first. */
  versions: Version[];
}

/**
 * A store in this process' memory, for tests and throw-away servers. Semantics are etcd's: one
 * revision counter, history until compaction. Values are kept as given; the caller must not change
 * a Buffer it has handed over.
 */
export class MemoryStore implements Store {
  #revision = 1;
  #compacted = 0;
  #closed = false;
  #keys = new OrderedEntries<KeyHistory>();
  #log: StoreEvent[] = [];
  #expiries = new Map<string, NodeJS.Timeout>();
  #watches: LocalWatches;

  constructor() {
    this.#watches = new LocalWatches({
      revision: () => this.#revision,
      compacted: () => this.#compacted,
      read: (from, limit) => {
        const at = this.#logIndex(from);
        return this.#log.slice(at, at + limit);
      },
    });
  }

  async get(key: string): Promise<{ item: KeyValue | undefined; revision: number }> {
    this.#check();
    return { item: this.#current(key), revision: this.#revision };
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#check();
    const revision = options.revision ?? this.#revision;
    if (revision > this.#revision) throw new RevisionInFuture(revision, this.#revision);
    if (revision < this.#compacted) throw new RevisionCompacted(revision, this.#compacted);
    const limit = options.limit === undefined || options.limit === 0 ? Infinity : options.limit;
    const items: KeyValue[] = [];
    let count = 0;
    this.#keys.scan(options.startKey ?? prefix, prefixEnd(prefix), ({ key, versions }) => {
      const version = versions.findLast((v) => v.revision <= revision);
      if (version?.value === undefined) return true;
      count++;
      if (items.length < limit) {
        const value = options.keysOnly === true ? empty : version.value;
        items.push({ key, value, modRevision: version.revision });
      }
      return true;
    });
    return {
      items,
      revision: options.revision ?? this.#revision,
      more: count > items.length,
      count,
    };
  }

  async create(key: string, value: Buffer, options?: WriteOptions): Promise<number> {
    this.#check();
    if (this.#current(key) !== undefined) throw new KeyExists(key);
    return this.#write(key, value, options);
  }

  async update(
    key: string,
    value: Buffer,
    expected: number,
    options?: WriteOptions,
  ): Promise<UpdateResult> {
    this.#check();
    const current = this.#current(key);
    if (current?.modRevision !== expected) return { ok: false, current };
    return { ok: true, revision: this.#write(key, value, options) };
  }

  async delete(key: string, expected: number): Promise<UpdateResult> {
    this.#check();
    const current = this.#current(key);
    if (current?.modRevision !== expected) return { ok: false, current };
    return { ok: true, revision: this.#write(key, undefined) };
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    this.#check();
    return this.#watches.add(prefix, fromRevision, handlers);
  }

  async currentRevision(): Promise<number> {
    this.#check();
    return this.#revision;
  }

  async compact(revision: number): Promise<void> {
    this.#check();
    if (revision > this.#revision) throw new RevisionInFuture(revision, this.#revision);
    if (revision <= this.#compacted) throw new RevisionCompacted(revision, this.#compacted);
    this.#compact(revision);
  }

  async sizeBytes(): Promise<number | undefined> {
    let total = 0;
    for (const { key, versions } of this.#keys.values()) {
      for (const { value } of versions) total += key.length + (value?.length ?? 0);
    }
    return total;
  }

  async ping(_timeoutMs: number): Promise<void> {
    this.#check();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#expiries.values()) clearTimeout(timer);
    this.#expiries.clear();
    this.#watches.close();
  }

  #check(): void {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
  }

  #current(key: string): KeyValue | undefined {
    const version = this.#keys.get(key)?.versions.at(-1);
    if (version?.value === undefined) return undefined;
    return { key, value: version.value, modRevision: version.revision };
  }

  #write(key: string, value: Buffer | undefined, options: WriteOptions = {}): number {
    const revision = ++this.#revision;
    const ttl = value === undefined ? undefined : options.ttlSeconds;
    const expiresAt = ttl === undefined ? undefined : Date.now() + ttl * 1000;
    const history = this.#keys.get(key) ?? { key, versions: [] };
    history.versions.push({ revision, value });
    this.#keys.set(history);
    this.#log.push({
      type: value === undefined ? 'delete' : 'put',
      key,
      value: value ?? empty,
      revision,
    });
    clearTimeout(this.#expiries.get(key));
    this.#expiries.delete(key);
    if (expiresAt !== undefined) this.#expireLater(key, expiresAt);
    if (this.#log.length > historyLimit) {
      this.#compact((this.#log[historyLimit >> 1] as StoreEvent).revision);
    }
    this.#watches.wake();
    return revision;
  }

  #expireLater(key: string, expiresAt: number): void {
    const timer = setTimeout(
      () => {
        if (Date.now() < expiresAt) this.#expireLater(key, expiresAt);
        else this.#write(key, undefined);
      },
      Math.min(expiresAt - Date.now(), longestTimer),
    );
    this.#expiries.set(key, timer.unref());
  }

  /** First entry of the log with revision >= `revision`. */
  #logIndex(revision: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#log[middle] as StoreEvent).revision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compact(revision: number): void {
    this.#compacted = revision;
    this.#log.splice(0, this.#logIndex(revision));
    for (const history of [...this.#keys.values()]) {
      const kept = history.versions.findLastIndex((v) => v.revision <= revision);
      if (kept > 0) history.versions.splice(0, kept);
      const only = history.versions[0];
      if (history.versions.length === 1 && only?.value === undefined && kept >= 0) {
        this.#keys.delete(history.key);
      }
    }
    this.#watches.wake();
  }
}
