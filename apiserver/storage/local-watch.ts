import {
  RevisionCompacted,
  type StoreEvent,
  StoreUnavailable,
  type Watch,
  type WatchHandlers,
} from './store.ts';

/** Events handed over in one call at most, so that a long history does not hold the event loop. */
const batchLimit = 500;

/** Where a watch of an in-process store reads: the store's own event history. */
export interface EventHistory {
  /** Newest revision written. */
  revision(): number;
  /** Revisions below this one are gone. */
  compacted(): number;
  /** Up to `limit` events of any key with revision >= `from`, in order. */
  read(from: number, limit: number): StoreEvent[];
}

/**
 * Watches of a store that lives in this process (memory, SQLite). A watch is a cursor into the
 * history, so it has no queue and a slow one costs nothing; a cursor overtaken by compaction ends.
 */
export class LocalWatches {
  readonly #history: EventHistory;
  readonly #open = new Set<LocalWatch>();

  constructor(history: EventHistory) {
    this.#history = history;
  }

  add(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    const watch = new LocalWatch(this.#history, prefix, fromRevision, handlers, () =>
      this.#open.delete(watch),
    );
    this.#open.add(watch);
    watch.wake();
    return watch;
  }

  /** Something was written. */
  wake(): void {
    for (const watch of this.#open) watch.wake();
  }

  close(): void {
    for (const watch of [...this.#open]) watch.end(new StoreUnavailable('the store is closed'));
  }
}

class LocalWatch implements Watch {
  readonly #history: EventHistory;
  readonly #prefix: string;
  readonly #handlers: WatchHandlers;
  readonly #onClose: () => void;
  #next: number;
  #scheduled = false;
  #progressAsked = false;
  #closed = false;

  constructor(
    history: EventHistory,
    prefix: string,
    fromRevision: number,
    handlers: WatchHandlers,
    onClose: () => void,
  ) {
    this.#history = history;
    this.#prefix = prefix;
    this.#next = fromRevision;
    this.#handlers = handlers;
    this.#onClose = onClose;
  }

  requestProgress(): void {
    this.#progressAsked = true;
    this.wake();
  }

  close(): void {
    this.#closed = true;
    this.#onClose();
  }

  end(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#handlers.onEnd(error);
  }

  wake(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#closed) return;
    const revision = this.#history.revision();
    const compacted = this.#history.compacted();
    if (this.#next < compacted) return this.end(new RevisionCompacted(this.#next, compacted));
    if (this.#next <= revision) {
      const events = this.#history.read(this.#next, batchLimit);
      const last = events.at(-1);
      // a history shorter than its revision (after compaction) has nothing more to tell
      this.#next = last === undefined ? revision + 1 : last.revision + 1;
      const relevant =
        this.#prefix === '' ? events : events.filter((event) => event.key.startsWith(this.#prefix));
      if (relevant.length > 0) this.#handlers.onEvents(relevant);
    }
    if (this.#next <= this.#history.revision()) return this.wake();
    if (this.#progressAsked && !this.#closed) {
      this.#progressAsked = false;
      if (this.#next > 1) this.#handlers.onProgress(this.#next - 1);
    }
  }
}
