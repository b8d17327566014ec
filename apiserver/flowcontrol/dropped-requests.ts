/** Nobody is told to come back later than this. */
const mostSeconds = 32;

/**
 * When those who are turned away from a priority level shall come back: twice as late while many are
 * turned away, a second less when few are (k8s.io/apiserver util/flowcontrol
 * dropped_requests_tracker.go). Bounded by the seconds that count, {@link mostSeconds} at most.
 */
export class DroppedRequests {
  #retryAfter = 1;
  #grownAt = 0;
  /** How many were dropped in a second; the last is the present one. */
  #seconds: { at: number; count: number }[] = [];

  /** Counts one and gives its Retry-After. */
  record(nowSeconds: number): number {
    const at = Math.floor(nowSeconds);
    const last = this.#seconds.at(-1);
    if (last?.at === at) {
      last.count++;
      return this.#retryAfter;
    }
    const kept = Math.min(2 * this.#retryAfter, mostSeconds);
    this.#seconds = this.#seconds.filter((second) => at - second.at <= kept);
    this.#adapt(at);
    this.#seconds.push({ at, count: 1 });
    return this.#retryAfter;
  }

  #adapt(now: number): void {
    const wait = this.#retryAfter;
    const dropped = this.#seconds
      .filter(({ at }) => now - at <= wait)
      .reduce((sum, { count }) => sum + count, 0);
    if (now - this.#grownAt >= wait && dropped >= 3 * wait) {
      this.#retryAfter = Math.min(2 * wait, mostSeconds);
      this.#grownAt = now;
    } else if (dropped < wait && wait > 1) {
      this.#retryAfter = wait - 1;
    }
  }
}
