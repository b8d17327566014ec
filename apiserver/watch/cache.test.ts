import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import { encodeStored } from '../storage/codec.ts';
import { MemoryStore } from '../storage/memory.ts';
import { WatchCache } from './cache.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { ResourceSpec } from './spec.ts';
import type { WatchOptions, Watcher, WatchSink } from './watcher.ts';

const spec: ResourceSpec = {
  keyPrefix: '/registry/pods/',
  namespaced: true,
  apiVersion: 'v1',
  kind: 'Pod',
  selectableFields: (pod) => ({ 'spec.nodeName': pod['spec']?.nodeName ?? '' }),
};

function pod(namespace: string, name: string, extra: Partial<KubeObject> = {}): Buffer {
  const metadata = { name, namespace, ...extra.metadata };
  return encodeStored({ ...extra, kind: 'Pod', apiVersion: 'v1', metadata });
}

/** A client that reads all it is sent, unless told to be full. */
class Client implements WatchSink {
  text = '';
  full = false;
  ended: StatusError | true | undefined;
  write(frames: readonly Buffer[]): boolean {
    for (const frame of frames) this.text += frame.toString();
    return !this.full;
  }
  end(error?: StatusError): void {
    this.ended = error ?? true;
  }
  get events(): { type: string; object: KubeObject }[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
  get seen(): string[] {
    return this.events.map(
      ({ type, object }) =>
        `${type} ${object.metadata.name ?? ''}@${object.metadata.resourceVersion}`,
    );
  }
}

describe('watch cache', () => {
  let store: MemoryStore;
  let cache: WatchCache;
  let pods: ResourceCache;

  function watch(options: WatchOptions): { client: Client; watcher: Watcher } {
    const client = new Client();
    return { client, watcher: pods.watch(options, client) };
  }
  async function settle(): Promise<void> {
    await pods.consistent();
    await turn();
  }

  beforeEach(async () => {
    store = new MemoryStore();
    cache = new WatchCache(store, { prefix: '/registry/', ring: { events: 5, minimumEvents: 1 } });
    await store.create('/registry/pods/a/old', pod('a', 'old'));
    await cache.start();
    pods = cache.resource(spec);
    await pods.ready();
  });
  afterEach(async () => {
    cache.stop();
    await store.close();
  });

  it('gives the bytes as stored with the revision spliced in', async () => {
    const revision = await store.create('/registry/pods/a/x', pod('a', 'x'));
    await pods.waitFor(revision);
    assert.equal(
      pods.get('a', 'x')?.bytes.toString(),
      `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","namespace":"a","resourceVersion":"${revision}"}}`,
    );
  });

  it('lists in key order, by namespace, by page and by selector', async () => {
    for (const name of ['c', 'a', 'b']) {
      await store.create(
        `/registry/pods/n/${name}`,
        pod('n', name, { metadata: { labels: { name } } }),
      );
    }
    await store.create('/registry/pods/n0/z', pod('n0', 'z', { spec: { nodeName: 'm' } }));
    await settle();
    const names = (options: Parameters<ResourceCache['list']>[0]): string[] =>
      pods.list(options).items.map((item) => item.name);
    assert.deepEqual(names({}), ['old', 'a', 'b', 'c', 'z']);
    assert.deepEqual(names({ namespace: 'n' }), ['a', 'b', 'c']);
    assert.deepEqual(names({ namespace: 'n', name: 'b' }), ['b']);
    assert.deepEqual(names({ labelSelector: { matches: (l) => l['name'] === 'b' } }), ['b']);
    assert.deepEqual(names({ fieldSelector: { matches: (f) => f['spec.nodeName'] === 'm' } }), [
      'z',
    ]);
    const first = pods.list({ limit: 2 });
    assert.deepEqual([first.more, first.remaining], [true, 3]);
    const startKey = first.items[1]?.key ?? '';
    assert.deepEqual(names({ limit: 9, startKey }), ['a', 'b', 'c', 'z']);
    assert.deepEqual(names({ limit: 9, startKey: `${startKey}\0` }), ['b', 'c', 'z']);
  });

  it('turns entering and leaving a selector into ADDED and DELETED', async () => {
    const key = '/registry/pods/a/x';
    const { client } = watch({
      fromRevision: pods.revision,
      labelSelector: { matches: (labels) => labels['in'] === 'yes' },
    });
    const put = async (value: Buffer, at: number): Promise<number> => {
      const result = await store.update(key, value, at);
      assert(result.ok);
      return result.revision;
    };
    const one = await store.create(key, pod('a', 'x'));
    const two = await put(pod('a', 'x', { metadata: { labels: { in: 'yes' } } }), one);
    const three = await put(pod('a', 'x', { metadata: { labels: { in: 'yes' } }, spec: {} }), two);
    const four = await put(pod('a', 'x', { status: { left: true } }), three);
    await settle();
    assert.deepEqual(client.seen, [`ADDED x@${two}`, `MODIFIED x@${three}`, `DELETED x@${four}`]);
    assert.equal(client.events[2]?.object['status'], undefined, 'shows the state that matched');
  });

  it('shows the last state at the revision of the delete', async () => {
    const { client } = watch({ fromRevision: pods.revision });
    const item = (await store.get('/registry/pods/a/old')).item;
    const gone = await store.delete('/registry/pods/a/old', item?.modRevision ?? 0);
    assert(gone.ok);
    await settle();
    assert.deepEqual(client.seen, [`DELETED old@${gone.revision}`]);
  });

  it('sends the state first, then the end mark, then what follows', async () => {
    const { client } = watch({ initialEventsEnd: true });
    const at = pods.revision;
    const revision = await store.create('/registry/pods/a/x', pod('a', 'x'));
    await settle();
    assert.deepEqual(client.seen, ['ADDED old@2', `BOOKMARK @${at}`, `ADDED x@${revision}`]);
    const marks = client.events[1]?.object.metadata.annotations;
    assert.deepEqual(marks, { 'k8s.io/initial-events-end': 'true' });
  });

  it('refuses a revision older than what is kept, in upstream words', async () => {
    for (let i = 0; i < 7; i++) await store.create(`/registry/pods/a/x${i}`, pod('a', `x${i}`));
    await settle();
    assert.throws(
      () => watch({ fromRevision: 3 }),
      (error: unknown) =>
        error instanceof StatusError &&
        error.code === 410 &&
        error.reason === 'Expired' &&
        error.message === 'too old resource version: 3 (4)',
    );
    assert.doesNotThrow(() => watch({ fromRevision: 4 }));
  });

  it('keeps a slow client its place, and ends it once the ring has passed', async () => {
    const { client, watcher } = watch({ fromRevision: pods.revision });
    client.full = true;
    for (let i = 0; i < 4; i++) await store.create(`/registry/pods/a/x${i}`, pod('a', `x${i}`));
    await settle();
    assert.equal(client.ended, undefined);
    client.full = false;
    watcher.resume();
    assert.deepEqual(client.seen.length, 4, 'nothing lost, nothing twice');
    client.full = true;
    for (let i = 4; i < 20; i++) await store.create(`/registry/pods/a/x${i}`, pod('a', `x${i}`));
    await settle();
    assert.equal(client.ended, true);
    assert.equal(pods.watcherCount, 0);
  });

  it('makes one frame for all watchers, also in another representation', async () => {
    let made = 0;
    const frames: Buffer[][] = [[], [], [], []];
    const representation = {
      id: 'names',
      frame: (_type: string, object: { name: string }) => {
        made++;
        return Buffer.from(object.name);
      },
      bookmark: () => Buffer.from(''),
    };
    frames.forEach((into, i) => {
      const sink = { write: (f: readonly Buffer[]) => into.push(...f) > 0, end: () => {} };
      const from = { fromRevision: pods.revision };
      pods.watch(i < 2 ? from : { ...from, representation }, sink);
    });
    await store.create('/registry/pods/a/x', pod('a', 'x'));
    await settle();
    assert.equal(frames[0]?.[0], frames[1]?.[0], 'the same buffer');
    assert.equal(frames[2]?.[0], frames[3]?.[0]);
    assert.equal(frames[3]?.[0]?.toString(), 'x');
    assert.equal(made, 1);
  });

  it('takes up its own writes without parsing', async () => {
    const object = JSON.parse(pod('a', 'mine', { metadata: { labels: { l: '1' } } }).toString());
    let decoded = 0;
    cache.remove(spec.keyPrefix);
    const counting = { ...spec, decode: () => void decoded++ };
    pods = cache.resource(counting as unknown as ResourceSpec);
    await pods.ready();
    decoded = 0;
    const stored = encodeStored(object);
    pods.remember('/registry/pods/a/mine', stored, object);
    await store.create('/registry/pods/a/mine', Buffer.from(stored));
    await settle();
    assert.equal(decoded, 0);
    assert.deepEqual(pods.get('a', 'mine')?.labels, { l: '1' });
  });

  it('leaves out what cannot be read, says so, and recovers', async () => {
    const revision = await store.create('/registry/pods/a/bad', Buffer.from('{nonsense'));
    await settle();
    assert.deepEqual([...pods.broken.keys()], ['/registry/pods/a/bad']);
    assert.equal(pods.get('a', 'bad'), undefined);
    await store.update('/registry/pods/a/bad', pod('a', 'bad'), revision);
    await settle();
    assert.equal(pods.broken.size, 0);
    assert.notEqual(pods.get('a', 'bad'), undefined);
  });

  it('says 504 when a revision is not reached in time', async () => {
    await assert.rejects(pods.waitFor(999, 20), (error: unknown) => {
      return error instanceof StatusError && /Too large resource version: 999/.test(error.message);
    });
  });
});
