import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '../environment.ts';
import { toCel } from '../value.ts';
import { entriesOf, isMap, Optional, Uint } from './values.ts';

/** What cel-go with upstream's libraries gives, and at which cost, recorded; `!` before an error. */
const results: readonly (readonly [expression: string, result: string, cost: number])[] = [
  ['1 + 2', '3', 1],
  ['2 * 3', '6', 1],
  ['-7 / 2', '-3', 1],
  ['-7 % 3', '-1', 1],
  ['1 / 0', '!division by zero', 1],
  ['1 % 0', '!modulus by zero', 1],
  ['1u / 0u', '!division by zero', 1],
  ['9223372036854775807 + 1', '!integer overflow', 1],
  ['-9223372036854775807 - 2', '!integer overflow', 1],
  ['9223372036854775807 * 2', '!integer overflow', 1],
  ['1u - 2u', '!unsigned integer overflow', 1],
  ['0.1 + 0.2', 'double:0.30000000000000004', 1],
  ['-(-9223372036854775807 - 1)', '!integer overflow', 2],
  ["b'a' + b'b'", 'b"ab"', 1],
  ['1 < 1.5', 'true', 1],
  ['2.5 > 2u', 'true', 1],
  ["b'a' < b'b'", 'true', 1],
  ["dyn(1) + 'a'", '!no such overload', 1],
  ["dyn('a') + 1", '!no such overload', 1],
  ["dyn(1) < 'a'", '!no such overload', 1],
  ['dyn([1]) == [1.0]', 'true', 1],
  ["{true: 'a'}[true]", '"a"', 2],
  ["{'a': 1}['b']", '!no such key: b', 2],
  ["{'a': 1}.b", '!no such key: b', 2],
  ['[1,2][0]', '1', 2],
  ['[1,2][2]', '!index out of bounds: 2', 2],
  ['[1,2][-1]', '!index out of bounds: -1', 2],
  ["[1,2][dyn('a')]", "!unsupported index type 'string' in list", 2],
  ['[1,2][dyn(0.5)]', '!unsupported index value 0.5 in list', 2],
  ['o.b', '"x"', 2],
  ['o.c[5]', '!index out of bounds: 5', 3],
  ['o.nope', '!no such key: nope', 2],
  ['o.d.nope', '!no such key: nope', 3],
  ['o.d.f.g', '!no such key: g', 4],
  ['o.b.c', '!no such key: c', 3],
  ['o.a.b', '!no such key: b', 3],
  ['o[o.b]', '!no such key: x', 3],
  ['has(o.a)', 'true', 1],
  ['has(o.d.e)', 'true', 2],
  ['has(n.x)', 'false', 1],
  ['o.?a', 'optional(1)', 2],
  ['o.?nope.?x', 'none', 1],
  ['o.?d.?e.orValue(false)', 'true', 3],
  ['o.c[?1]', 'optional(2)', 3],
  ['o.?c[0]', 'optional(1)', 3],
  ['optional.of(1)', 'optional(1)', 1],
  ['optional.none().value()', '!optional.none() dereference', 2],
  ['optional.of(1).or(optional.of(2))', 'optional(1)', 1],
  ['optional.none().orValue(3)', '3', 1],
  ['optional.ofNonZeroValue(0)', 'none', 1],
  ['optional.ofNonZeroValue([])', 'none', 1],
  ['optional.ofNonZeroValue({})', 'none', 1],
  [
    "string(timestamp('2011-08-18T19:03:37.01+01:00') + duration('1h'))",
    '"2011-08-18T20:03:37.01+01:00"',
    2,
  ],
  ["string(timestamp('2011-08-18T19:03:37-05:30'))", '"2011-08-18T19:03:37-05:30"', 0],
  ['o.?nope.optMap(x, x + 1)', 'none', 3],
  ['optional.of(1).optMap(x, x + 1).value()', '2', 8],
  ['[?optional.none(), 2]', '[2]', 11],
  ["{?'a': o.?nope}", '{}', 31],
  ['true && dyn(1)', '!no such overload', 0],
  ['dyn(1) || true', 'true', 0],
  ['o.nope || true', 'true', 2],
  ['false || o.nope', '!no such key: nope', 2],
  ['true && o.nope', '!no such key: nope', 2],
  ['o.nope == 1 || o.nope2 == 2', '!no such key: nope', 4],
  ['!dyn(1)', '!no such overload', 1],
  ['dyn(1) ? 1 : 2', '!no such overload', 0],
  ["o.d.e ? 'y' : 'n'", '"y"', 3],
  ["size(b'hé')", '3', 1],
  ["size({'a': 1})", '1', 1],
  ["'a' in ['a', 'b']", 'true', 0],
  ['o.b in o', 'false', 4],
  ['[1,2,3].all(x, x > 1)', 'false', 8],
  ['[1,2,3].exists(x, x == 5)', 'false', 19],
  ['[1,2,3].filter(x, x > 1)', '[2, 3]', 33],
  ['[1,2,3].map(x, x > 1, x * 2)', '[4, 6]', 35],
  ['o.c.all(x, x > 0)', 'true', 18],
  ['o.c.filter(x, x > 1)', '[2, 3]', 35],
  ['o.a.all(x, x > 0)', "!got 'types.Int', expected iterable type", 2],
  ['o.b.map(x, x)', "!got 'types.String', expected iterable type", 2],
  ['o.nope.all(x, x > 0)', '!no such key: nope', 2],
  ['[1,2,3].all(x, o.nope)', '!no such key: nope', 16],
  ['[1,2,3].all(x, x < 2 && o.nope)', 'false', 15],
  ['[1,0,3].exists(x, 1 / x > 0)', 'true', 11],
  ['[0].exists(x, 1 / x > 0)', '!division by zero', 7],
  ['[1,2].map(x, [3,4].map(y, x * y))', '[[3, 4], [6, 8]]', 87],
  ['[1,2].exists(i, v, v == i)', 'false', 15],
  ["['x','y'].transformList(i, v, v + string(i))", '["x0", "y1"]', 33],
  ["{'a': 1, 'b': 2}.transformMap(k, v, v + 1)", '{"a": 2, "b": 3}', 11],
  ["{'a': 'b'}.transformMapEntry(k, v, {v: k})", '{"b": "a"}', 35],
  [
    "{'a': 'x', 'b': 'x'}.transformMapEntry(k, v, {v: k})",
    '!insert failed: key x already exists',
    69,
  ],
  ['[1,1].transformMapEntry(k, v, {v: k})', '!insert failed: key 1 already exists', 69],
  ["['b','a'].sort()", '["a", "b"]', 19],
  ['o.c.sort()', '[1, 2, 3]', 3],
  ['[o.d].sort()', '!list elements must be comparable', 13],
  ["[{'a': 2}, {'a': 1}].sortBy(x, x.a)", '[{"a": 1}, {"a": 2}]', 50],
  ['[3,1,2].sortBy(x, -x)', '[3, 2, 1]', 74],
  ['[[1],[2,3]].flatten()', '[1, 2, 3]', 13],
  ['[1,2].flatten(-1)', '!level must be non-negative', 13],
  ['[1,2,3].slice(1, 2)', '[2]', 12],
  [
    '[1,2,3].slice(2, 1)',
    '!cannot slice(2, 1), start index must be less than or equal to end index',
    12,
  ],
  ['[1,2,3].slice(-1, 1)', '!cannot slice(-1, 1), negative indexes not supported', 12],
  ['[1,2,3].slice(0, 9)', '!cannot slice(0, 9), list is length 3', 12],
  ['[1,2,3].reverse()', '[3, 2, 1]', 14],
  ['lists.range(-1)', '!lists.range: size must be non-negative, got -1', 12],
  ['[1,2].first()', 'optional(1)', 1],
  ['[1,2].last()', 'optional(2)', 1],
  ['[1.5,2.0].sum()', 'double:3.5', 2],
  ['[].sum()', '0', 0],
  ["['b','a'].max()", '"b"', 0],
  ['[].min()', '!min called on empty list', 0],
  ['[1,2,2].isSorted()', 'true', 3],
  ['[1,2,1].indexOf(1)', '0', 3],
  ['[1,2,1].indexOf(9)', '-1', 3],
  ['sets.equivalent([1,2],[2,1,1])', 'true', 13],
  ['sets.intersects([1,2],[])', 'false', 1],
  ["['a','b'].join(',')", '"a,b"', 1],
  ["o.c.join(',')", '!no such overload: join(list, string)', 3],
  ["'a,b,c'.split(',')", '["a", "b", "c"]', 1],
  ["'a,b,c'.split(',', 0)", '[]', 1],
  ["'abc'.split('')", '["a", "b", "c"]', 1],
  ["'hello'.charAt(5)", '""', 1],
  ["'hello'.charAt(6)", '!index out of range: 6', 1],
  ["'hello'.charAt(-1)", '!index out of range: -1', 1],
  ["'hello'.indexOf('l', 3)", '3', 0],
  ["'hello'.indexOf('')", '0', 0],
  ["'hello'.indexOf('l', -1)", '!index out of range: -1', 0],
  ["'hello'.lastIndexOf('l', 2)", '2', 0],
  ["'hello'.lastIndexOf('l', -1)", '!index out of range: -1', 0],
  ["'héllo'.upperAscii()", '"HéLLO"', 1],
  ["'hello'.replace('l', 'L', 1)", '"heLlo"', 1],
  ["'hello'.replace('', '-')", '"-h-e-l-l-o-"', 1],
  ["'hello'.substring(1)", '"ello"', 1],
  ["'hello'.substring(3, 1)", '!invalid substring range. start: 3, end: 1', 1],
  ["'hello'.substring(9)", '!index out of range: 9', 1],
  ["'hello'.substring(1, 9)", '!index out of range: 9', 1],
  ["'hello'.substring(-1)", '!index out of range: -1', 1],
  ["'  a b '.trim()", '"a b"', 1],
  ["strings.quote('a\"b\\n\\\\')", '"\\"a\\\\\\"b\\\\n\\\\\\\\\\""', 1],
  ["'hello'.startsWith('he')", 'true', 1],
  ["o.s.contains('world')", 'true', 4],
  ["'hello'.matches(o.b + '[')", '!error parsing regexp: missing closing ]: `[`', 4],
  ["'hello'.find(o.b + '[')", '!Illegal regex: error parsing regexp: missing closing ]: `[`', 4],
  ["'hello'.findAll('l', 1)", '["l"]', 1],
  ["'hello'.findAll('l', -1)", '["l", "l"]', 1],
  ["'%s'.format(['a'])", '"a"', 1],
  ["'%.2f'.format([1.005])", '"1.00"', 1],
  ["'%.3e'.format([0.00012])", '"1.200000×10⁻⁰⁴"', 1],
  ["'%x'.format(['hi'])", '"6869"', 1],
  ["'%s'.format([[1, 'a', 1.5, true, null]])", '"[1, \\"a\\", 1.500000, true, null]"', 1],
  ["'%s'.format([1])", '"1"', 1],
  ["'%s'.format([true])", '"true"', 1],
  ["'%s'.format([duration('90s')])", '"90s"', 1],
  [
    "'%s'.format([[duration('90s'), timestamp('2020-01-01T00:00:00Z')]])",
    '"[duration(\\"90s\\"), timestamp(\\"2020-01-01T00:00:00Z\\")]"',
    1,
  ],
  [
    "'%f'.format(['a'])",
    '!error during formatting: fixed-point clause can only be used on doubles, was given string',
    1,
  ],
  ["'%s'.format([b'abc'])", '"abc"', 1],
  ["int('12')", '12', 0],
  ['int(1.9)', '1', 0],
  ['int(5u)', '5', 0],
  ["uint('5')", '5u', 0],
  ["double('1.5')", 'double:1.5', 0],
  ['string(1)', '"1"', 0],
  ['string(1e21)', '"1e+21"', 0],
  ['string(1e-7)', '"1e-07"', 0],
  ['string(123456789.0)', '"1.23456789e+08"', 0],
  ['string(true)', '"true"', 0],
  ["string(b'abc')", '"abc"', 0],
  ["string(duration('1.5s'))", '"1.5s"', 0],
  ["string(timestamp('2020-01-01T00:00:00.5Z'))", '"2020-01-01T00:00:00.5Z"', 0],
  ["bool('T')", 'true', 0],
  ["duration('90m').getHours()", '1', 1],
  ["duration('1.5s').getSeconds()", '1', 1],
  ['duration(o.b)', "!type conversion error from 'string' to 'google.protobuf.Duration'", 3],
  ['timestamp(o.b)', '!invalid RFC 3339 timestamp "x"', 3],
  ["timestamp('2020-01-01T00:00:00Z') < timestamp('2021-01-01T00:00:00Z')", 'true', 1],
  ["timestamp('9999-12-31T23:59:59Z') + duration('1h')", '!timestamp overflow', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getFullYear()", '2020', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getDate()", '29', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getDayOfYear()", '59', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getHours()", '12', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getSeconds()", '56', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getHours('America/New_York')", '7', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getHours('-02:30')", '10', 1],
  ["timestamp('2020-02-29T12:34:56.789Z').getHours('Nowhere')", '!unknown time zone Nowhere', 1],
  ['type(1) == int', 'true', 1],
  ["quantity('50k').asInteger()", '50000', 2],
  ["quantity('1.5').asInteger()", '!cannot convert value to integer', 2],
  ["quantity('50k').isInteger()", 'true', 2],
  ["quantity('1.0').isInteger()", 'false', 2],
  ["quantity('1000m').asInteger()", '!cannot convert value to integer', 2],
  ["quantity('1.5k').asInteger()", '1500', 2],
  ["quantity('9223372036854775808').isInteger()", 'false', 3],
  ["quantity('1').add(quantity('1000m')).isInteger()", 'false', 4],
  ["quantity('1k').add(1).asInteger()", '1001', 3],
  ["quantity('2u').asApproximateFloat() == 2e-06", 'true', 3],
];

const o = {
  a: 1,
  b: 'x',
  c: [1, 2, 3],
  d: { e: true, f: null },
  s: 'hello world',
  z: 0,
  l: ['b', 'a'],
  fl: 1.5,
  neg: -3,
};
const variables = { o, n: null };

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number')
    return `double:${Number.isFinite(value) ? value : value > 0 ? '+Inf' : '-Inf'}`;
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (value instanceof Uint8Array) return `b${JSON.stringify(Buffer.from(value).toString())}`;
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Optional)
    return value.present ? `optional(${shown(value.value())})` : 'none';
  if (isMap(value)) {
    const pairs = entriesOf(value).map(([key, one]) => `${shown(key)}: ${shown(one)}`);
    return `{${pairs.sort().join(', ')}}`;
  }
  return String(value);
}

test('values, errors and costs are those of upstream', () => {
  const values = toCel(variables, undefined) as Record<string, unknown>;
  for (const [expression, expected, cost] of results) {
    const program = compileExpression(expression, { o: undefined, n: undefined });
    const { used, run } = program.evaluate(values, 1_000_000);
    let result: string;
    try {
      result = shown(run());
    } catch (error) {
      result = `!${(error as Error).message}`;
    }
    assert.equal(result, expected, expression);
    assert.equal(used, cost, expression);
  }
});

test('what costs too much ends, whatever would take the error in', () => {
  const { evaluate } = compileExpression(
    'lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, a + b + c >= 0))) || true',
    {},
  );
  assert.throws(
    () => evaluate({}, 100_000).run(),
    /^Error: operation cancelled: actual cost limit exceeded$/,
  );
});
