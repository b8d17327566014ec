import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepCopy } from './copy.ts';
import { deepEqual, semanticEqual } from './equal.ts';
import { getPath, setPath } from './path.ts';

test('dotted paths read and write', () => {
  const target: Record<string, unknown> = {};
  setPath(target, '.spec.replicas', 3);
  assert.deepEqual(target, { spec: { replicas: 3 } });
  assert.equal(getPath(target, 'spec.replicas'), 3);
  assert.equal(getPath(target, '.spec.none.deep'), undefined);
  assert.throws(() => setPath(target, '.spec.replicas.x', 1), /replicas is not an object/);
});

test('equality: exact, and with empty the same as absent', () => {
  const a = { x: [1, { y: 2 }], labels: {} };
  assert.equal(deepEqual(a, deepCopy(a)), true);
  assert.equal(deepEqual(a, { x: [1, { y: 2 }] }), false);
  assert.equal(semanticEqual(a, { x: [1, { y: 2 }], z: null }), true);
  assert.equal(semanticEqual(a, { x: [1, { y: 3 }] }), false);
  assert.equal(semanticEqual([1], { 0: 1 }), false);
  assert.equal(semanticEqual(0, undefined), false);
});
