/**
 * When a container that ended may start again (kubelet's rule): the first restart at once, then after
 * 10 s, doubled up to five minutes; forgotten after ten minutes without an end.
 */
const firstMs = 10_000;
const mostMs = 300_000;
const forgetMs = 2 * mostMs;

export class RestartBackoff {
  #delayMs = 0;
  #lastEnd = Number.NEGATIVE_INFINITY;

  /** Records an end at `now` and returns how long to wait, milliseconds. */
  next(now: number): number {
    if (now - this.#lastEnd > forgetMs) this.#delayMs = 0;
    const wait = this.#delayMs;
    this.#delayMs = Math.min(Math.max(firstMs, this.#delayMs * 2), mostMs);
    this.#lastEnd = now;
    return wait;
  }
}

/** `10s`, `1m20s`: how the kubelet writes the delay in its message. */
export function writtenDelay(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}
