import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { orderMerged, orderTouched } from './patched-order.ts';

const document = {
  kind: 'K',
  apiVersion: 'v',
  metadata: { name: 'n', labels: { b: '1', a: '2' } },
};

test('a merge patch leaves by key what it went through, and the rest as it was', () => {
  for (const [patch, text] of [
    [
      { kind: 'X' },
      '{"apiVersion":"v","kind":"X","metadata":{"name":"n","labels":{"b":"1","a":"2"}}}',
    ],
    [
      { metadata: { z: [{ d: 1, c: null }] } },
      '{"apiVersion":"v","kind":"K","metadata":{"labels":{"b":"1","a":"2"},"name":"n","z":[{"d":1}]}}',
    ],
    [
      { metadata: { labels: [{ d: 1, c: 2 }] } },
      '{"apiVersion":"v","kind":"K","metadata":{"labels":[{"d":1,"c":2}],"name":"n"}}',
    ],
    [
      { metadata: { z: [{ d: 1, c: 2 }], y: { f: 1, e: 2 } } },
      '{"apiVersion":"v","kind":"K","metadata":{"labels":{"b":"1","a":"2"},"name":"n","y":{"e":2,"f":1},"z":[{"c":2,"d":1}]}}',
    ],
  ] as const) {
    const patched = applyMergePatch(document, patch);
    assert.equal(JSON.stringify(orderMerged(patched, document, patch)), text);
  }
});

test('so does a JSON patch; its values stay as they were sent', () => {
  for (const [operation, text] of [
    [
      { op: 'replace', path: '/kind', value: { d: 1, c: 2 } },
      '{"apiVersion":"v","kind":{"d":1,"c":2},"metadata":{"name":"n","labels":{"b":"1","a":"2"}}}',
    ],
    [
      { op: 'add', path: '/metadata/labels/c', value: '3' },
      '{"apiVersion":"v","kind":"K","metadata":{"labels":{"a":"2","b":"1","c":"3"},"name":"n"}}',
    ],
    [
      { op: 'test', path: '/metadata/labels', value: { a: '2', b: '1' } },
      '{"apiVersion":"v","kind":"K","metadata":{"labels":{"a":"2","b":"1"},"name":"n"}}',
    ],
  ] as const) {
    const touched = new Set<object>();
    const patched = applyJsonPatch(document, [operation], touched);
    assert.equal(JSON.stringify(orderTouched(patched, touched)), text);
  }
});
