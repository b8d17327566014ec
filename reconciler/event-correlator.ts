import type { KubeObject } from '../object/object.ts';

/**
 * Which Events are repetitions, and which are too many. client-go's correlator with its defaults:
 * more than 10 different messages of one reason within 10 minutes become one; per object a burst of
 * 25, then one in 5 minutes. Remembers at most 4096 of each, the oldest forgotten first.
 */
export interface Correlation {
  key: string;
  event: KubeObject;
  /** Name of the Event to raise the count of. */
  previous?: string;
}

const capacity = 4096;
const similarLimit = 10;
const similarWindowMs = 600_000;
const burst = 25;
const refillMs = 300_000;

export class EventCorrelator {
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #similar = new Map<string, { messages: Set<string>; at: number }>();
  readonly #seen = new Map<string, { count: number; first: string; name: string }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined: drop it. */
  correlate(event: KubeObject): Correlation | undefined {
    const about = event.involvedObject;
    const who = `${about.kind}/${about.namespace ?? ''}/${about.name}/${about.uid ?? ''}`;
    const group = `${who}/${event.type}/${event.reason}`;
    const combined = this.#isCombined(group, event.message);
    const message = combined
      ? `(combined from similar events): ${event.message}`
      : (event.message as string);
    const key = combined ? group : `${group}/${event.message}`;
    if (!this.#take(who)) return undefined;
    const before = this.#seen.get(key);
    const count = (before?.count ?? 0) + 1;
    const first = before?.first ?? event.firstTimestamp;
    remember(this.#seen, key, { count, first, name: before?.name ?? '' });
    const next = { ...event, message, count, firstTimestamp: first };
    return before === undefined || before.name === ''
      ? { key, event: next }
      : { key, event: next, previous: before.name };
  }

  /** The Event of this key exists under this name from now on. */
  written(key: string, name: string): void {
    const entry = this.#seen.get(key);
    if (entry !== undefined) entry.name = name;
  }

  #isCombined(group: string, message: string): boolean {
    const now = this.#now();
    let entry = this.#similar.get(group);
    if (entry === undefined || now - entry.at > similarWindowMs) {
      entry = { messages: new Set(), at: now };
    }
    entry.at = now;
    if (entry.messages.size < similarLimit) entry.messages.add(message);
    remember(this.#similar, group, entry);
    return entry.messages.size >= similarLimit && !entry.messages.has(message);
  }

  #take(who: string): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(who) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    const allowed = tokens >= 1;
    remember(this.#buckets, who, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= capacity) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
