import type {
  KeyValue,
  ListOptions,
  ListResult,
  Store,
  UpdateResult,
  Watch,
  WatchHandlers,
  WriteOptions,
} from './store.ts';

/** A store in front of another: what it does not change, the other does. */
export class ForwardingStore implements Store {
  protected readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  get(key: string): Promise<{ item: KeyValue | undefined; revision: number }> {
    return this.store.get(key);
  }

  list(prefix: string, options?: ListOptions): Promise<ListResult> {
    return this.store.list(prefix, options);
  }

  create(key: string, value: Buffer, options?: WriteOptions): Promise<number> {
    return this.store.create(key, value, options);
  }

  update(
    key: string,
    value: Buffer,
    expected: number,
    options?: WriteOptions,
  ): Promise<UpdateResult> {
    return this.store.update(key, value, expected, options);
  }

  delete(key: string, expected: number): Promise<UpdateResult> {
    return this.store.delete(key, expected);
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    return this.store.watch(prefix, fromRevision, handlers);
  }

  currentRevision(): Promise<number> {
    return this.store.currentRevision();
  }

  compact(revision: number): Promise<void> {
    return this.store.compact(revision);
  }

  sizeBytes(): Promise<number | undefined> {
    return this.store.sizeBytes();
  }

  ping(timeoutMs: number): Promise<void> {
    return this.store.ping(timeoutMs);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
