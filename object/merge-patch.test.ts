import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepCopy } from './copy.ts';
import { applyMergePatch } from './merge-patch.ts';

test('the examples of RFC 7386 that concern objects', () => {
  const cases: [object, unknown, object][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of cases) {
    assert.deepEqual(applyMergePatch(target, patch), result);
  }
  assert.throws(() => applyMergePatch({}, ['c']), { code: 400 });
});

test('objects in a list have no nulls, unless the list comes in place of an object', () => {
  const list = [null, { a: null, b: [{ c: null }], d: 1 }, [{ e: null }]];
  const bare = [null, { b: [{}], d: 1 }, [{}]];
  for (const target of [{}, { l: [1] }, { l: 'x' }, { l: null }]) {
    assert.deepEqual(applyMergePatch(target, { l: list }), { l: bare });
  }
  assert.deepEqual(applyMergePatch({ l: {} }, { l: list }), { l: list });
});

/** The pseudo code of RFC 7386, word for word, on maps; and what evanphx/json-patch does with lists. */
function oracle(target: unknown, patch: unknown): unknown {
  const onMap = typeof target === 'object' && target !== null && !Array.isArray(target);
  if (Array.isArray(patch)) return onMap ? patch : patch.map((item) => oracle(undefined, item));
  if (typeof patch !== 'object' || patch === null) return patch;
  const base = onMap ? new Map(Object.entries(target)) : new Map<string, unknown>();
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) base.delete(name);
    else base.set(name, oracle(base.get(name), value));
  }
  return Object.fromEntries(base);
}

const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 4 }), {
  noNullPrototype: true,
});

test('agrees with the RFC, touches neither side, and is idempotent after the second time', () => {
  fc.assert(
    fc.property(object, object, (target, patch) => {
      const before = deepCopy([target, patch]);
      const result = applyMergePatch(target, patch);
      assert.deepEqual(result, oracle(target, patch));
      assert.deepEqual([target, patch], before);
      const again = applyMergePatch(result, patch);
      assert.deepEqual(applyMergePatch(again, patch), again);
    }),
  );
});
