import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonSetStatus } from './daemon-set-plan.ts';

test('a count of collisions that is there stays, zero too', () => {
  const count = (status: object, collisions: number): unknown => {
    const set = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'a' }, status };
    return daemonSetStatus(set, [], [], 'hash', collisions, new Date(0))['collisionCount'];
  };
  assert.equal(count({}, 0), undefined);
  assert.equal(count({ collisionCount: 0 }, 0), 0);
  assert.equal(count({}, 1), 1);
});
