import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Transformer } from './codec.ts';
import { Recorder } from './contract/bench.ts';
import { MemoryStore } from './memory.ts';
import { TransformedStore } from './transformed.ts';

/** Turns every byte round and says by a mark that it did. */
const turned: Transformer = {
  toStorage: (bytes) => Buffer.concat([Buffer.from('T:'), bytes.map((byte) => byte ^ 0xff)]),
  fromStorage: (bytes) => {
    if (bytes.toString('latin1', 0, 2) !== 'T:') throw new Error('not mine');
    return Buffer.from(bytes.subarray(2).map((byte) => byte ^ 0xff));
  },
};

describe('transformed store', () => {
  it('shows plain values above and keeps transformed ones below', async () => {
    const below = new MemoryStore();
    const store = new TransformedStore(below, turned, () => assert.fail());
    const a = await store.create('/a', Buffer.from('one'));
    assert.notEqual((await below.get('/a')).item?.value.toString(), 'one');
    const b = await store.update('/a', Buffer.from('two'), a);
    assert(b.ok);
    const stale = await store.update('/a', Buffer.from('three'), a);
    assert(!stale.ok && stale.current?.value.toString() === 'two');
    assert.equal((await store.get('/a')).item?.value.toString(), 'two');
    assert.equal((await store.list('/')).items[0]?.value.toString(), 'two');
    const recorder = new Recorder(store, '/', a);
    const seen = (await recorder.untilEvents(2)).map((event) => event.value.toString());
    assert.deepEqual(seen, ['one', 'two']);
    await store.close();
  });

  it('reports what it cannot read, without taking the rest with it', async () => {
    const below = new MemoryStore();
    const reported: string[] = [];
    const store = new TransformedStore(below, turned, (key) => reported.push(key));
    await below.create('/a', Buffer.from('plain'));
    await store.create('/b', Buffer.from('fine'));
    const values = (await store.list('/')).items.map((item) => item.value.toString());
    assert.deepEqual(values, ['plain', 'fine']);
    assert.deepEqual(reported, ['/a']);
    await assert.rejects(store.get('/a'), /not mine/);
    await store.close();
  });
});
