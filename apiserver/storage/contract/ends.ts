import assert from 'node:assert/strict';
import { RevisionCompacted, StoreUnavailable } from '../store.ts';
import { brief, type Contract, Recorder, text } from './bench.ts';

async function compacts({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const a = await store.create(`${prefix}a`, text('1'));
  const b = await store.update(`${prefix}a`, text('2'), a);
  assert(b.ok);
  const c = await store.create(`${prefix}c`, text('3'));
  await store.compact(c);
  await assert.rejects(store.list(prefix, { revision: a }), RevisionCompacted);
  await assert.rejects(store.compact(a), RevisionCompacted);
  const recorder = new Recorder(store, prefix, a);
  await recorder.until(() => recorder.ended !== undefined);
  assert(recorder.ended instanceof RevisionCompacted);
  const now = await store.list(prefix);
  assert.deepEqual(
    now.items.map((item) => item.value.toString()),
    ['2', '3'],
  );
  const onwards = new Recorder(store, prefix, c + 1);
  const d = await store.create(`${prefix}d`, text(''));
  assert.deepEqual(brief(await onwards.untilEvents(1)), [`put d@${d}`]);
  onwards.close();
}

async function expires({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const recorder = new Recorder(store, prefix, (await store.currentRevision()) + 1);
  const revision = await store.create(`${prefix}brief`, text(''), { ttlSeconds: 1 });
  await store.create(`${prefix}lasting`, text(''), { ttlSeconds: 3600 });
  const kept = await store.create(`${prefix}kept`, text(''), { ttlSeconds: 1 });
  const update = await store.update(`${prefix}kept`, text('now for good'), kept);
  assert(update.ok && revision < kept);
  const events = await recorder.untilEvents(5);
  assert.deepEqual([events[4]?.type, events[4]?.key], ['delete', `${prefix}brief`]);
  assert.deepEqual(
    (await store.list(prefix)).items.map((item) => item.key),
    [`${prefix}kept`, `${prefix}lasting`],
  );
  recorder.close();
}

async function answersPings({ store }: Contract): Promise<void> {
  await store.ping(5_000);
  assert(((await store.sizeBytes()) ?? 0) > 0);
}

async function closes({ makeStore }: Contract): Promise<void> {
  const made = await makeStore();
  const recorder = new Recorder(made.store, '/registry/', 1);
  const calls = Array.from({ length: 20 }, (_, i) =>
    made.store.create(`/registry/closing/${i}`, text('')),
  );
  await Promise.resolve();
  await made.store.close();
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === 'rejected') assert(result.reason instanceof StoreUnavailable);
  }
  await recorder.until(() => recorder.ended !== undefined);
  assert(recorder.ended instanceof StoreUnavailable);
  await assert.rejects(async () => made.store.get('/registry/x'), StoreUnavailable);
  await made.stop();
}

/** What ends: history, keys, stores. */
export const ends: Record<string, (contract: Contract) => Promise<void>> = {
  'forgets what was compacted, and says so': compacts,
  'lets keys go when their time is over': expires,
  'answers pings and knows its size': answersPings,
  'ends what is under way when it is closed, and refuses more': closes,
};
