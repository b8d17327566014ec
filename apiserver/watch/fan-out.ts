import { Batch } from './batch.ts';
import type { EventRing } from './ring.ts';
import type { Watcher } from './watcher.ts';

/** A turn serves watchers for this long at least, and for as long as other work took since the last. */
const turnMs = 0.5;
/** Who served no more watchers than this does not rest: there is little to save. */
const restlessMax = 20;
/** Nobody waits longer than this for the sake of others. */
const restMaxMs = 25;

/**
 * Hands the events of one resource to the watchers that they concern, a few in each turn of the event
 * loop, so that requests do not wait until thousands have been written to. Who is owed events is served in
 * the order in which that began, with all there is by then: under load several events leave in one
 * write. Takes half of the time at least while anybody is owed; when all have been served it rests for as long as
 * that took, so that changes that follow one another closely leave in one write too. Never lets the ring overrun
 * those who keep up.
 */
export class FanOut {
  readonly #ring: EventRing;
  readonly #now: () => number;
  /** In the order in which they are served. */
  readonly #owed = new Set<Watcher>();
  #turn: NodeJS.Immediate | undefined;
  #endedAt = 0;
  #rest: NodeJS.Timeout | undefined;
  #restsUntil = 0;
  /** Since all had everything: watchers that were served, and milliseconds that it took. */
  #served = 0;
  #servedMs = 0;
  /** What came since all had everything, or were made to. */
  #events = 0;
  #bytes = 0;

  constructor(ring: EventRing, now: () => number = () => performance.now()) {
    this.#ring = ring;
    this.#now = now;
  }

  /** Events from sequence `from` on may concern it. */
  owe(watcher: Watcher, from: number): void {
    watcher.concern(from);
    this.#owed.add(watcher);
  }

  /** Serves those who are owed, now and in the next turns. `events`, `bytes`: what has come, and what it holds. */
  serve(events: number, bytes: number): void {
    if (this.#owed.size === 0) return;
    this.#events += events;
    this.#bytes += bytes;
    if (this.#events >= this.#ring.batch || this.#bytes >= this.#ring.room) this.#serve(Infinity);
    else if (this.#turn === undefined && this.#rest === undefined) this.#begin();
  }

  #begin(): void {
    const restMs = this.#restsUntil - this.#now();
    if (restMs <= 0) return this.#serve(turnMs);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      if (this.#turn === undefined) this.#serve(turnMs);
    }, restMs);
  }

  #serve(forMs: number): void {
    const begun = this.#now();
    const until = begun + forMs;
    const { first, next: last } = this.#ring;
    let batch: Batch | undefined;
    for (const watcher of this.#owed) {
      this.#owed.delete(watcher);
      this.#served += 1;
      const { next } = watcher;
      if (!watcher.takesBatches || next < first || last - next > this.#ring.batch) watcher.pump();
      else {
        if (batch?.from !== next) batch = new Batch(this.#ring, next);
        watcher.receive(batch);
        if (watcher.next < last && watcher.takesBatches) this.#owed.add(watcher);
      }
      if (this.#now() >= until) break;
    }
    this.#endedAt = this.#now();
    this.#servedMs += this.#endedAt - begun;
    if (this.#owed.size > 0) {
      this.#turn ??= setImmediate(() => {
        this.#turn = undefined;
        this.#serve(Math.max(turnMs, this.#now() - this.#endedAt));
      });
      return;
    }
    if (this.#served > restlessMax)
      this.#restsUntil = this.#endedAt + Math.min(this.#servedMs, restMaxMs);
    this.#served = 0;
    this.#servedMs = 0;
    this.#events = 0;
    this.#bytes = 0;
  }
}
