/**
 * Keys waiting to be reconciled (client-go's workqueue): a key is there once however often it is
 * added, and never handed out twice at the same time. A pure machine: it has no timers, the loop asks
 * `nextAt`. Bounded by the number of distinct keys.
 */
export interface QueueOptions {
  /** Milliseconds, monotonic. */
  now: () => number;
  /** First back-off of a failing key; doubles up to `maxMs`. client-go: 5 ms, 1000 s. */
  baseMs?: number;
  maxMs?: number;
}

export class WorkQueue {
  readonly #options: Required<QueueOptions>;
  /** Insertion order is the order of service. */
  readonly #ready = new Set<string>();
  readonly #processing = new Set<string>();
  /** Added while being processed: again as soon as that ends. */
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  constructor(options: QueueOptions) {
    this.#options = { baseMs: 5, maxMs: 1_000_000, ...options };
  }

  get depth(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#processing.has(key)) this.#dirty.add(key);
    else this.#ready.add(key);
  }

  /** The earlier of two delays for one key wins. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#options.now() + ms;
    const already = this.#delayed.get(key);
    if (already === undefined || at < already) this.#delayed.set(key, at);
  }

  /** Back-off by the number of failures since `forget`. Returns the delay. */
  addRateLimited(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { baseMs, maxMs } = this.#options;
    const ms = Math.min(baseMs * 2 ** Math.min(failures, 40), maxMs);
    this.addAfter(key, ms);
    return ms;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, marked as being processed until `finish`. */
  take(): string | undefined {
    this.#promote();
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#processing.add(key);
      return key;
    }
    return undefined;
  }

  finish(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.delete(key)) this.#ready.add(key);
  }

  /** When the earliest delayed key comes due. */
  nextAt(): number | undefined {
    let earliest: number | undefined;
    for (const at of this.#delayed.values()) {
      if (earliest === undefined || at < earliest) earliest = at;
    }
    return earliest;
  }

  #promote(): void {
    if (this.#delayed.size === 0) return;
    const now = this.#options.now();
    for (const [key, at] of this.#delayed) {
      if (at > now) continue;
      this.#delayed.delete(key);
      this.add(key);
    }
  }
}
