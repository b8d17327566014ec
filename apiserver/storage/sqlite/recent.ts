import type { StoreEvent } from '../store.ts';

const eventsLimit = 4_096;
const bytesLimit = 16 * 1024 * 1024;

/** The newest events, so that watches that keep up never read the database. */
export class RecentEvents {
  #events: StoreEvent[] = [];
  #bytes = 0;
  /** Every event above this revision is here. */
  #floor: number;

  constructor(revision: number) {
    this.#floor = revision;
  }

  add(events: readonly StoreEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += event.value.length;
    }
    if (this.#events.length <= eventsLimit && this.#bytes <= bytesLimit) return;
    // half goes at once, so that this is rare
    let drop = 0;
    while (
      drop < this.#events.length &&
      (this.#events.length - drop > eventsLimit / 2 || this.#bytes > bytesLimit / 2)
    ) {
      const event = this.#events[drop++] as StoreEvent;
      this.#bytes -= event.value.length;
      this.#floor = event.revision;
    }
    this.#events = this.#events.slice(drop);
  }

  /** Undefined when events from `from` on may be missing here. */
  read(from: number, limit: number): StoreEvent[] | undefined {
    if (from <= this.#floor) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as StoreEvent).revision < from) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low, low + limit);
  }
}
