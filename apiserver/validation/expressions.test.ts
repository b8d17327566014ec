import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema, ValidationRule } from '../../schema/schema.ts';
import { compileExpressions } from './expressions.ts';

/** What upstream says, recorded. */

const texts: Schema = { type: 'array', items: { type: 'string' } };
const many = Array.from({ length: 400 }, () => 'aaaaaaaaaa');

function refused(schema: Schema, value: unknown, ...rules: (string | ValidationRule)[]): string[] {
  const validations = rules.map((rule) => (typeof rule === 'string' ? { rule } : rule));
  const ruled = { ...schema, rules: { ...schema.rules, validations } };
  return compileExpressions(ruled, false)
    .validate(value, undefined)
    .map(({ field, message }) => `${field}: ${message}`);
}

test('a rule that costs too much ends the judging, and so do rules that do together', () => {
  const triples = 'self.all(x, self.all(y, self.all(z, x == y && y == z)))';
  assert.deepEqual(refused(texts, many, { rule: triples, message: 'all the same' }, 'false'), [
    `<nil>: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: all the same`,
  ]);
  const pairs = Array.from({ length: 14 }, () => 'self.all(x, self.all(y, x == y))');
  assert.deepEqual(refused(texts, many, ...pairs, 'false'), [
    '<nil>: Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run',
  ]);
});

test('a message that costs too much is told instead of it', () => {
  const messageExpression = 'self.map(x, self.map(y, self.map(z, x + y + z).join()).join()).join()';
  assert.deepEqual(refused(texts, many, { rule: 'false', messageExpression }, 'false'), [
    `<nil>: Invalid value: "array": no further validation rules will be run due to call cost exceeds limit for messageExpression: "${messageExpression}"`,
  ]);
});

test('messages that cannot be said', () => {
  const says: readonly (readonly [messageExpression: string, said: string])[] = [
    ["'  said  '", 'said'],
    ["'a\\nb'", 'plain'],
    ["' '", 'plain'],
    ['self[900]', 'plain'],
    ["self.join('') + self.join('')", 'plain'],
  ];
  for (const [messageExpression, said] of says) {
    const rule = { rule: 'false', message: 'plain', messageExpression };
    assert.deepEqual(refused(texts, many, rule), [`<nil>: Invalid value: ${said}`]);
  }
});

test('what a rule meets that does not fit', () => {
  const either: Schema = { type: 'any', intOrString: true };
  assert.deepEqual(refused(either, 'x', 'self + 1 == 2', "self == 1 || self + 'a' == 'b'"), [
    `<nil>: Invalid value: "": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self + 1 == 2`,
    `<nil>: Invalid value: "x": failed rule: self == 1 || self + 'a' == 'b'`,
  ]);
  const object: Schema = { type: 'object', properties: { list: texts } };
  assert.deepEqual(
    refused(object, {}, "self.list.sort()[0] == 'a' || true", 'self.list.size() > 1'),
    [
      `<nil>: Invalid value: "object": internal error: interface conversion: *types.Err is not traits.Lister: missing method Add evaluating rule: self.list.sort()[0] == 'a' || true`,
      '<nil>: Invalid value: "object": no such key: list evaluating rule: self.list.size() > 1',
    ],
  );
});

test('nothing is let pass for being as it was where nobody is warned', () => {
  const schema: Schema = { ...texts, rules: { validations: [{ rule: 'self.size() == 1' }] } };
  const expressions = compileExpressions(schema, false);
  const warnings: string[] = [];
  assert.deepEqual(
    expressions.validate(many, many, (text) => warnings.push(text)),
    [],
  );
  assert.deepEqual(warnings, ['<nil>: Invalid value: failed rule: self.size() == 1']);
  assert.equal(expressions.validate(many, many).length, 1);
});

