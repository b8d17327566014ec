import type { CacheEvent } from './event.ts';
import type { EventRing } from './ring.ts';
import type { Watcher } from './watcher.ts';

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
    this.to = ring.next;
    this.#events = ring.since(from);
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
