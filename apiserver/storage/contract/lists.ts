import assert from 'node:assert/strict';
import { compareKeys } from '../keys.ts';
import { RevisionInFuture } from '../store.ts';
import { type Contract, text } from './bench.ts';

async function pagesInByteOrder({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const names = ['b', 'a', 'c/d', 'c', 'c-d', 'é', 'z~', '\u{1f600}', '\uffee', 'A B', '%2F'];
  for (const name of names) await store.create(prefix + name, text(name));
  await store.create(`${prefix.slice(0, -1)}0`, text('behind the prefix'));
  const sorted = names.map((name) => prefix + name).sort(compareKeys);
  const whole = await store.list(prefix);
  assert.deepEqual(
    whole.items.map((item) => item.key),
    sorted,
  );
  assert.deepEqual([whole.more, whole.count], [false, names.length]);
  assert.equal(whole.items[0]?.value.toString(), sorted[0]?.slice(prefix.length));

  const keys: string[] = [];
  let startKey: string | undefined;
  for (let left = names.length; ; left -= 4) {
    const options = startKey === undefined ? { limit: 4 } : { limit: 4, startKey };
    const page = await store.list(prefix, { ...options, revision: whole.revision });
    assert.equal(page.revision, whole.revision);
    assert.equal(page.count, left);
    assert.equal(page.more, left > 4);
    keys.push(...page.items.map((item) => item.key));
    if (!page.more) break;
    startKey = `${page.items.at(-1)?.key}\0`;
  }
  assert.deepEqual(keys, sorted);
  const bare = await store.list(prefix, { keysOnly: true, limit: 2 });
  assert.deepEqual(
    bare.items.map((item) => item.value.length),
    [0, 0],
  );
}

async function listsThePast({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const a = await store.create(`${prefix}a`, text('a1'));
  const b = await store.create(`${prefix}b`, text('b1'));
  const then = await store.currentRevision();
  await store.update(`${prefix}a`, text('a2'), a);
  await store.delete(`${prefix}b`, b);
  await store.create(`${prefix}c`, text('c1'));
  const old = await store.list(prefix, { revision: then });
  assert.equal(old.revision, then);
  assert.deepEqual(
    old.items.map((item) => `${item.value.toString()}@${item.modRevision}`),
    [`a1@${a}`, `b1@${b}`],
  );
  const now = await store.list(prefix);
  assert.deepEqual(
    now.items.map((item) => item.value.toString()),
    ['a2', 'c1'],
  );
  await assert.rejects(store.list(prefix, { revision: now.revision + 1000 }), RevisionInFuture);
}

async function listsMegabytes({ store, own }: Contract): Promise<void> {
  const prefix = own();
  const value = Buffer.alloc(100 * 1024, 'x');
  const writes = Array.from({ length: 52 }, (_, i) =>
    store.create(`${prefix}${String(i).padStart(3, '0')}`, value),
  );
  await Promise.all(writes);
  const { items, count: total } = await store.list(prefix);
  assert.deepEqual([items.length, total], [52, 52]);
  assert(items.every((item) => item.value.equals(value)));
  await store.create(`${prefix}big`, Buffer.alloc(1024 * 1024, 'y'));
  assert.equal((await store.get(`${prefix}big`)).item?.value.length, 1024 * 1024);
}

/** Ranges. */
export const lists: Record<string, (contract: Contract) => Promise<void>> = {
  'lists a prefix in byte order, in pages': pagesInByteOrder,
  'lists an old revision as it was': listsThePast,
  'lists five megabytes, and a value of one': listsMegabytes,
};
