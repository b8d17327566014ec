import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkQueue } from './queue.ts';

function queueAt(): { queue: WorkQueue; clock: { now: number } } {
  const clock = { now: 0 };
  return { queue: new WorkQueue({ now: () => clock.now }), clock };
}

test('a key added many times is handed out once', () => {
  const { queue } = queueAt();
  queue.add('a');
  queue.add('a');
  assert.equal(queue.take(), 'a');
  assert.equal(queue.take(), undefined);
});

test('a key added while processed comes again after finish, not before', () => {
  const { queue } = queueAt();
  queue.add('a');
  queue.take();
  queue.add('a');
  assert.equal(queue.take(), undefined);
  queue.finish('a');
  assert.equal(queue.take(), 'a');
});

test('failures back off 5 ms, 10 ms, 20 ms up to 1000 s, and forget starts over', () => {
  const { queue } = queueAt();
  const delays = Array.from({ length: 20 }, () => queue.addRateLimited('a'));
  assert.deepEqual(delays.slice(0, 4), [5, 10, 20, 40]);
  assert.equal(delays.at(-1), 1_000_000);
  queue.forget('a');
  assert.equal(queue.addRateLimited('a'), 5);
});

test('a delayed key waits for its time, and the earlier of two delays wins', () => {
  const { queue, clock } = queueAt();
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 200);
  assert.equal(queue.nextAt(), 50);
  clock.now = 49;
  assert.equal(queue.take(), undefined);
  clock.now = 50;
  assert.equal(queue.take(), 'a');
  assert.equal(queue.nextAt(), undefined);
});

test('no key is ever processed twice at once, and none is lost', () => {
  const step = fc.oneof(
    fc.record({ op: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ op: fc.constant('later' as const), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ op: fc.constant('take' as const), key: fc.constant('') }),
    fc.record({ op: fc.constant('finish' as const), key: fc.constantFrom('a', 'b', 'c') }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { queue, clock } = queueAt();
      const processing = new Set<string>();
      const owed = new Set<string>();
      for (const { op, key } of steps) {
        if (op === 'add' || op === 'later') {
          if (op === 'add') queue.add(key);
          else queue.addAfter(key, 10);
          owed.add(key);
        } else if (op === 'take') {
          const taken = queue.take();
          if (taken === undefined) continue;
          assert.ok(!processing.has(taken));
          processing.add(taken);
          owed.delete(taken);
        } else if (processing.delete(key)) queue.finish(key);
      }
      for (const key of processing) queue.finish(key);
      clock.now = 1000;
      for (let key = queue.take(); key !== undefined; key = queue.take()) {
        owed.delete(key);
        queue.finish(key);
      }
      assert.deepEqual([...owed], []);
    }),
  );
});
