import { WorkQueue } from '../reconciler/queue.ts';

/** As many keys are repaired at once. */
const workers = 5;

/** A key that fails more often in a row is left until it changes (about three minutes later). */
const retriesMax = 15;

/**
 * Keys of objects that may need repair. Each is there once; what `repair` says is too young waits apart,
 * in the order in which it came: there may be one for every object made within that time.
 */
export class RepairQueue {
  readonly #repair: (key: string) => Promise<number | undefined>;
  readonly #dropped: (key: string, error: unknown) => void;
  readonly #queue = new WorkQueue({ now: () => performance.now() });
  /** When each is to be seen again. */
  readonly #young = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #wake: NodeJS.Immediate | undefined;
  #stopped = false;

  /** `repair` gives the milliseconds after which the key is to be seen again, or undefined. */
  constructor(
    repair: (key: string) => Promise<number | undefined>,
    dropped: (key: string, error: unknown) => void,
  ) {
    this.#repair = repair;
    this.#dropped = dropped;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#queue.add(key);
    this.#wake ??= setImmediate(() => this.#run()).unref();
  }

  /** Resolves when nothing is being repaired any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#wake);
    await Promise.all(this.#running);
  }

  #run(): void {
    this.#wake = undefined;
    if (this.#stopped) return;
    const now = performance.now();
    for (const [key, at] of this.#young) {
      if (at > now) break;
      this.#young.delete(key);
      this.#queue.add(key);
    }
    while (this.#running.size < workers) {
      const key = this.#queue.take();
      if (key === undefined) break;
      const work: Promise<void> = this.#one(key).finally(() => {
        this.#running.delete(work);
        this.#run();
      });
      this.#running.add(work);
    }
    this.#sleep();
  }

  #sleep(): void {
    const [young = Infinity] = this.#young.values();
    const next = Math.min(young, this.#queue.nextAt() ?? Infinity);
    clearTimeout(this.#timer);
    if (next === Infinity) return;
    const wait = Math.max(next - performance.now(), 0);
    this.#timer = setTimeout(() => this.#run(), wait).unref();
  }

  async #one(key: string): Promise<void> {
    try {
      const again = await this.#repair(key);
      this.#queue.forget(key);
      if (again !== undefined) {
        this.#young.delete(key);
        this.#young.set(key, performance.now() + again);
      }
    } catch (error) {
      if (this.#queue.failures(key) < retriesMax) this.#queue.addRateLimited(key);
      else {
        this.#queue.forget(key);
        this.#dropped(key, error);
      }
    }
    this.#queue.finish(key);
  }
}
