import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../../schema/schema.ts';
import { celTypeOf } from '../check/schema-type.ts';
import { compileExpression } from '../environment.ts';
import { toCel } from '../value.ts';

const text: Schema = { type: 'string' };
const entry: Schema = { type: 'object', properties: { name: text, port: { type: 'integer' } } };
const schema: Schema = {
  type: 'object',
  properties: {
    list: { type: 'array', items: text },
    set: { type: 'array', items: text, listType: 'set' },
    other: { type: 'array', items: text, listType: 'set' },
    map: { type: 'array', items: entry, listType: 'map', listMapKeys: ['name'] },
  },
};
const value = {
  list: ['a', 'b'],
  set: ['a', 'b'],
  other: ['b', 'a'],
  map: [
    { name: 'x', port: 1 },
    { name: 'y', port: 2 },
  ],
};

/** As upstream judges them. */
const results: readonly (readonly [expression: string, result: boolean])[] = [
  ["self.list == ['b', 'a']", false],
  ["self.set == ['b', 'a']", true],
  ["['b', 'a'] == self.set", false],
  ['self.set == self.other', true],
  ["self.set != ['b', 'c']", true],
  ["self.set == ['a', 'b', 'b']", false],
  ["self.set + ['c', 'a', 'c'] == ['c', 'b', 'a']", true],
  ["(self.set + ['c', 'a'])[2] == 'c'", true],
  ["self.set.filter(x, true) == ['b', 'a']", false],
  ['self.set.size() == 2 && self.set.all(x, x in self.other)', true],
  ["self.set.map(x, x + '!') == ['a!', 'b!']", true],
  ['self.map == self.map.filter(x, true)', true],
  ['self.map == [self.map[1], self.map[0]]', true],
  ['[self.map[1], self.map[0]] == self.map', false],
  ['self.map == [self.map[1], oldSelf.map[1]]', false],
  ['(self.map + oldSelf.map).map(x, x.port) == [4, 2, 3]', true],
  ['[self.set] == [self.other]', true],
  ['self.set == oldSelf.set', true],
];

test('sets and maps are equal whatever their order, and are joined by what their elements are', () => {
  const self = celTypeOf(schema, 'self');
  const old = {
    ...value,
    set: value.other,
    map: [
      { name: 'z', port: 3 },
      { name: 'x', port: 4 },
    ],
  };
  const values = { self: toCel(value, schema), oldSelf: toCel(old, schema) };
  for (const [expression, result] of results) {
    const program = compileExpression(expression, { self, oldSelf: self });
    assert.equal(program.evaluate(values, 10_000).run(), result, expression);
  }
});
