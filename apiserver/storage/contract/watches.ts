import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { brief, type Contract, Recorder, text } from './bench.ts';

async function watchesFromThePast({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const a = await store.create(`${prefix}a`, text('1'));
  const b = await store.create(`${prefix}b`, text('1'));
  const c = await store.update(`${prefix}a`, text('2'), a);
  assert(c.ok);
  const recorder = new Recorder(store, prefix, b);
  await recorder.untilEvents(2);
  const d = await store.delete(`${prefix}b`, b);
  assert(d.ok);
  await store.create(`${own()}elsewhere`, text(''));
  const events = await recorder.untilEvents(3);
  assert.deepEqual(brief(events), [`put b@${b}`, `put a@${c.revision}`, `delete b@${d.revision}`]);
  assert.deepEqual(
    events.map((event) => event.value.toString()),
    ['1', '2', ''],
  );
  recorder.close();
  await store.create(`${prefix}late`, text(''));
  await sleep(50);
  assert.equal(recorder.events.length, 3, 'closed is closed');
  assert.equal(recorder.ended, undefined);
}

async function tellsProgress({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const recorder = new Recorder(store, prefix, (await store.currentRevision()) + 1);
  const other = await store.create(`${own()}elsewhere`, text(''));
  await recorder.until(() => recorder.progress >= other);
  assert.equal(recorder.events.length, 0);
  recorder.close();
}

async function losesNothing({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const from = await store.currentRevision();
  const early = new Recorder(store, prefix, from + 1);
  const written = new Map<number, string>();
  const writer = async (id: number): Promise<void> => {
    for (let i = 0; i < 15; i++) {
      const key = `${prefix}${id}-${i % 3}`;
      const { item } = await store.get(key);
      if (item === undefined) written.set(await store.create(key, text(`${i}`)), `put ${key}`);
      else if (i % 4 === 3) {
        const result = await store.delete(key, item.modRevision);
        if (result.ok) written.set(result.revision, `delete ${key}`);
      } else {
        const result = await store.update(key, text(`${i}`), item.modRevision);
        if (result.ok) written.set(result.revision, `put ${key}`);
      }
    }
  };
  const writers = Array.from({ length: 6 }, (_, id) => writer(id));
  await sleep(5);
  const middle = new Recorder(store, prefix, from + 1);
  await Promise.all(writers);
  const late = new Recorder(store, prefix, from + 1);
  const expected = [...written].sort(([a], [b]) => a - b).map(([r, what]) => `${r} ${what}`);
  for (const recorder of [early, middle, late]) {
    const events = await recorder.untilEvents(expected.length);
    assert.deepEqual(
      events.map((event) => `${event.revision} ${event.type} ${event.key}`),
      expected,
    );
    recorder.close();
  }
}

/** Events. */
export const watches: Record<string, (contract: Contract) => Promise<void>> = {
  'watches from the past on, across keys, in order': watchesFromThePast,
  'tells how far a quiet watch has come, or shows every revision': tellsProgress,
  'loses and repeats nothing under concurrent writers': losesNothing,
};
