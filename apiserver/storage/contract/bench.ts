import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store, StoreEvent, Watch } from '../store.ts';

/** What each part of the contract is given. */
export interface Contract {
  store: Store;
  /** A key prefix that nobody else uses. */
  own(): string;
  /** A store of its own. */
  makeStore: MakeStore;
}

export type MakeStore = () => Promise<{ store: Store; stop(): Promise<void> }>;

export function text(value: string): Buffer {
  return Buffer.from(value);
}

/** A watch that keeps what it hears. */
export class Recorder {
  readonly events: StoreEvent[] = [];
  progress = 0;
  ended: Error | undefined;
  readonly #watch: Watch;
  #wake: (() => void) | undefined;

  constructor(store: Store, prefix: string, fromRevision: number) {
    this.#watch = store.watch(prefix, fromRevision, {
      onEvents: (events) => {
        this.events.push(...events);
        this.#wake?.();
      },
      onProgress: (revision) => {
        this.progress = Math.max(this.progress, revision);
        this.#wake?.();
      },
      onEnd: (error) => {
        this.ended = error;
        this.#wake?.();
      },
    });
  }

  /** Waits until it holds; the test's own timeout is the limit. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      this.#watch.requestProgress();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, sleep(100)]);
    }
  }

  async untilEvents(count: number): Promise<StoreEvent[]> {
    await this.until(() => this.events.length >= count || this.ended !== undefined);
    return this.events;
  }

  close(): void {
    this.#watch.close();
  }
}

export function brief(events: readonly StoreEvent[]): string[] {
  return events.map(({ type, key, revision }) => `${type} ${key.split('/').at(-1)}@${revision}`);
}

/** Every write of a key raises its number by one; many writers at once lose none. */
export async function count(store: Store, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const { item } = await store.get(key);
    assert(item !== undefined);
    const next = Buffer.from(String(Number(item.value.toString()) + 1));
    const result = await store.update(key, next, item.modRevision);
    if (result.ok) done++;
  }
}
