import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { encodeStored } from '../storage/codec.ts';
import { MemoryStore } from '../storage/memory.ts';
import { WatchCache } from './cache.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { Matcher } from './selection.ts';
import type { Term } from './value-index.ts';
import type { WatchOptions, WatchSink } from './watcher.ts';

const watchersMost = 20;

/** Counts how often it is asked: what does not concern a watcher costs it nothing. */
class CountingMatcher implements Matcher {
  asked = 0;
  readonly terms: readonly Term[];
  constructor(kind: Term['kind'], key: string, value: string) {
    this.terms = [{ kind, key, values: [value] }];
  }
  matches(values: Readonly<Record<string, string>>): boolean {
    this.asked += 1;
    return this.terms.every((term) => term.values.includes(values[term.key] ?? ''));
  }
}

class Client implements WatchSink {
  readonly batches: (readonly Buffer[])[] = [];
  full = false;
  ended = false;
  write(frames: readonly Buffer[]): boolean {
    this.batches.push(frames);
    return !this.full;
  }
  end(): void {
    this.ended = true;
  }
  get seen(): string[] {
    const text = this.batches.flat().map(String).join('');
    return [...text.matchAll(/"type":"(\w+)".*?"name":"([^"]+)"/g)].map((m) => `${m[1]} ${m[2]}`);
  }
}

describe('watchers are found by what they select', () => {
  let store: MemoryStore;
  let cache: WatchCache;
  let pods: ResourceCache;

  beforeEach(async () => {
    store = new MemoryStore();
    cache = new WatchCache(store, { prefix: '/registry/', ring: { events: 5, minimumEvents: 1 } });
    await cache.start();
    pods = cache.resource({
      keyPrefix: '/registry/pods/',
      namespaced: true,
      apiVersion: 'v1',
      kind: 'Pod',
      selectableFields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '' }),
    });
    await pods.ready();
  });
  afterEach(async () => {
    cache.stop();
    await store.close();
  });

  async function watch(options: WatchOptions): Promise<Client & { resume(): void; close(): void }> {
    const client = new Client();
    const watcher = pods.watch({ fromRevision: pods.revision, ...options }, client);
    await turn();
    return Object.assign(client, {
      resume: () => watcher.resume(),
      close: () => watcher.close(),
    });
  }
  async function write(namespace: string, name: string, node: string, labels = {}): Promise<void> {
    const key = `/registry/pods/${namespace}/${name}`;
    const value = encodeStored({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name, namespace, labels },
      spec: { nodeName: node },
    });
    const { item: old } = await store.get(key);
    if (old === undefined) await store.create(key, value);
    else await store.update(key, value, old.modRevision);
    await pods.consistent();
    // on a busy machine a turn serves one watcher, and none here waits for more than these
    for (let served = 0; served < watchersMost; served += 1) await turn();
  }

  it('asks nothing of those on other nodes, in other namespaces, with other labels', async () => {
    const fieldSelector = new CountingMatcher('fields', 'spec.nodeName', 'n1');
    const labelSelector = new CountingMatcher('labels', 'app', 'web');
    const kubelet = await watch({ fieldSelector });
    const labelled = await watch({ labelSelector });
    const named = await watch({
      name: 'p1',
      fieldSelector: new CountingMatcher('fields', 'x', ''),
    });
    const namespaced = await watch({ namespace: 'b' });
    const everybody = await watch({});
    await write('a', 'p0', 'n2', { app: 'other' });
    assert.deepEqual([fieldSelector.asked, labelSelector.asked], [0, 0]);
    await write('a', 'p0', 'n1');
    await write('a', 'p0', 'n2', { app: 'web' });
    await write('a', 'p0', 'n2');
    await write('b', 'p1', 'n2');
    assert.deepEqual(kubelet.seen, ['ADDED p0', 'DELETED p0']);
    assert.deepEqual(labelled.seen, ['ADDED p0', 'DELETED p0']);
    assert.deepEqual([named.seen, namespaced.seen], [['ADDED p1'], ['ADDED p1']]);
    assert.equal(everybody.seen.length, 5);
  });

  it('does not end who has nothing to see while the ring turns over', async () => {
    const idle = await watch({ namespace: 'b' });
    const blocked = await watch({ namespace: 'b' });
    for (let i = 0; i < 8; i++) await write('a', `p${i}`, '');
    blocked.full = true;
    await write('b', 'first', '');
    for (let i = 0; i < 8; i++) await write('a', `q${i}`, '');
    await write('b', 'second', '');
    assert.deepEqual(idle.seen, ['ADDED first', 'ADDED second']);
    assert.equal(idle.ended, false);
    assert.deepEqual(blocked.seen, ['ADDED first']);
    blocked.full = false;
    blocked.resume();
    assert.equal(blocked.ended, true);
  });

  it('gives the same buffers in the same array to all of one namespace', async () => {
    const clients = [await watch({ namespace: 'a' }), await watch({ namespace: 'a' })];
    await write('a', 'x', '');
    const [first, second] = clients.map(({ batches }) => batches[0]);
    assert.ok(first !== undefined && first === second);
  });

  it('forgets those who leave', async () => {
    const gone = await watch({ namespace: 'a' });
    const stays = await watch({ namespace: 'a' });
    gone.close();
    await write('a', 'x', '');
    assert.deepEqual([gone.seen, stays.seen], [[], ['ADDED x']]);
    stays.close();
    assert.equal(pods.watcherCount, 0);
  });

  it('ends them all at once, or so many after the other', async () => {
    const clients = (count: number): Client[] =>
      Array.from({ length: count }, () => {
        const client = new Client();
        pods.watch({ fromRevision: cache.revision }, client);
        return client;
      });
    const ended = (of: Client[]): number => of.filter((client) => client.ended).length;
    const few = clients(45);
    const ending = cache.endWatches(10_000);
    assert.equal(ended(few), 20);
    await ending;
    assert.equal(ended(few), 45);
    const many = clients(45);
    void cache.endWatches(0);
    assert.equal(ended(many), 45);
  });
});
