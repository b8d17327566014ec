import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import {
  resourceVersionTooLarge,
  type StatusError,
  tooManyRequests,
} from '../../object/status-error.ts';

/** Upstream's blockTimeout: how long a read waits for the cache to catch up. */
export const defaultWaitMs = 3_000;
/** Upstream asks etcd for progress this often while someone waits. */
const progressEveryMs = 100;

interface Wait {
  revision: number | bigint;
  at: { readonly revision: number };
  resolve(): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** Reads waiting for a revision. Bound: one per read in flight, each at most its timeout long. */
export class RevisionWaits {
  readonly #waits = new Set<Wait>();
  readonly #askProgress: () => void;
  #progressTimer: NodeJS.Timeout | undefined;

  constructor(askProgress: () => void) {
    this.#askProgress = askProgress;
  }

  /** Rejects with 504 `Too large resource version` when `at` is still behind after `timeoutMs`. */
  until(
    revision: number | bigint,
    at: { readonly revision: number },
    timeoutMs: number,
  ): Promise<void> {
    if (at.revision >= revision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#remove(wait);
        reject(resourceVersionTooLarge(revision, at.revision));
      }, timeoutMs);
      const wait: Wait = { revision, at, resolve, reject, timer };
      this.#waits.add(wait);
      if (this.#progressTimer === undefined) {
        this.#progressTimer = setInterval(this.#askProgress, progressEveryMs);
        this.#askProgress();
      }
    });
  }

  /** Something moved: lets go whoever has what they waited for. */
  check(): void {
    if (this.#waits.size === 0) return;
    for (const wait of this.#waits) {
      if (wait.at.revision < wait.revision) continue;
      this.#remove(wait);
      wait.resolve();
    }
  }

  fail(error: Error): void {
    for (const wait of [...this.#waits]) {
      this.#remove(wait);
      wait.reject(error);
    }
  }

  #remove(wait: Wait): void {
    clearTimeout(wait.timer);
    this.#waits.delete(wait);
    if (this.#waits.size > 0) return;
    clearInterval(this.#progressTimer);
    this.#progressTimer = undefined;
  }
}

/** What a read hears before the first list is in, in upstream's words. */
export function initializing(): StatusError {
  return tooManyRequests('storage is (re)initializing', 1);
}

export async function readyWithin(ready: Promise<void>, timeoutMs: number): Promise<void> {
  const over = new AbortController();
  const late = sleep(timeoutMs, true, { signal: over.signal }).catch(() => false);
  try {
    if (await Promise.race([ready.then(() => false), late])) throw initializing();
  } finally {
    over.abort();
  }
}

/**
 * Shares one call among those who ask at the same time, but never gives a caller an answer to a
 * question asked before theirs: a call begins when the turn of the event loop is over in which it was
 * first asked for, and when the one before it is; whoever comes until then shares it. At most one call
 * runs and one waits.
 */
export function sharedFresh<T>(call: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let waiting: Promise<T> | undefined;
  const begin = async (): Promise<T> => {
    if (running !== undefined) await running;
    await turn();
    waiting = undefined;
    const mine = call();
    running = mine.then(nothing, nothing);
    return mine;
  };
  return () => (waiting ??= begin());
}

function nothing(): void {}
