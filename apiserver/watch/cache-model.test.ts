import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import { encodeStored } from '../storage/codec.ts';
import { MemoryStore } from '../storage/memory.ts';
import {
  type ListOptions,
  type ListResult,
  StoreUnavailable,
  type Watch,
  type WatchHandlers,
} from '../storage/store.ts';
import { WatchCache } from './cache.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { Selection } from './selection.ts';
import type { Watcher, WatchSink } from './watcher.ts';

/** A memory store whose watches can be cut: what happens until the next one is not heard. */
class CuttableStore extends MemoryStore {
  #cut: (() => void) | undefined;
  override watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    const inner = super.watch(prefix, fromRevision, handlers);
    this.#cut = () => {
      inner.close();
      handlers.onEnd(new StoreUnavailable('cut'));
    };
    return inner;
  }
  /** Slow both in asking and in answering, so that events and cuts come in between. */
  override async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    await turn();
    const result = await super.list(prefix, options);
    await turn();
    return result;
  }
  cut(): void {
    this.#cut?.();
  }
}

type State = ReadonlyMap<string, { labels: Record<string, string>; revision: number }>;

/** A client that keeps a picture of the objects from its events, as an informer does. */
class Informer implements WatchSink {
  readonly picture = new Map<string, number>();
  full = false;
  wasFull = false;
  ended: StatusError | true | undefined;
  watcher: Watcher | undefined;
  readonly selection: Selection;
  #newest: number;

  constructor(selection: Selection, begin: ReadonlyMap<string, number>, from: number) {
    this.selection = selection;
    this.#newest = from;
    for (const [key, revision] of begin) this.picture.set(key, revision);
  }

  write(frames: readonly Buffer[]): boolean {
    const lines = Buffer.concat(frames).toString().split('\n').slice(0, -1);
    for (const line of lines) this.#event(JSON.parse(line));
    return !this.full;
  }

  end(error?: StatusError): void {
    this.ended = error ?? true;
  }

  #event({ type, object }: { type: string; object: KubeObject }): void {
    const { namespace, name, resourceVersion, labels } = object.metadata;
    const key = `${namespace}/${name}`;
    const revision = Number(resourceVersion);
    if (type === 'BOOKMARK') {
      assert(revision >= this.#newest, 'a bookmark never goes back');
      this.#newest = revision;
      return;
    }
    // the initial state comes in key order, events in order of revision
    if (type !== 'ADDED' || this.picture.has(key)) {
      // deletes found by listing again stand where the cache stood before
      const least = type === 'DELETED' ? this.#newest : this.#newest + 1;
      assert(revision >= least, `${type} ${key}@${revision} after ${this.#newest}`);
    }
    this.#newest = Math.max(this.#newest, revision);
    assert.equal(this.picture.has(key), type !== 'ADDED', `${type} ${key}`);
    if (type === 'DELETED') this.picture.delete(key);
    else {
      this.picture.set(key, revision);
      const matches = this.selection.labelSelector?.matches(labels ?? {}) ?? true;
      assert(matches, `${type} ${key} does not match`);
    }
  }
}

function visible(state: State, { namespace, labelSelector }: Selection): Map<string, number> {
  const found = [...state].filter(([key, { labels }]) => {
    if (namespace && !key.startsWith(`${namespace}/`)) return false;
    return labelSelector === undefined || labelSelector.matches(labels);
  });
  return new Map(found.map(([key, { revision }]) => [key, revision]));
}

/** The system under test beside the plain map it has to agree with. */
class Bench {
  readonly store = new CuttableStore();
  readonly cache: WatchCache;
  readonly pods: ResourceCache;
  readonly informers: Informer[] = [];
  /** State after each revision. */
  readonly history = new Map<number, State>([[1, new Map()]]);
  state: State = new Map();

  constructor() {
    this.cache = new WatchCache(this.store, {
      prefix: '/registry/',
      ring: { events: 12, minimumEvents: 1 },
    });
    this.pods = this.cache.resource({
      keyPrefix: '/registry/pods/',
      namespaced: true,
      apiVersion: 'v1',
      kind: 'Pod',
    });
  }

