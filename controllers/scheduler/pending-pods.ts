/**
 * Pods waiting for a node: the highest priority first, then the oldest. A pod that fitted nowhere
 * rests until something changes, and then for a back-off of 1 to 10 s (kube-scheduler's defaults).
 * A pure machine; bounded by the number of unassigned pods.
 */
export interface PendingPod {
  key: string;
  priority: number;
  /** Creation, ms. */
  createdAt: number;
}

interface Entry extends PendingPod {
  attempts: number;
  failedAt: number;
  /** Resting until woken. */
  resting: boolean;
}

const initialBackoffMs = 1_000;
const maxBackoffMs = 10_000;
/** A resting pod is tried again after this long even if nothing happened. */
const restLimitMs = 5 * 60_000;

export class PendingPods {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  add(pod: PendingPod): void {
    const before = this.#entries.get(pod.key);
    this.#entries.set(pod.key, {
      ...pod,
      attempts: before?.attempts ?? 0,
      failedAt: before?.failedAt ?? 0,
      resting: false,
    });
  }

  remove(key: string): void {
    this.#entries.delete(key);
  }

  /** It fitted nowhere. */
  rest(key: string, now: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.attempts++;
    entry.failedAt = now;
    entry.resting = true;
  }

  /** It has a node and waits for something else; not a failure, so without a back-off when woken. */
  hold(key: string, now: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.attempts = 0;
    entry.failedAt = now;
    entry.resting = true;
  }

  /** Something changed that may make room. */
  wakeAll(): void {
    for (const entry of this.#entries.values()) entry.resting = false;
  }

  next(now: number): PendingPod | undefined {
    let best: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (dueAt(entry) > now) continue;
      if (best === undefined || before(entry, best)) best = entry;
    }
    return best;
  }

  /** When the next one may be tried. */
  nextAt(): number | undefined {
    let earliest: number | undefined;
    for (const entry of this.#entries.values()) {
      const at = dueAt(entry);
      if (earliest === undefined || at < earliest) earliest = at;
    }
    return earliest;
  }
}

function dueAt({ attempts, failedAt, resting }: Entry): number {
  if (resting) return failedAt + restLimitMs;
  if (attempts === 0) return 0;
  return failedAt + Math.min(initialBackoffMs * 2 ** (attempts - 1), maxBackoffMs);
}

function before(a: Entry, b: Entry): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.createdAt < b.createdAt;
}
