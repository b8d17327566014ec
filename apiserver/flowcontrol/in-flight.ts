import type { Registry } from '../../metrics/registry.ts';
import type { RequestContext } from '../context.ts';

const windowMs = 1_000;

/** How many there are, and the most there were within the last second. */
class HighWater {
  #count = 0;
  #most = 0;
  /** Of the second before. */
  #before = 0;
  #since = 0;

  add(by: 1 | -1, now: number): void {
    this.#turn(now);
    this.#count += by;
    this.#most = Math.max(this.#most, this.#count);
  }

  most(now: number): number {
    this.#turn(now);
    return this.#before;
  }

  #turn(now: number): void {
    if (now - this.#since < windowMs) return;
    // nothing happened in the seconds between
    this.#before = now - this.#since < 2 * windowMs ? this.#most : this.#count;
    this.#most = this.#count;
    this.#since = now;
  }
}

/** Requests that run and that wait, by whether they write (filters/maxinflight.go). */
export class InFlight {
  readonly #marks = {
    executing: { readOnly: new HighWater(), mutating: new HighWater() },
    waiting: { readOnly: new HighWater(), mutating: new HighWater() },
  };
  readonly #now: () => number;

  constructor(registry: Registry, now: () => number = () => performance.now()) {
    this.#now = now;
    const { executing, waiting } = this.#marks;
    this.#expose(
      registry,
      executing,
      'apiserver_current_inflight_requests',
      '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    );
    this.#expose(
      registry,
      waiting,
      'apiserver_current_inqueue_requests',
      '[ALPHA] Maximal number of queued requests in this apiserver per request kind in last second.',
    );
  }

  #expose(
    registry: Registry,
    marks: Record<'readOnly' | 'mutating', HighWater>,
    name: string,
    help: string,
  ): void {
    registry.collected(name, help, 'gauge', ['request_kind'], () => {
      const now = this.#now();
      return (['mutating', 'readOnly'] as const).map((kind) => ({
        labels: [kind],
        value: marks[kind].most(now),
      }));
    });
  }

  add(phase: 'executing' | 'waiting', { info }: RequestContext, by: 1 | -1): void {
    this.#marks[phase][isReading(info.verb) ? 'readOnly' : 'mutating'].add(by, this.#now());
  }
}

export function isReading(verb: string): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}
