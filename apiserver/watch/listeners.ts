import type { Entry } from './entry.ts';
import type { CacheEvent } from './event.ts';
import type { Change } from './view.ts';

/** In-process listeners of one resource. Called in order, within the turn of the event. */
export class ChangeListeners {
  readonly #listeners = new Set<(change: Change) => void>();

  /** Returns the unsubscribe function. */
  add(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: CacheEvent): void {
    if (this.#listeners.size === 0) return;
    const { object, previous } = event;
    const type = event.deleted ? 'deleted' : previous === undefined ? 'added' : 'modified';
    this.#emit({ type, object, previous });
  }

  /** The whole state was exchanged. */
  exchanged(old: readonly Entry[], now: Iterable<Entry>): void {
    if (this.#listeners.size === 0) return;
    const before = new Map(old.map((entry) => [entry.key, entry]));
    for (const object of now) {
      const previous = before.get(object.key);
      before.delete(object.key);
      if (previous?.revision === object.revision) continue;
      this.#emit({ type: previous === undefined ? 'added' : 'modified', object, previous });
    }
    for (const object of before.values()) {
      this.#emit({ type: 'deleted', object, previous: object });
    }
  }

  #emit(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}
