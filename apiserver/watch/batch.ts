import type { CacheEvent } from './event.ts';
import type { EventRing } from './ring.ts';
import type { Watcher } from './watcher.ts';

/** One write carries about this much at most: what a slow client has been given is held for it alone. */
export const writeLimitBytes = 32 * 1024;
const nothing: readonly Buffer[] = [];

/** Events that go to the watchers together: their frames are made once for all who see the same. */
export class Batch {
  /** Sequence numbers: of the first event, and of the one that will follow the last. */
  readonly from: number;
  readonly to: number;
  readonly #events: readonly CacheEvent[];
  readonly #frames = new Map<string, readonly Buffer[]>();

  constructor(ring: EventRing, from: number) {
    this.from = from;
    this.#events = beginning(ring.since(from));
    this.to = from + this.#events.length;
  }

  /** For a watcher that selects by namespace at most. The same array for all of one group. */
  framesFor({ group, options: { namespace }, representation }: Watcher): readonly Buffer[] {
    let frames = this.#frames.get(group);
    if (frames === undefined) {
      const seen = namespace
        ? this.#events.filter(({ object }) => object.namespace === namespace)
        : this.#events;
      frames =
        seen.length === 0 ? nothing : seen.map((event) => event.frame(event.type, representation));
      this.#frames.set(group, frames);
    }
    return frames;
  }
}

/** As much as one write should take, one event at least. */
function beginning(events: readonly CacheEvent[]): readonly CacheEvent[] {
  let bytes = 0;
  const end = events.findIndex(({ size }) => (bytes += size) > writeLimitBytes);
  return end < 0 ? events : events.slice(0, Math.max(1, end));
}
