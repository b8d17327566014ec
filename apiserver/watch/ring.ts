import type { CacheEvent } from './event.ts';

export interface RingLimits {
  /** Events kept at most. */
  events: number;
  /** Bytes of object versions kept alive by events, at most (but the newest event always stays). */
  bytes: number;
  /** Above `minimumEvents`, events older than this go (upstream: 75 s). */
  ageMs: number;
  minimumEvents: number;
}

export const defaultRingLimits: RingLimits = {
  events: 16_384,
  bytes: 32 * 1024 * 1024,
  ageMs: 75_000,
  minimumEvents: 100,
};

/**
 * The recent events of one resource, by sequence number. Watchers are cursors into it, so it is the
 * only buffer between the store and all of them. `floor` is the revision up to which events are gone.
 */
export class EventRing {
  readonly #limits: RingLimits;
  #events: CacheEvent[] = [];
  /** Dead slots at the front of #events. */
  #head = 0;
  #firstSequence = 0;
  #bytes = 0;
  floor: number;

  constructor(floor: number, limits: RingLimits = defaultRingLimits) {
    this.floor = floor;
    this.#limits = limits;
  }

  get size(): number {
    return this.#events.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Sequence number of the oldest event kept. */
  get first(): number {
    return this.#firstSequence;
  }

  /** Sequence number that the next event will get. */
  get next(): number {
    return this.#firstSequence + this.size;
  }

  at(sequence: number): CacheEvent | undefined {
    if (sequence < this.#firstSequence) return undefined;
    return this.#events[this.#head + sequence - this.#firstSequence];
  }

  /** Those from `sequence` on that are kept, oldest first. */
  since(sequence: number): CacheEvent[] {
    return this.#events.slice(this.#head + Math.max(0, sequence - this.#firstSequence));
  }

  /** Sequence of the first event with a revision above `revision`. */
  after(revision: number): number {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as CacheEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#firstSequence + low - this.#head;
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    this.#bytes += event.size;
    while (this.size > this.#limits.events || (this.#bytes > this.#limits.bytes && this.size > 1)) {
      this.#drop();
    }
  }

  /** Drops what is too old at `now` (monotonic milliseconds). */
  expire(now: number): void {
    while (this.size > this.#limits.minimumEvents) {
      const oldest = this.#events[this.#head] as CacheEvent;
      if (now - oldest.arrivedAt < this.#limits.ageMs) return;
      this.#drop();
    }
  }

  /** Events that may be pushed before watchers are served, so that none is dropped unseen. */
  get batch(): number {
    return Math.max(1, Math.min(256, this.#limits.events >> 1));
  }

  /** The same in bytes of new values. */
  get room(): number {
    return this.#limits.bytes >> 3;
  }

  /** New watches can only start at `revision` or later; those under way are not touched. */
  raiseFloor(revision: number): void {
    if (revision > this.floor) this.floor = revision;
  }

  /** Forgets all events; watches can only start above `floor` from now on. */
  reset(floor: number): void {
    this.#firstSequence = this.next;
    this.#events = [];
    this.#head = 0;
    this.#bytes = 0;
    this.floor = floor;
  }

  #drop(): void {
    const event = this.#events[this.#head] as CacheEvent;
    this.#events[this.#head] = undefined as unknown as CacheEvent;
    this.#head++;
    this.#firstSequence++;
    this.#bytes -= event.size;
    this.raiseFloor(event.revision);
    if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }
}
