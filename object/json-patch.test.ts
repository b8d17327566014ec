import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  applyJsonPatch,
  checkJsonPatch,
  type JsonPatchOperation,
  jsonPatchUnknownFields,
} from './json-patch.ts';
import { StatusError } from './status-error.ts';

const document = { a: { 'b/c': 1, 'd~e': 2 }, list: [1, 2, 3], none: null };

test('operations', () => {
  const cases: [JsonPatchOperation[], unknown][] = [
    [[{ op: 'add', path: '/list/1', value: 9 }], { ...document, list: [1, 9, 2, 3] }],
    [[{ op: 'add', path: '/list/-', value: 9 }], { ...document, list: [1, 2, 3, 9] }],
    [[{ op: 'add', path: '/list/-1', value: 9 }], { ...document, list: [1, 2, 3, 9] }],
    [[{ op: 'remove', path: '/list/-1' }], { ...document, list: [1, 2] }],
    [[{ op: 'replace', path: '/a/b~1c', value: 5 }], { ...document, a: { 'b/c': 5, 'd~e': 2 } }],
    [[{ op: 'replace', path: '/new', value: 5 }], { ...document, new: 5 }],
    [[{ op: 'move', from: '/a/d~0e', path: '/x' }], { ...document, a: { 'b/c': 1 }, x: 2 }],
    [[{ op: 'copy', from: '/list', path: '/x' }], { ...document, x: [1, 2, 3] }],
    [[{ op: 'test', path: '/none', value: null }], document],
    [[{ op: 'test', path: '/absent', value: null }], document],
    [[{ op: 'replace', path: '', value: { z: 1 } }], { z: 1 }],
  ];
  for (const [operations, expected] of cases) {
    assert.deepEqual(applyJsonPatch(document, operations), expected, JSON.stringify(operations));
  }
});

test('one operation that does not apply refuses all, and the document stays', () => {
  const bad: JsonPatchOperation[] = [
    { op: 'remove', path: '/absent' },
    { op: 'remove', path: '/list/3' },
    { op: 'add', path: '/list/4', value: 1 },
    { op: 'add', path: '/absent/x', value: 1 },
    { op: 'add', path: '', value: {} },
    { op: 'test', path: '/list/0', value: 2 },
    { op: 'swap', path: '/list' },
    { op: 'add', value: 1 },
    { op: 'move', from: '/absent', path: '/x' },
  ];
  for (const operation of bad) {
    const before = structuredClone(document);
    assert.throws(
      () => applyJsonPatch(document, [{ op: 'add', path: '/y', value: 1 }, operation]),
      (error) =>
        error instanceof StatusError &&
        error.code === 422 &&
        error.message === 'the server rejected our request due to an error in our request',
      JSON.stringify(operation),
    );
    assert.deepEqual(document, before);
  }
});

test('the body is checked before anything is applied', () => {
  assert.throws(() => checkJsonPatch({}), { code: 400 });
  assert.throws(() => checkJsonPatch([1]), { code: 400 });
  assert.throws(() => checkJsonPatch(Array.from({ length: 10_001 }, () => ({}))), {
    code: 413,
    message:
      'Request entity is too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  });
  assert.deepEqual(jsonPatchUnknownFields([{ op: 'add', foo: 1 } as JsonPatchOperation]), [
    'json patch unknown field "[0].foo"',
  ]);
});

const key = fc.constantFrom('a', 'b/c', 'd~e', '', '__proto__');

test('adding a new field and removing it gives the document back', () => {
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue()), key, fc.jsonValue(), (object, name, value) => {
      fc.pre(!Object.hasOwn(object, name));
      const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const added = applyJsonPatch(object, [
        { op: 'add', path, value },
        { op: 'test', path, value },
      ]);
      assert.deepEqual(applyJsonPatch(added, [{ op: 'remove', path }]), { ...object });
    }),
  );
});
