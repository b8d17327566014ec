import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartBackoff, writtenDelay } from './backoff.ts';

test('the first restart is at once, then delays double up to five minutes', () => {
  const backoff = new RestartBackoff();
  let now = 0;
  const delays = Array.from({ length: 8 }, () => {
    now += 1000;
    return backoff.next(now) / 1000;
  });
  assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('ten quiet minutes are forgiven', () => {
  const backoff = new RestartBackoff();
  backoff.next(0);
  assert.equal(backoff.next(1), 10_000);
  assert.equal(backoff.next(600_001), 20_000);
  assert.equal(backoff.next(1_200_002), 0);
});

test('delays are written as Go writes them', () => {
  assert.deepEqual([10_000, 80_000, 300_000].map(writtenDelay), ['10s', '1m20s', '5m0s']);
});
