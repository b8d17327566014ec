import type { Logger } from '../log/log.ts';
import { counter, gauge, histogram } from './metrics.ts';
import { WorkQueue } from './queue.ts';
import type { Result } from './result.ts';

/** More than this, and a timer of Node.js runs at once. */
const longestMs = 2 ** 31 - 1;

/**
 * Takes keys, reconciles them with a bounded number of workers, and handles the result in one place.
 * Reconcilers that throw are retried; a reconcile never ends the process.
 */
export interface LoopOptions {
  name: string;
  reconcile(key: string, signal: AbortSignal): Promise<Result>;
  workers?: number;
  log: Logger;
  /** Back-off of failing keys. Default 5 ms up to 1000 s, as client-go. */
  baseMs?: number;
  maxMs?: number;
}

const depth = gauge('workqueue_depth', 'Current depth of workqueue', ['name']);
const adds = counter('workqueue_adds_total', 'Total number of adds handled by workqueue', ['name']);
const retries = counter('workqueue_retries_total', 'Total number of retries handled by workqueue', [
  'name',
]);
const seconds = histogram(
  'workqueue_work_duration_seconds',
  'How long in seconds processing an item from workqueue takes.',
  ['name'],
  [1e-3, 1e-2, 0.1, 1, 10],
);

export class Loop {
  readonly name: string;
  readonly #options: LoopOptions;
  readonly #queue: WorkQueue;
  readonly #signal = new AbortController();
  readonly #active = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #started = false;
  #scheduled = false;

  constructor(options: LoopOptions) {
    this.name = options.name;
    this.#options = options;
    this.#queue = new WorkQueue({
      now: () => performance.now(),
      ...(options.baseMs === undefined ? {} : { baseMs: options.baseMs }),
      ...(options.maxMs === undefined ? {} : { maxMs: options.maxMs }),
    });
  }

  add(key: string): void {
    adds.inc([this.name]);
    this.#queue.add(key);
    this.#schedule();
  }

  addAfter(key: string, ms: number): void {
    this.#queue.addAfter(key, ms);
    this.#schedule();
  }

  start(): void {
    this.#started = true;
    this.#schedule();
  }

  /** No new work; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#signal.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#active);
  }

  /** Many adds in one turn of the event loop cost one pass. */
  #schedule(): void {
    if (!this.#started || this.#scheduled || this.#signal.signal.aborted) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#signal.signal.aborted) return;
    while (this.#active.size < (this.#options.workers ?? 1)) {
      const key = this.#queue.take();
      if (key === undefined) break;
      const work = this.#work(key).finally(() => {
        this.#active.delete(work);
        this.#schedule();
      });
      this.#active.add(work);
    }
    depth.set([this.name], this.#queue.depth);
    this.#arm();
  }

  #arm(): void {
    const at = this.#queue.nextAt();
    if (at === undefined || (at === this.#timerAt && this.#timer !== undefined)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const ms = Math.min(Math.max(0, at - performance.now()) + 1, longestMs);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, ms);
  }

  async #work(key: string): Promise<void> {
    const began = performance.now();
    let result: Result;
    try {
      result = await this.#options.reconcile(key, this.#signal.signal);
    } catch (error) {
      result = { kind: 'retry', error: error instanceof Error ? error : new Error(String(error)) };
    }
    this.#queue.finish(key);
    seconds.observe([this.name], (performance.now() - began) / 1000);
    if (!this.#signal.signal.aborted) this.#settle(key, result);
  }

  #settle(key: string, result: Result): void {
    const { log } = this.#options;
    switch (result.kind) {
      case 'done':
        this.#queue.forget(key);
        return;
      case 'requeue-after':
        this.#queue.forget(key);
        this.#queue.addAfter(key, result.ms);
        return;
      case 'retry': {
        retries.inc([this.name]);
        const ms = this.#queue.addRateLimited(key);
        // Conflicts are how optimistic concurrency works: worth a line only when they persist.
        const level = this.#queue.failures(key) > 3 ? 'warn' : 'debug';
        log[level]({ loop: this.name, key, error: result.error.message, ms }, 'reconcile failed');
        return;
      }
      case 'terminal':
        this.#queue.forget(key);
        log.error({ loop: this.name, key, error: result.error }, 'reconcile failed for good');
        return;
    }
  }
}