  async write(key: string, color: string | undefined): Promise<void> {
    const now = this.state.get(key);
    const next = new Map(this.state);
    const path = `/registry/pods/${key}`;
    let revision: number;
    if (color === undefined) {
      if (now === undefined) return;
      const gone = await this.store.delete(path, now.revision);
      assert(gone.ok);
      revision = gone.revision;
      next.delete(key);
    } else {
      const [namespace = '', name = ''] = key.split('/');
      const labels = { color };
      const metadata = { name, namespace, labels };
      const value = encodeStored({ kind: 'Pod', apiVersion: 'v1', metadata });
      if (now === undefined) revision = await this.store.create(path, value);
      else {
        const done = await this.store.update(path, value, now.revision);
        assert(done.ok);
        revision = done.revision;
      }
      next.set(key, { labels, revision });
    }
    this.state = next;
    this.history.set(revision, next);
  }

  watch(selection: Selection, back: number | undefined): void {
    const from = back === undefined ? undefined : Math.max(1, this.pods.revision - back);
    const begin = visible(from === undefined ? new Map() : this.at(from), selection);
    const informer = new Informer(selection, begin, from ?? 0);
    try {
      const options = { ...selection, bookmarks: true, initialEventsEnd: true };
      informer.watcher = this.pods.watch(
        from === undefined ? options : { ...options, fromRevision: from },
        informer,
      );
      this.informers.push(informer);
    } catch (error) {
      assert(error instanceof StatusError && error.code === 410 && from !== undefined);
    }
  }

  at(revision: number): State {
    for (let r = revision; ; r--) {
      const state = this.history.get(r);
      if (state !== undefined) return state;
    }
  }

  async settle(): Promise<void> {
    await this.pods.consistent();
    // on a busy machine a turn serves one watcher
    for (let served = 0; served <= this.informers.length; served += 1) await turn();
  }

  /** The cache shows exactly the map, and every informer its part of it. */
  async check(): Promise<void> {
    for (const informer of this.informers) {
      informer.full = false;
      informer.watcher?.resume();
    }
    await this.settle();
    const shown = this.pods.list().items.map((item) => [`${item.namespace}/${item.name}`, item]);
    const expected = visible(this.state, {});
    assert.deepEqual(
      shown.map(([key, item]) => [key, (item as { revision: number }).revision]),
      [...expected].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    for (const informer of this.informers) {
      if (informer.ended !== undefined) {
        assert(informer.wasFull, 'only the slow are ended');
        continue;
      }
      assert.deepEqual(informer.picture, visible(this.state, informer.selection));
    }
  }

  async close(): Promise<void> {
    this.cache.stop();
    await this.store.close();
  }
}

const key = fc.constantFrom('a/x', 'a/y', 'a/z', 'b/x', 'b/y');
const color = fc.constantFrom('red', 'red', 'blue', undefined);
const selection = fc.record(
  {
    namespace: fc.constantFrom('a', 'b'),
    labelSelector: fc.constantFrom('red', 'blue').map((wanted) => ({
      matches: (labels: Readonly<Record<string, string>>) => labels['color'] === wanted,
      terms: [{ kind: 'labels' as const, key: 'color', values: [wanted] }],
      toString: () => wanted,
    })),
  },
  { requiredKeys: [] },
);

type Step = (bench: Bench) => Promise<void> | void;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.tuple(key, color).map(
      ([k, c]): Step =>
        (b) =>
          b.write(k, c),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(selection, fc.option(fc.nat(6), { nil: undefined })).map(
      ([s, back]): Step =>
        (b) =>
          b.watch(s, back),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Step>((b) => b.settle()) },
  {
    weight: 3,
    arbitrary: fc.nat(80).map(
      (ms): Step =>
        () =>
          sleep(ms),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((b) => b.check()) },
  {
    weight: 1,
    arbitrary: fc.nat(5).map(
      (i): Step =>
        (b) => {
          const informer = b.informers[i];
          if (informer !== undefined) informer.full = informer.wasFull = true;
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Step>((b) => {
      b.store.cut();
    }),
  },
);

describe('watch cache against a plain map', { timeout: 120_000 }, () => {
  it('agrees after any writes, watches, slow clients and cuts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
        const bench = new Bench();
        try {
          await bench.pods.ready();
          for (const run of steps) await run(bench);
          await bench.check();
        } finally {
          await bench.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});
