import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from '../log/log.ts';
import { Loop } from './loop.ts';
import { done, requeueAfter, terminal } from './result.ts';

test('errors are retried, requeue-after comes again, done rests', async () => {
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const loop = new Loop({
    name: 't',
    log: silent,
    async reconcile(key) {
      seen.push(key);
      if (seen.length === 1) throw new Error('first time');
      if (seen.length === 2) return requeueAfter(1);
      resolve();
      return done;
    },
  });
  loop.start();
  loop.add('a');
  await promise;
  await loop.stop();
  assert.deepEqual(seen, ['a', 'a', 'a']);
});

test('a terminal failure rests until the object changes', async () => {
  const seen: string[] = [];
  const calls: (() => void)[] = [];
  const called = () => new Promise<void>((resolve) => calls.push(resolve));
  const loop = new Loop({
    name: 't',
    log: silent,
    async reconcile(key) {
      seen.push(key);
      calls.shift()?.();
      return key === 'bad' ? terminal(new Error('never')) : done;
    },
  });
  loop.start();
  for (const key of ['bad', 'after', 'bad']) {
    const next = called();
    loop.add(key);
    await next;
  }
  await loop.stop();
  assert.deepEqual(seen, ['bad', 'after', 'bad']);
});

test('what is due in more than a timer can wait is not taken up again and again', async (t) => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const timers = t.mock.method(globalThis, 'setTimeout', (_: () => void, ms: number) =>
    resolve(ms),
  );
  const fortyDays = 40 * 24 * 3600 * 1000;
  const reconcile = async () => requeueAfter(fortyDays);
  const loop = new Loop({ name: 't', log: silent, reconcile });
  loop.start();
  loop.add('a');
  const ms = await promise;
  timers.mock.restore();
  await loop.stop();
  assert.equal(ms, 2 ** 31 - 1);
});

test('at most the stated number of workers run, never two on one key', async () => {
  let running = 0;
  let most = 0;
  const keys = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  let finished = 0;
  const loop = new Loop({
    name: 't',
    log: silent,
    workers: 3,
    async reconcile(key) {
      assert.ok(!keys.has(key));
      keys.add(key);
      most = Math.max(most, ++running);
      loop.add(key === 'k0' && finished < 5 ? 'k0' : 'k1');
      await new Promise((r) => setTimeout(r, 1));
      running--;
      keys.delete(key);
      if (++finished === 40) resolve();
      return done;
    },
  });
  loop.start();
  for (let i = 0; i < 30; i++) loop.add(`k${i}`);
  await promise;
  await loop.stop();
  assert.equal(most, 3);
});
