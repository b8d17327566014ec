import { setTimeout as sleep } from 'node:timers/promises';
import { atOnce, mean, percentile } from './client.ts';

/** Work that comes when it comes, however fast the server is: an open loop. */
export interface Offer {
  /** Infinity: as soon as there is room. */
  perSecond: number;
  count: number;
  /** As many may be under way; what is due beyond that waits, and its waiting counts. */
  width: number;
}

export interface Paced {
  offered: number;
  /** What was done of it; less than offered where the server, or this client, falls behind. */
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  meanMs: number;
}

/**
 * Latencies from the moment at which a request is due to the end of its answer: a stall counts for all
 * that should have begun meanwhile. Timers of Node.js are up to a millisecond late, which is in them.
 */
export async function offer(wanted: Offer, one: (i: number) => Promise<unknown>): Promise<Paced> {
  const times: number[] = [];
  const began = performance.now();
  await inTime(wanted, async (i, due) => {
    await one(i);
    times.push(performance.now() - due);
  });
  const seconds = (performance.now() - began) / 1_000;
  return {
    offered: wanted.perSecond,
    perSecond: wanted.count / seconds,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    meanMs: mean(times),
  };
}

/** Begins each in its time, told when it was due; whatever is under way beyond `width` is waited for. */
export async function inTime(
  { perSecond, count, width }: Offer,
  one: (i: number, due: number) => Promise<unknown>,
): Promise<void> {
  const began = performance.now();
  await atOnce(count, width, async (i) => {
    if (perSecond === Infinity) return one(i, performance.now());
    const due = began + (i * 1_000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    // a timer may also be early, by less than a millisecond
    return one(i, Math.min(due, performance.now()));
  });
}