test('a text that upstream does not read fails the rules that look at it', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      bytes: { type: 'string', format: 'byte' },
      time: { type: 'string', format: 'date-time' },
      span: { type: 'string', format: 'duration' },
      list: { type: 'array', items: { type: 'string', format: 'byte' } },
    },
  };
  const value = {
    bytes: '//8=',
    time: '2024-01-01t00:00:00Z',
    span: '1 week 2d',
    list: ['YQ==', 'YQ+='],
  };
  const rules = [
    'has(self.bytes) && has(self.time)',
    "self.bytes == b'a'",
    "self.time > timestamp('2000-01-01T00:00:00Z')",
    "self.span == duration('216h')",
    "self.list[0] == b'a' && size(self.list) == 2",
    "self.list.exists(x, x == b'b')",
  ];
  const bytes = 'Invalid byte formatted string';
  const time = '2024-01-01t00:00:00Z';
  assert.deepEqual(refused(schema, value, ...rules), [
    ...[0, 1].map(
      (rule) =>
        `<nil>: Invalid value: "object": ${bytes} //8=: illegal base64 data at input byte 0 evaluating rule: ${rules[rule]}`,
    ),
    `<nil>: Invalid value: "object": Invalid date-time formatted string ${time}: parsing time "${time}" as "2006-01-02T15:04:05": cannot parse "t00:00:00Z" as "T" evaluating rule: ${rules[2]}`,
    `<nil>: Invalid value: "object": ${bytes} YQ+=: illegal base64 data at input byte 2 evaluating rule: ${rules[5]}`,
  ]);
  assert.deepEqual(refused({ type: 'string', format: 'byte' }, '+w==', 'self.size() > 0'), [
    `<nil>: Invalid value: "string": ${bytes} +w==: illegal base64 data at input byte 0 evaluating rule: self.size() > 0`,
  ]);
});

test('a value of another type fails the rules that look at it', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      list: { type: 'array', items: { type: 'string' } },
      either: { type: 'any', intOrString: true },
      flag: { type: 'boolean' },
    },
  };
  const value = { list: ['a', []], either: {}, flag: 1.5 };
  const rules = ["self.list[0] == 'a'", "self.list[1] == 'a'", 'self.either == 1', 'self.flag'];
  assert.deepEqual(refused(schema, value, ...rules), [
    `<nil>: Invalid value: "object": invalid data, expected string, got []interface {} evaluating rule: ${rules[1]}`,
    `<nil>: Invalid value: "object": invalid data, expected XIntOrString value to be either a string or integer evaluating rule: ${rules[2]}`,
    `<nil>: Invalid value: "object": invalid data, expected bool, got float64 evaluating rule: ${rules[3]}`,
  ]);
});

test('a path in brackets is told by its names', () => {
  const text: Schema = { type: 'string' };
  const schema: Schema = {
    type: 'object',
    properties: { 'a.b': { type: 'object', properties: { c: text } } },
  };
  const rule = { rule: 'false', message: 'no' };
  const told = (of: Schema, fieldPath: string): string[] =>
    refused({ type: 'object', properties: { x: of } }, { x: {} }, { ...rule, fieldPath });
  assert.deepEqual(told(schema, ".x['a.b'].c"), ['x.a.b.c: Invalid value: no']);
  assert.deepEqual(told({ type: 'object', additional: text }, ".x['k']"), [
    'x[k]: Invalid value: no',
  ]);
});

test('what is as it was is only warned of: keyed lists in any order, no unknown fields', () => {
  const judged = (
    schema: Schema,
    value: unknown,
    old: unknown,
  ): [refused: number, told: number] => {
    const object: Schema = { type: 'object', properties: { x: schema } };
    const warnings: string[] = [];
    const warn = (text: string): unknown => warnings.push(text);
    const causes = compileExpressions(object, false).validate({ x: value }, { x: old }, warn);
    return [causes.length, warnings.length];
  };
  const rules = { validations: [{ rule: 'false' }] };
  const item: Schema = { type: 'object', properties: { k: { type: 'string' } } };
  const list: Schema = { type: 'array', items: { ...item, rules }, rules };
  const [a, b] = [{ k: 'a' }, { k: 'b' }];
  assert.deepEqual(judged(list, [a, b], [a, b]), [0, 3]);
  assert.deepEqual(judged(list, [b, a], [a, b]), [3, 0]);
  const keyed: Schema = { ...list, listType: 'map', listMapKeys: ['k'] };
  assert.deepEqual(judged(keyed, [b, a], [a, b]), [0, 3]);
  assert.deepEqual(judged(keyed, [b, a], [a]), [2, 1]);
  const open: Schema = { ...item, preserveUnknown: true, rules };
  assert.deepEqual(judged(open, a, a), [0, 1]);
  assert.deepEqual(judged(open, { ...a, more: 1 }, { ...a, more: 1 }), [1, 0]);
  const free: Schema = { type: 'object', additional: { type: 'any', nullable: true }, rules };
  assert.deepEqual(judged(free, a, a), [1, 0]);

  const metadata: Schema = { type: 'object', properties: { name: { type: 'string' } } };
  const whole = compileExpressions({ type: 'object', properties: { metadata }, rules }, true);
  const object = { metadata: { name: 'a' } };
  assert.equal(whole.validate(object, object, () => undefined).length, 1);
});
