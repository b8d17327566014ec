import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepCopy } from '../copy.ts';
import { checkFields, formatPath } from './field-path.ts';
import { compareElements } from './element-order.ts';
import {
  difference,
  type FieldSet,
  forEachMember,
  has,
  insert,
  intersection,
  isEmpty,
  leaf,
  recursiveDifference,
  setsEqual,
  sortSet,
  union,
} from './field-set.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"');
const path = fc.array(element, { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 8 });

function make(members: readonly (readonly string[])[]): FieldSet {
  const set: FieldSet = {};
  for (const member of members) insert(set, member);
  return sortSet(set);
}

/** The same set as plain text lines: what the algebra is checked against. */
function lines(set: FieldSet): Set<string> {
  const out = new Set<string>();
  forEachMember(set, (member) => out.add(member.join('/')));
  return out;
}

test('a set holds the paths it was made of', () => {
  fc.assert(
    fc.property(paths, path, (members, other) => {
      const set = make(members);
      assert.deepEqual(lines(set), new Set(members.map((m) => m.join('/'))));
      assert.equal(has(set, other), lines(set).has(other.join('/')));
      assert.equal(isEmpty(set), members.length === 0);
    }),
  );
});

test('union, difference and intersection are those of sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const a = make(left);
      const b = make(right);
      const before = deepCopy([a, b]);
      const [inA, inB] = [[...lines(a)], [...lines(b)]];
      assert.deepEqual(lines(union(a, b)), new Set([...inA, ...inB]));
      assert.deepEqual(lines(intersection(a, b)), new Set(inA.filter((m) => inB.includes(m))));
      assert.deepEqual(lines(difference(a, b)), new Set(inA.filter((m) => !inB.includes(m))));
      assert.deepEqual([a, b], before);
      assert.ok(setsEqual(union(a, b), union(b, a)));
      assert.ok(setsEqual(union(difference(a, b), intersection(a, b)), a));
    }),
  );
});

test('nothing changed means the very same set', () => {
  fc.assert(
    fc.property(paths, (members) => {
      const set = make(members);
      assert.equal(union(set, deepCopy(set)), set);
      assert.equal(difference(set, {}), set);
      assert.equal(difference(set, { 'f:other': leaf }), set);
    }),
  );
});

test('a recursive difference takes everything below a member', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const b = make(right);
      const expected = [...lines(make(left))].filter((line) => {
        const parts = line.split('/');
        return !parts.some((_, i) => has(b, parts.slice(0, i + 1)));
      });
      assert.deepEqual(lines(recursiveDifference(make(left), b)), new Set(expected));
    }),
  );
});

test('results keep upstream order: fields, keys by value, set elements', () => {
  const elements = ['v:"a"', 'k:{"port":443}', 'f:b', 'k:{"port":80}', 'f:a', '.'];
  assert.deepEqual(elements.sort(compareElements), [
    '.',
    'f:a',
    'f:b',
    'k:{"port":80}',
    'k:{"port":443}',
    'v:"a"',
  ]);
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const both = union(make(left), make(right));
      assert.equal(JSON.stringify(both), JSON.stringify(sortSet(both)));
    }),
  );
});

test('paths as text, and what is no fieldsV1', () => {
  const shown = formatPath(['f:spec', 'k:{"name":"x","port":1}', 'v:"y"', 'i:0']);
  assert.equal(shown, '.spec[name="x",port=1][="y"][0]');
  assert.deepEqual(checkFields({ 'f:a': { '.': {}, 'v:1': {} } }), {
    'f:a': { '.': {}, 'v:1': {} },
  });
  for (const bad of [[], { a: {} }, { 'k:{}': {} }, { 'k:x': {} }, { 'i:a': {} }, { 'f:a': 1 }]) {
    assert.throws(() => checkFields(bad), JSON.stringify(bad));
  }
});
