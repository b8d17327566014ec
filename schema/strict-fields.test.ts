import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInSchema } from './built-in.ts';
import { anything, strictComplaints } from './strict-fields.ts';

const pod = builtInSchema('io.k8s.api.core.v1.Pod');

test('unknown and duplicate fields in the order in which Go meets them', () => {
  const text = `{ "kind": "Pod", "odd": {"a": 1, "a": 2}, "metadata": {"name": "a", "name": "b",
    "labels": {"x": "1", "x": "2"}, "own": 1}, "odd": 2, "kind": "Pod",
    "spec": {"containers": [{"name": "a"}, {"nmae": "b", "ports": [{"x": []}],
      "resources": {"limits": {"cpu": "1", "cpu": {"a": 1, "a": 2}}}}]} }`;
  assert.deepEqual(strictComplaints(text, pod), [
    'unknown field "odd"',
    'duplicate field "metadata.name"',
    'duplicate field "metadata.labels.x"',
    'unknown field "metadata.own"',
    'duplicate field "kind"',
    'unknown field "spec.containers[1].nmae"',
    'unknown field "spec.containers[1].ports[0].x"',
    'duplicate field "spec.containers[1].resources.limits.cpu"',
  ]);
});

test('what may be anything is looked through for duplicates', () => {
  const text = '{"a":[{"b":1,"c":"\\"","b":{"d":1,"d":2}}],"\\u0061":true}';
  assert.deepEqual(strictComplaints(text, anything), [
    'duplicate field "a[0].b"',
    'duplicate field "a[0].b.d"',
    'duplicate field "a"',
  ]);
});

test('a hundred complaints are enough', () => {
  const fields = Array.from({ length: 150 }, (_, i) => `"k${i}":${i}`).join();
  assert.equal(strictComplaints(`{${fields}}`, pod).length, 100);
});
