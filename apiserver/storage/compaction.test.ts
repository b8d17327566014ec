import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Compactor, compactRevisionKey } from './compaction.ts';
import { MemoryStore } from './memory.ts';
import { RevisionCompacted } from './store.ts';

const log = { info() {}, warn() {} };

describe('compactor', () => {
  it('forgets what is older than one turn, and one server does it for all', async () => {
    const store = new MemoryStore();
    const servers = [new Compactor(store, log), new Compactor(store, log)];
    const turn = async (): Promise<(number | undefined)[]> => {
      const done = [];
      for (const server of servers) done.push(await server.tick());
      return done;
    };
    const old = await store.create('/registry/a', Buffer.from('1'));
    assert.deepEqual(await turn(), [undefined, undefined], 'nothing is old yet');
    const kept = await store.currentRevision();
    await store.update('/registry/a', Buffer.from('2'), old);
    const compacted = (await turn()).filter((revision) => revision !== undefined);
    assert.equal(compacted.length, 1);
    assert((compacted[0] ?? 0) <= kept);
    assert.equal(
      (await store.list('/registry/', { revision: kept })).items[0]?.value.toString(),
      '1',
    );
    await turn();
    await assert.rejects(store.list('/registry/', { revision: kept - 1 }), RevisionCompacted);
    assert.equal((await store.get('/registry/a')).item?.value.toString(), '2');
    await store.close();
  });

  it('goes on where a kube-apiserver left the record', async () => {
    const store = new MemoryStore();
    await store.create(compactRevisionKey, Buffer.from('17'));
    const compactor = new Compactor(store, log);
    assert.equal(await compactor.tick(), undefined);
    const seen = await store.currentRevision();
    await store.create('/registry/a', Buffer.from(''));
    assert.equal(await compactor.tick(), seen);
    await store.close();
  });

  it('does not throw when the store is away', async () => {
    const store = new MemoryStore();
    await store.close();
    assert.equal(await new Compactor(store, log).tick(), undefined);
  });
});
