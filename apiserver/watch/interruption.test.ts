import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
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
import { CacheListers } from './lister.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { ResourceSpec } from './spec.ts';
import { sharedFresh } from './waits.ts';

const spec: ResourceSpec = {
  keyPrefix: '/registry/pods/',
  namespaced: true,
  apiVersion: 'v1',
  kind: 'Pod',
};

function pod(name: string): Buffer {
  return encodeStored({ kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: 'a' } });
}

/** A store whose lists wait at a gate after they were read, and whose watches can be cut. */
class GatedStore extends MemoryStore {
  gate: Promise<void> | undefined;
  lists = 0;
  cut: (() => void) | undefined;
  override async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    this.lists++;
    const result = await super.list(prefix, options);
    await this.gate;
    return result;
  }
  override watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    const inner = super.watch(prefix, fromRevision, handlers);
    this.cut = () => {
      inner.close();
      handlers.onEnd(new StoreUnavailable('cut'));
    };
    return inner;
  }
}

describe('watch cache when the store is interrupted', { timeout: 30_000 }, () => {
  let store: GatedStore;
  let cache: WatchCache;
  let pods: ResourceCache;
  const names = (): string[] => pods.list().items.map((item) => item.name);

  beforeEach(async () => {
    store = new GatedStore();
    cache = new WatchCache(store, { prefix: '/registry/' });
    pods = cache.resource(spec);
    await store.create('/registry/pods/a/first', pod('first'));
    await cache.start();
  });
  afterEach(async () => {
    cache.stop();
    await store.close();
  });

  it('takes what happens during the first list up after it', async () => {
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const ready = pods.ready();
    await turn();
    await store.create('/registry/pods/a/meanwhile', pod('meanwhile'));
    await turn();
    gate.resolve();
    await ready;
    assert.deepEqual(names(), ['first', 'meanwhile']);
  });

  it('lists again when the watch is cut during a list', async () => {
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const ready = pods.ready();
    await turn();
    store.cut?.();
    await store.create('/registry/pods/a/unheard', pod('unheard'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    store.gate = undefined;
    gate.resolve();
    await ready;
    await pods.consistent();
    assert.deepEqual(names(), ['first', 'unheard']);
    assert.equal(store.lists, 2);
  });

  it('shows the old state until the new one is complete, and never the one before', async () => {
    await pods.ready();
    const at = pods.revision;
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    store.cut?.();
    const revision = await store.create('/registry/pods/a/later', pod('later'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual([names(), pods.revision], [['first'], at]);
    await assert.rejects(pods.waitFor(revision, 20), StatusError);
    gate.resolve();
    await pods.waitFor(revision);
    assert.deepEqual(names(), ['first', 'later']);
  });

  it('gives a consistent read what was written before it, asked for or not', async () => {
    await pods.ready();
    for (let i = 0; i < 20; i++) {
      await store.create(`/registry/pods/a/x${i}`, pod(`x${i}`));
      await pods.consistent();
      assert.equal(pods.size, i + 2);
      // moves the store's revision without an event for the resource
      await store.create(`/elsewhere/${i}`, Buffer.from(''));
      const revision = await pods.consistent();
      assert(pods.revision >= revision);
    }
  });

  it('ends watchers and forgets a resource that is removed', async () => {
    await pods.ready();
    let ended = false;
    const sink = { write: () => true, end: () => void (ended = true) };
    pods.watch({ fromRevision: pods.revision }, sink);
    cache.remove(spec.keyPrefix);
    assert(ended);
    assert.equal(pods.size, 0);
    const again = cache.resource(spec);
    await again.ready();
    assert.equal(again.size, 1);
  });

  it('says 429 while the first list is not in', async () => {
    store.gate = new Promise(() => {});
    await assert.rejects(pods.waitFor(1, 20), (error: unknown) => {
      return error instanceof StatusError && error.code === 429;
    });
    assert.throws(() => pods.watch({}, { write: () => true, end: () => {} }), StatusError);
  });

  it('is a lister that hears of every change', async () => {
    const listers = new CacheListers((group, resource) =>
      group === '' && resource === 'pods' ? pods : undefined,
    );
    assert.throws(() => listers.lister('apps', 'deployments'), /deployments.apps/);
    const lister = listers.lister('', 'pods');
    await lister.ready();
    const heard: string[] = [];
    const stop = lister.onChange(({ type, object }) => heard.push(`${type} ${object.name}`));
    const before = lister.generation;
    const revision = await store.create('/registry/pods/a/x', pod('x'));
    await store.update('/registry/pods/a/x', pod('x'), revision);
    await pods.consistent();
    stop();
    assert.deepEqual(heard, ['added x', 'modified x']);
    assert.equal(lister.generation, before + 2);
    assert.equal(lister.get('a', 'x')?.metadata.resourceVersion, String(revision + 1));
    assert.equal(lister.get('a', 'x'), lister.get('a', 'x'), 'parsed once');
    assert.deepEqual(
      lister.list('a').map((object) => object.metadata.name),
      ['first', 'x'],
    );
  });
});

describe('sharedFresh', () => {
  it('never gives an answer to a question asked before', async () => {
    let asked = 0;
    const gates: (() => void)[] = [];
    const ask = sharedFresh(async () => {
      const mine = ++asked;
      await new Promise<void>((resolve) => gates.push(resolve));
      return mine;
    });
    const first = ask();
    const second = ask();
    assert.equal(asked, 0);
    await turn();
    assert.equal(asked, 1);
    const third = ask();
    const fourth = ask();
    await turn();
    assert.equal(asked, 1);
    gates[0]?.();
    assert.deepEqual([await first, await second], [1, 1]);
    await turn();
    const fifth = ask();
    gates[1]?.();
    assert.deepEqual([await third, await fourth], [2, 2]);
    await turn();
    gates[2]?.();
    assert.equal(await fifth, 3);
  });

  it('does not let one failure reach the next', async () => {
    let fail = true;
    const ask = sharedFresh(async () => {
      await turn();
      if (fail) throw new Error('no');
      return 'yes';
    });
    const first = ask();
    await turn();
    const second = ask();
    await assert.rejects(first);
    fail = false;
    assert.equal(await second, 'yes');
  });
});
