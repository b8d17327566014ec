import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RepairQueue } from './repair-queue.ts';

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

test('a key is repaired once however often it is added, and again when it is young', async () => {
  const seen: string[] = [];
  const queue = new RepairQueue(
    async (key) => {
      seen.push(key);
      return key === 'young' && seen.length < 3 ? 1 : undefined;
    },
    () => undefined,
  );
  for (const key of ['a', 'a', 'young', 'a']) queue.add(key);
  while (seen.length < 3) await turn();
  await queue.stop();
  assert.deepEqual(seen, ['a', 'young', 'young']);
});

test('what fails is tried again', async () => {
  let tries = 0;
  const queue = new RepairQueue(
    async () => {
      if (++tries < 3) throw new Error('down');
      return undefined;
    },
    () => assert.fail('given up too early'),
  );
  queue.add('a');
  while (tries < 3) await turn();
  await queue.stop();
});

test('nothing is begun after the stop, which waits for what is under way', async () => {
  let ended = false;
  const queue = new RepairQueue(
    async () => {
      await turn();
      ended = true;
      return undefined;
    },
    () => undefined,
  );
  queue.add('a');
  await new Promise((resolve) => setImmediate(resolve));
  await queue.stop();
  assert.equal(ended, true);
  ended = false;
  queue.add('b');
  await turn();
  assert.equal(ended, false);
});
