import type { DatabaseSync } from 'node:sqlite';
import { prefixEnd } from './keys.ts';
import { LocalWatches } from './local-watch.ts';
import { openDatabase, Statements } from './sqlite/database.ts';
import { RecentEvents } from './sqlite/recent.ts';
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
  ValueTooLarge,
  type Watch,
  type WatchHandlers,
  type WriteOptions,
} from './store.ts';

/** As etcd's default limit, so that what fits here fits there. */
const valueLimit = 1_572_864;
/** Writes of one transaction, and writes waiting for one, at most. */
const groupLimit = 500;
const waitingLimit = 20_000;
/** Keys looked through per compaction step; other work runs between steps. */
const compactionStep = 1_000;
const expiryMs = 500;
const noValue = Buffer.alloc(0);

interface PendingWrite {
  /** Runs inside the transaction. */
  run(): StoreEvent | undefined;
  done(): void;
  failed(error: Error): void;
}

/**
 * The embedded store: one file, one process, durable. Every version is a row of `history` until it
 * is compacted away, so watches and lists of old revisions work as with etcd.
 *
 * Writes that arrive in one turn of the event loop share one transaction and so one fsync (WAL,
 * synchronous=FULL): an acknowledged write survives a power loss.
 */
export class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #recent: RecentEvents;
  readonly #watches: LocalWatches;
  readonly #expiryTimer: NodeJS.Timeout;
  #revision: number;
  #compacted: number;
  #pending: PendingWrite[] = [];
  #closed = false;

  /** `path` of the file, made when missing; `:memory:` for none. Throws when another process has it. */
  constructor(path: string, options: { synchronous?: 'full' | 'normal' } = {}) {
    this.#database = openDatabase(path, options.synchronous ?? 'full');
    this.#statements = new Statements(this.#database);
    ({ revision: this.#revision, compacted: this.#compacted } = this.#statements.state());
    this.#recent = new RecentEvents(this.#revision);
    this.#watches = new LocalWatches({
      revision: () => this.#revision,
      compacted: () => this.#compacted,
      read: (from, limit) => this.#recent.read(from, limit) ?? this.#statements.events(from, limit),
    });
    this.#expiryTimer = setInterval(() => this.#expire(), expiryMs).unref();
  }

  async get(key: string): Promise<{ item: KeyValue | undefined; revision: number }> {
    this.#check();
    return { item: this.#statements.current(key), revision: this.#revision };
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#check();
    const revision = options.revision ?? this.#revision;
    if (revision > this.#revision) throw new RevisionInFuture(revision, this.#revision);
    if (revision < this.#compacted) throw new RevisionCompacted(revision, this.#compacted);
    const range = {
      start: options.startKey ?? prefix,
      end: prefixEnd(prefix),
      limit: options.limit === undefined || options.limit === 0 ? -1 : options.limit,
      keysOnly: options.keysOnly === true,
    };
    const now = revision === this.#revision;
    const items = now
      ? this.#statements.listNow(range)
      : this.#statements.listThen(range, revision);
    const all = range.limit < 0 || items.length < range.limit;
    const count = all
      ? items.length
      : now
        ? this.#statements.countNow(range)
        : this.#statements.countThen(range, revision);
    return { items, revision, more: count > items.length, count };
  }

  create(key: string, value: Buffer, options?: WriteOptions): Promise<number> {
    return this.#write(key, value, () => {
      if (this.#statements.current(key) !== undefined) throw new KeyExists(key);
      return this.#put(key, value, options);
    }).then((event) => (event as StoreEvent).revision);
  }

  update(
    key: string,
    value: Buffer,
    expected: number,
    options?: WriteOptions,
  ): Promise<UpdateResult> {
    return this.#guarded(key, value, expected, () => this.#put(key, value, options));
  }

  delete(key: string, expected: number): Promise<UpdateResult> {
    return this.#guarded(key, noValue, expected, () => this.#put(key, undefined));
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
    this.#compacted = revision;
    this.#statements.setCompacted(revision);
    this.#watches.wake();
    let from = '';
    while (!this.#closed) {
      const reached = this.#statements.compactStep(revision, from, compactionStep);
      if (reached === undefined) return;
      from = reached;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async sizeBytes(): Promise<number | undefined> {
    this.#check();
    return this.#statements.size();
  }

  async ping(_timeoutMs: number): Promise<void> {
    this.#check();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#expiryTimer);
    for (const write of this.#pending.splice(0)) {
      write.failed(new StoreUnavailable('the store is closed'));
    }
    this.#watches.close();
    this.#database.close();
  }

  #check(): void {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
  }

  async #guarded(
    key: string,
    value: Buffer,
    expected: number,
    put: () => StoreEvent,
  ): Promise<UpdateResult> {
    let current: KeyValue | undefined;
    const event = await this.#write(key, value, () => {
      current = this.#statements.current(key);
      return current?.modRevision === expected ? put() : undefined;
    });
    return event === undefined ? { ok: false, current } : { ok: true, revision: event.revision };
  }

  #put(key: string, value: Buffer | undefined, options: WriteOptions = {}): StoreEvent {
    const revision = ++this.#revision;
    const { ttlSeconds } = options;
    const expires = ttlSeconds === undefined ? null : Date.now() + ttlSeconds * 1000;
    this.#statements.put(revision, key, value, expires);
    return {
      type: value === undefined ? 'delete' : 'put',
      key,
      value: value ?? noValue,
      revision,
    };
  }

  /** Queues a write for the next group; resolves when the group is on disk. */
  #write(
    key: string,
    value: Buffer,
    run: () => StoreEvent | undefined,
  ): Promise<StoreEvent | undefined> {
    return new Promise((resolve, reject) => {
      this.#check();
      if (value.length > valueLimit) {
        throw new ValueTooLarge(key, value.length, `the limit is ${valueLimit} bytes`);
      }
      if (this.#pending.length >= waitingLimit) {
        throw new StoreUnavailable('too many writes are waiting');
      }
      let event: StoreEvent | undefined;
      let refused: Error | undefined;
      this.#pending.push({
        run: () => {
          try {
            event = run();
          } catch (error) {
            // the statement before a refusal wrote nothing: the others of the group go on
            if (!(error instanceof KeyExists)) throw error;
            refused = error;
          }
          return event;
        },
        done: () => (refused === undefined ? resolve(event) : reject(refused)),
        failed: reject,
      });
      if (this.#pending.length === 1) setImmediate(() => this.#commit());
    });
  }

  #commit(): void {
    if (this.#closed) return;
    const group = this.#pending.splice(0, groupLimit);
    if (this.#pending.length > 0) setImmediate(() => this.#commit());
    const before = this.#revision;
    const events: StoreEvent[] = [];
    try {
      this.#statements.begin();
      for (const write of group) {
        const event = write.run();
        if (event !== undefined) events.push(event);
      }
      this.#statements.commit();
    } catch (error) {
      this.#revision = before;
      this.#statements.rollback();
      const failure = new StoreUnavailable('the database refused a write', { cause: error });
      for (const write of group) write.failed(failure);
      return;
    }
    this.#recent.add(events);
    for (const write of group) write.done();
    if (events.length > 0) this.#watches.wake();
  }

  #expire(): void {
    for (const { key, modRevision } of this.#statements.expired(Date.now(), groupLimit)) {
      this.delete(key, modRevision).catch(() => undefined);
    }
  }
}
