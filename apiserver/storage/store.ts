/**
 * The storage port: keys and bytes with revisions, nothing of Kubernetes. Three adapters (etcd,
 * SQLite, memory) pass one contract suite (`contract.ts`).
 *
 * Keys are absolute, as upstream lays them out: `/registry/pods/default/web`. Revisions are etcd's:
 * one counter for the whole store, starting at 1, raised by one for every write. They fit a double.
 */

export interface KeyValue {
  key: string;
  value: Buffer;
  /** Revision of the last write of this key. */
  modRevision: number;
  /** Stored in another form than it would be given now (see codec.Transformer). */
  stale?: boolean;
}

export interface ListOptions {
  /** At most this many; 0 or absent is all. */
  limit?: number;
  /** Return keys at or after this one (inclusive). Absent: from the prefix on. */
  startKey?: string;
  /** As of this revision; absent is now (linearizable). Throws {@link RevisionCompacted}. */
  revision?: number;
  keysOnly?: boolean;
}

export interface ListResult {
  items: KeyValue[];
  /** The store's revision that this list shows. */
  revision: number;
  /** More keys follow. */
  more: boolean;
  /** Keys in the whole range from `startKey` on, those returned included. */
  count: number;
}

export type UpdateResult =
  | { ok: true; revision: number }
  /** Someone else wrote first: what is there now, or undefined when it is gone. */
  | { ok: false; current: KeyValue | undefined };

export interface StoreEvent {
  type: 'put' | 'delete';
  key: string;
  /** Put: the new value. Delete: empty. */
  value: Buffer;
  /** Revision of the event itself (for a delete, the delete's). */
  revision: number;
}

export interface WatchHandlers {
  /** All events of one or more whole revisions, in order. Never called after {@link Watch.close}. */
  onEvents(events: StoreEvent[]): void;
  /** Nothing relevant happened up to this revision. Only from stores that can tell. */
  onProgress(revision: number): void;
  /** The watch is over: compacted, or the connection is lost. The caller lists and watches again. */
  onEnd(error: Error): void;
}

export interface Watch {
  /** Ask for onProgress soon; no answer is promised. */
  requestProgress(): void;
  close(): void;
}

export interface WriteOptions {
  /** The key goes by itself after this many seconds (Events, masterleases). */
  ttlSeconds?: number;
}

export interface Store {
  get(key: string): Promise<{ item: KeyValue | undefined; revision: number }>;
  /** All keys that start with `prefix`, in byte order. */
  list(prefix: string, options?: ListOptions): Promise<ListResult>;
  /** Throws {@link KeyExists}. Gives the revision of the write. */
  create(key: string, value: Buffer, options?: WriteOptions): Promise<number>;
  /** Writes only if the key's modRevision is still `expected`. */
  update(
    key: string,
    value: Buffer,
    expected: number,
    options?: WriteOptions,
  ): Promise<UpdateResult>;
  /** Deletes only if the key's modRevision is still `expected`. */
  delete(key: string, expected: number): Promise<UpdateResult>;
  /**
   * Events of all keys under `prefix` with revision >= `fromRevision`, in order, none missing, none
   * twice; a `fromRevision` compacted away ends the watch with {@link RevisionCompacted}.
   */
  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch;
  /** The store's revision now, linearizable: every acknowledged write is at or below it. */
  currentRevision(): Promise<number>;
  /** Forget versions before `revision`. */
  compact(revision: number): Promise<void>;
  /** Size in bytes where the store knows it. */
  sizeBytes(): Promise<number | undefined>;
  /** Throws while the store cannot serve a linearizable read within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export class KeyExists extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`key ${key} already exists`);
    this.name = 'KeyExists';
    this.key = key;
  }
}

export class RevisionCompacted extends Error {
  /** Oldest revision still readable, where known. */
  readonly oldest: number;
  constructor(asked: number, oldest: number) {
    super(`revision ${asked} has been compacted (oldest kept: ${oldest})`);
    this.name = 'RevisionCompacted';
    this.oldest = oldest;
  }
}

/** A revision the store has not reached. */
export class RevisionInFuture extends Error {
  readonly current: number;
  constructor(asked: number, current: number) {
    super(`revision ${asked} is in the future (current: ${current})`);
    this.name = 'RevisionInFuture';
    this.current = current;
  }
}

/** The value is larger than the store takes (etcd: `--max-request-bytes`, 1.5 MiB unless raised). */
export class ValueTooLarge extends Error {
  constructor(key: string, bytes: number, why: string) {
    super(`${key}: a value of ${bytes} bytes is more than the store accepts: ${why}`);
    this.name = 'ValueTooLarge';
  }
}

/** The store did not answer: no quorum, no connection, deadline passed. The write may have happened. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}
