import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeStored } from '../storage/codec.ts';
import { EtcdStore } from '../storage/etcd.ts';
import { type EtcdProcess, startEtcd } from '../storage/etcd-process.ts';
import { StoreUnavailable } from '../storage/store.ts';
import { WatchCache } from './cache.ts';
import type { ResourceCache } from './resource-cache.ts';

const log = { info() {}, warn() {}, error() {} };
const skip = process.env['QUORATE_NO_ETCD'] === '1';

function value(name: string, data: string): Buffer {
  const metadata = { name, namespace: 'a' };
  return encodeStored({ kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { data } });
}

/** Reads the cache consistently again and again: what is seen never goes back. */
async function readOn(maps: ResourceCache, stop: () => boolean): Promise<number> {
  let reads = 0;
  let newest = 0;
  const seen = new Map<string, number>();
  while (!stop()) {
    try {
      await maps.consistent();
    } catch {
      await sleep(20);
      continue;
    }
    const { items, revision } = maps.list();
    assert(revision >= newest, `the list went back from ${newest} to ${revision}`);
    newest = revision;
    for (const item of items) {
      assert(item.revision >= (seen.get(item.name) ?? 0), `${item.name} went back`);
      seen.set(item.name, item.revision);
    }
    reads++;
    await sleep(5);
  }
  return reads;
}

describe('watch cache over etcd', { timeout: 60_000, skip }, () => {
  let etcd: EtcdProcess;
  let store: EtcdStore;
  let cache: WatchCache;
  let maps: ResourceCache;
  before(async () => {
    etcd = await startEtcd();
    store = new EtcdStore({ endpoints: [etcd.endpoint], log });
    cache = new WatchCache(store, { prefix: '/registry/', log });
    maps = cache.resource({
      keyPrefix: '/registry/configmaps/',
      namespaced: true,
      apiVersion: 'v1',
      kind: 'ConfigMap',
    });
    await maps.ready();
  });
  after(async () => {
    cache.stop();
    await store.close();
    await etcd.stop();
  });

  it('shows every acknowledged write to the next consistent read', async () => {
    for (let i = 0; i < 30; i++) {
      const revision = await store.create(`/registry/configmaps/a/r${i}`, value(`r${i}`, ''));
      const foreign = await store.create(`/other/${i}`, Buffer.from('not ours'));
      assert((await maps.consistent()) >= foreign);
      assert.equal(maps.get('a', `r${i}`)?.revision, revision);
    }
  });

  it('never goes back and ends up the same while etcd is killed and restarted', async () => {
    let over = false;
    const reading = readOn(maps, () => over);
    const writing = (async () => {
      for (let i = 0; !over; i++) {
        const name = `w${i % 7}`;
        const key = `/registry/configmaps/a/${name}`;
        try {
          const { item } = await store.get(key);
          if (item === undefined) await store.create(key, value(name, String(i)));
          else if (i % 5 === 4) await store.delete(key, item.modRevision);
          else await store.update(key, value(name, String(i)), item.modRevision);
        } catch (error) {
          assert(error instanceof StoreUnavailable, String(error));
        }
      }
    })();
    for (let round = 0; round < 2; round++) {
      await sleep(300);
      await etcd.kill();
      await sleep(200);
      await etcd.restart();
    }
    // compacted beyond where a cut-off watch stands: the cache lists again
    await store.compact(await store.currentRevision());
    await etcd.kill();
    await etcd.restart();
    await store.ping(10_000);
    await sleep(300);
    over = true;
    await writing;
    assert((await reading) > 5);
    await maps.consistent();
    const { items } = await store.list('/registry/configmaps/');
    assert.deepEqual(
      maps.list().items.map(({ key, revision }) => [key, revision]),
      items.map(({ key, modRevision }) => [key, modRevision]),
    );
  });
});
