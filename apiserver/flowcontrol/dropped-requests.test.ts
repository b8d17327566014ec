import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroppedRequests } from './dropped-requests.ts';

test('who is turned away is told to come back later the more there are', () => {
  const dropped = new DroppedRequests();
  /** The last answer of so many within a second. */
  const at = (second: number, times: number): number => {
    let told = 0;
    for (let i = 0; i < times; i++) told = dropped.record(second + i / 1000);
    return told;
  };
  assert.equal(at(100, 5), 1, 'of the present second nothing is known yet');
  assert.equal(at(101, 20), 2);
  assert.equal(at(102, 1), 2, 'one spike counts once');
  assert.equal(at(103, 30), 4);
  assert.equal(at(107, 1), 8);
  assert.equal(at(115, 1), 7, 'few: a second less');
  assert.equal(at(130, 1), 6);
  for (let second = 200; second < 400; second++) at(second, 200);
  assert.equal(at(400, 1), 32, 'that is the end');
});
