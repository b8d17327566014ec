import assert from 'node:assert/strict';
import { KeyExists } from '../store.ts';
import { type Contract, count, text } from './bench.ts';

async function createsOnce({ store, own }: Contract): Promise<void> {
  const key = `${own()}a`;
  assert.equal((await store.get(key)).item, undefined);
  const revision = await store.create(key, text('one'));
  const got = await store.get(key);
  assert.equal(got.item?.value.toString(), 'one');
  assert.equal(got.item?.modRevision, revision);
  assert(got.revision >= revision);
  await assert.rejects(store.create(key, text('two')), KeyExists);
  assert.equal((await store.get(key)).item?.value.toString(), 'one');
}

async function guardsByVersion({ store, own }: Contract): Promise<void> {
  const key = `${own()}a`;
  const first = await store.create(key, text('1'));
  const second = await store.update(key, text('2'), first);
  assert(second.ok && second.revision > first);
  const stale = await store.update(key, text('3'), first);
  assert(!stale.ok);
  assert.equal(stale.current?.value.toString(), '2');
  assert.equal(stale.current?.modRevision, second.revision);
  const notYet = await store.delete(key, first);
  assert(!notYet.ok && notYet.current?.modRevision === second.revision);
  const gone = await store.delete(key, second.revision);
  assert(gone.ok && gone.revision > second.revision);
  const again = await store.delete(key, second.revision);
  assert(!again.ok && again.current === undefined);
  const lost = await store.update(key, text('4'), second.revision);
  assert(!lost.ok && lost.current === undefined);
  assert((await store.create(key, text('5'))) > gone.revision);
}

async function countsRevisions({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const before = await store.currentRevision();
  const a = await store.create(`${prefix}a`, text(''));
  const b = await store.create(`${prefix}b`, text(''));
  assert.deepEqual([a, b, await store.currentRevision()], [before + 1, before + 2, before + 2]);
}

async function countsConcurrently({ store, own }: Contract): Promise<void> {
  const key = `${own()}counter`;
  await store.create(key, text('0'));
  await Promise.all(Array.from({ length: 8 }, () => count(store, key, 10)));
  assert.equal((await store.get(key)).item?.value.toString(), '80');
}

async function oneCreatorWins({ store, own }: Contract): Promise<void> {
  const key = `${own()}a`;
  const tries = Array.from({ length: 10 }, (_, i) => store.create(key, text(String(i))));
  const results = await Promise.allSettled(tries);
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
}

/** Single keys. */
export const writes: Record<string, (contract: Contract) => Promise<void>> = {
  'creates once, reads back, and says what is not there': createsOnce,
  'updates and deletes only the expected version': guardsByVersion,
  'raises one revision for the whole store by one with every write': countsRevisions,
  'is linearizable for concurrent writers': countsConcurrently,
  'lets one of many creators win': oneCreatorWins,
};
