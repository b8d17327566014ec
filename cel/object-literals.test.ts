import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAdmission } from './admission.ts';
import { JsonPatchLiteral, jsonOf } from './object-literals.ts';

const offered = { params: false, authorizer: false };

function valueOf(expression: string, returns: 'Object' | 'JSONPatch'): unknown {
  const { program, error } = compileAdmission(expression, offered, returns);
  assert.equal(error, undefined);
  const object = { a: { b: 'c' }, n: 2n };
  return program?.evaluate({ object, oldObject: null }, 10_000).run();
}

test('literals of types become objects; what only looks like one is left alone', () => {
  const cases: [expression: string, json: object][] = [
    ['Object{}', {}],
    ['Object{a: 1, b: [true, false], c: {"d": 1.5}}', { a: 1, b: [true, false], c: { d: 1.5 } }],
    ['Object { spec : Object . spec { x: object.n + 1, }, }', { spec: { x: 3 } }],
    [
      'Object{s: "Object{a: 1}", r: r"{\\d", t: \'}\' // Object{b\n}',
      { s: 'Object{a: 1}', r: '{\\d', t: '}' },
    ],
    ['object.n > 1 ? Object{`a-b`: 1} : Object{}', { 'a-b': 1 }],
    [
      'Object{x: {"k": object.a.b}, y: [1, 2].map(i, Object.y{z: i})}',
      { x: { k: 'c' }, y: [{ z: 1 }, { z: 2 }] },
    ],
    ['Object{x: has(object.q) ? 1 : object.n}', { x: 2 }],
    ['Object{?x: object.?n, ? y : object.?q, z: 1}', { x: 2, z: 1 }],
    ['Object{a: Object.a{?b: object.a.?b, ?`c-d`: optional.none()}}', { a: { b: 'c' } }],
  ];
  for (const [expression, json] of cases) {
    assert.deepEqual(jsonOf(valueOf(expression, 'Object')), json, expression);
  }
});

test('an optional field wants an optional value', () => {
  assert.throws(() => valueOf('Object{?x: object.n}', 'Object'), /optional entry 'x'/);
});

test('JSON patches keep their values; fields they do not have are refused', () => {
  const [patch] = valueOf(
    '[JSONPatch{op: "add", path: "/a", value: Object.a{b: 1}}]',
    'JSONPatch',
  ) as [JsonPatchLiteral];
  assert.deepEqual(jsonOf(patch.fields), { op: 'add', path: '/a', value: { b: 1 } });
  const problem = (expression: string): string | undefined =>
    compileAdmission(expression, offered, 'JSONPatch').error;
  assert.equal(
    problem('[JSONPatch{op: "add", to: "/a"}]'),
    "compilation failed: ERROR: <input>:1:25: expected type of field 'to' is '' but provided type is 'string'\n | [JSONPatch{op: \"add\", to: \"/a\"}]\n | ........................^",
  );
  assert.match(
    problem('[JSONPatch{op: 1}]') ?? '',
    /expected type of field 'op' is 'string' but provided type is 'int'/,
  );
  assert.throws(
    () => valueOf('[JSONPatch{op: object.n, path: "/a"}]', 'JSONPatch'),
    /^Error: unexpected type int64 for JSONPatchType 'op' field$/,
  );
});
