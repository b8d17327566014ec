import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInSchema } from './built-in.ts';
import { mergeTwice } from './merge-twice.ts';

const pod = builtInSchema('io.k8s.api.core.v1.Pod');
const merged = (text: string): unknown => mergeTwice(text, pod, JSON.parse);

test('structs and maps that stand twice are merged, the last scalar counts', () => {
  const text = `{ "kind": "Pod", "kind" : "Pot",
    "metadata": {"labels": {"a": "1", "b": "2"}, "name": "x"},
    "metadata": {"labels": {"b": "3", "c": "4"}, "name": "\\u0079", "__proto__": {"a": []}} }`;
  assert.deepEqual(
    merged(text),
    JSON.parse(`{ "kind": "Pot", "metadata": {
      "labels": {"a": "1", "b": "3", "c": "4"}, "name": "y", "__proto__": {"a": []}} }`),
  );
});

test('a list is merged by position and has the length of the last', () => {
  const text = `{"spec": {
    "containers": [{"name": "a", "image": "i", "args": ["1", "2"]}, {"name": "b"}],
    "containers": [{"name": "c", "args": ["3"]}]
  }}`;
  assert.deepEqual(merged(text), {
    spec: { containers: [{ name: 'c', image: 'i', args: ['3'] }] },
  });
});

test('what a shorter list has cut off is there again for a longer one, unless that was empty', () => {
  const lists = (...of: string[]): string =>
    `{"spec": {${of.map((one) => `"containers": [${one}]`).join()}}}`;
  const [a, b] = ['{"name": "a", "image": "i"}', '{"name": "b", "args": ["1", "2"]}'];
  assert.deepEqual(merged(lists(`${a}, ${b}`, a, `null, {"args": [null, "3"]}`)), {
    spec: {
      containers: [
        { name: 'a', image: 'i' },
        { name: 'b', args: ['1', '3'] },
      ],
    },
  });
  assert.deepEqual(merged(lists(`${a}, ${b}`, '', '{}')), { spec: { containers: [{}] } });
});

test('values of a map, and types that read themselves, begin anew', () => {
  const text = `{"spec": {"overhead": {"cpu": "1"}, "overhead": {"cpu": {"a": 1}, "memory": "2"}},
    "metadata": {"managedFields": [{"fieldsV1": {"f:a": {}}}],
      "managedFields": [{"fieldsV1": {"f:b": {}}}]}}`;
  assert.deepEqual(merged(text), {
    spec: { overhead: { cpu: { a: 1 }, memory: '2' } },
    metadata: { managedFields: [{ fieldsV1: { 'f:b': {} } }] },
  });
});

test('null takes away what is a pointer, a map, a list or a time, and leaves the rest', () => {
  const text = `{"metadata": {"name": "a", "labels": {"a": "1"}, "creationTimestamp": "t"},
    "metadata": {"name": null, "labels": null, "creationTimestamp": null},
    "spec": {"priority": 1, "containers": [], "nodeName": "n", "hostPID": true},
    "spec": {"priority": null, "containers": null, "nodeName": null, "hostPID": null},
    "spec": null}`;
  assert.deepEqual(merged(text), {
    metadata: { name: 'a', labels: null, creationTimestamp: null },
    spec: { priority: null, containers: null, nodeName: 'n', hostPID: true },
  });
});
