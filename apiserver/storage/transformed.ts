import type { Transformer } from './codec.ts';
import { ForwardingStore } from './forwarding.ts';
import type {
  KeyValue,
  ListOptions,
  ListResult,
  Store,
  StoreEvent,
  UpdateResult,
  Watch,
  WatchHandlers,
  WriteOptions,
} from './store.ts';

/**
 * A store whose values are transformed on their way (encryption at rest): everybody above sees plain
 * values. A value that cannot be read fails `get`; in lists and watches it is handed on as it is and
 * reported, so that one bad value does not take the others with it (the reader of the value then
 * fails to decode it and leaves it out by name).
 */
export class TransformedStore extends ForwardingStore {
  readonly #transformer: Transformer;
  readonly #report: (key: string, error: unknown) => void;

  constructor(
    store: Store,
    transformer: Transformer,
    report: (key: string, error: unknown) => void,
  ) {
    super(store);
    this.#transformer = transformer;
    this.#report = report;
  }

  override async get(key: string): Promise<{ item: KeyValue | undefined; revision: number }> {
    const { item, revision } = await this.store.get(key);
    return { item: item === undefined ? undefined : this.#current(item), revision };
  }

  override async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    const result = await this.store.list(prefix, options);
    if (options?.keysOnly === true || this.#transformer.readsAsIs === true) return result;
    return { ...result, items: result.items.map((item) => this.#plainOrRaw(item)) };
  }

  override create(key: string, value: Buffer, options?: WriteOptions): Promise<number> {
    return this.store.create(key, this.#transformer.toStorage(value, key), options);
  }

  override async update(
    key: string,
    value: Buffer,
    expected: number,
    options?: WriteOptions,
  ): Promise<UpdateResult> {
    const bytes = this.#transformer.toStorage(value, key);
    return this.#plainResult(await this.store.update(key, bytes, expected, options));
  }

  override async delete(key: string, expected: number): Promise<UpdateResult> {
    return this.#plainResult(await this.store.delete(key, expected));
  }

  override watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    if (this.#transformer.readsAsIs === true) {
      return this.store.watch(prefix, fromRevision, handlers);
    }
    return this.store.watch(prefix, fromRevision, {
      onEvents: (events) => handlers.onEvents(events.map((event) => this.#plainEvent(event))),
      onProgress: (revision) => handlers.onProgress(revision),
      onEnd: (error) => handlers.onEnd(error),
    });
  }

  #plain(item: KeyValue): KeyValue {
    const value = this.#transformer.fromStorage(item.value, item.key);
    return value === item.value ? item : { ...item, value };
  }

  /** As {@link #plain}, for a reader that may write it back. */
  #current(item: KeyValue): KeyValue {
    const plain = this.#plain(item);
    return this.#transformer.stale?.(item.value, item.key) === true
      ? { ...plain, stale: true }
      : plain;
  }

  #plainOrRaw(item: KeyValue): KeyValue {
    try {
      return this.#plain(item);
    } catch (error) {
      this.#report(item.key, error);
      return item;
    }
  }

  #plainResult(result: UpdateResult): UpdateResult {
    if (result.ok || result.current === undefined) return result;
    return { ok: false, current: this.#current(result.current) };
  }

  #plainEvent(event: StoreEvent): StoreEvent {
    if (event.type === 'delete') return event;
    const { key, revision } = event;
    const { value } = this.#plainOrRaw({ key, value: event.value, modRevision: revision });
    return value === event.value ? event : { ...event, value };
  }
}
