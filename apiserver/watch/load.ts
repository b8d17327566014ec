import { type KeyValue, RevisionCompacted, type Store, type StoreEvent } from '../storage/store.ts';
import type { ResourceCache } from './resource-cache.ts';

/** Keys per page of a first list. */
const pageSize = 1_000;
/** Events held back for one resource while its list runs; beyond it the list starts again. */
const pendingLimit = 50_000;
const pendingBytesLimit = 64 * 1024 * 1024;

/** A whole resource as of one revision, page by page. Throws RevisionCompacted when it took too long. */
export async function listWhole(
  store: Store,
  prefix: string,
): Promise<{ items: KeyValue[]; revision: number }> {
  let page = await store.list(prefix, { limit: pageSize });
  const { revision } = page;
  const items = page.items;
  while (page.more) {
    const last = items.at(-1);
    if (last === undefined) break;
    page = await store.list(prefix, { limit: pageSize, startKey: `${last.key}\0`, revision });
    for (const item of page.items) items.push(item);
  }
  return { items, revision };
}

/** A resource on the shared watch: its cache, and the events that arrive while it is being listed. */
export class Tracked {
  readonly cache: ResourceCache;
  loading: Promise<void> | undefined;
  removed = false;
  /** Set while a list is under way: events wait here. */
  #pending: StoreEvent[] | undefined;
  #pendingBytes = 0;
  #overflowed = false;

  constructor(cache: ResourceCache) {
    this.cache = cache;
  }

  /** From now on events wait. Those already waiting are dropped: the list to come includes them. */
  hold(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#overflowed = false;
  }

  receive(events: readonly StoreEvent[], now: number): void {
    if (this.#pending === undefined) {
      if (this.cache.isReady) this.cache.apply(events, now);
      return;
    }
    if (this.#overflowed) return;
    for (const event of events) {
      this.#pending.push(event);
      this.#pendingBytes += event.value.length;
    }
    if (this.#pending.length > pendingLimit || this.#pendingBytes > pendingBytesLimit) {
      this.#overflowed = true;
      this.#pending = [];
    }
  }

  /**
   * Lists and takes the list up, then what happened meanwhile: no gap, because holding began before
   * the list did. False when it has to be done again (compacted or overrun on the way, or the watch
   * was interrupted, which `stillValid` tells).
   */
  async loadOnce(store: Store, stillValid: () => boolean): Promise<boolean> {
    this.hold();
    try {
      const { items, revision } = await listWhole(store, this.cache.spec.keyPrefix);
      if (this.removed) return true;
      if (!stillValid() || this.#overflowed) return false;
      const waiting = this.#pending ?? [];
      this.#pending = undefined;
      const now = performance.now();
      this.cache.replace(items, revision, now);
      if (waiting.length > 0) this.cache.apply(waiting, now);
      return true;
    } catch (error) {
      if (error instanceof RevisionCompacted) return false;
      throw error;
    }
  }
}
