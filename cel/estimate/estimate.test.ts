import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../../schema/schema.ts';
import { sizeAt as deviceSizeAt, device, deviceSelector } from '../device.ts';
import { celTypeOf } from '../check/schema-type.ts';
import { programOf, readExpression } from '../environment.ts';
import { toCel } from '../value.ts';
import { boundsAt, boundsOf, repeats } from './bounds.ts';
import { estimate } from './estimate.ts';
import type { SizeAt } from './sizes.ts';

const text: Schema = { type: 'string' };
const short = (maxLength: number): Schema => ({ type: 'string', rules: { maxLength } });
const listOf = (items: Schema, maxItems?: number): Schema => ({
  type: 'array',
  items,
  ...(maxItems !== undefined && { rules: { maxItems } }),
});

const schema: Schema = {
  type: 'object',
  required: ['name', 'list'],
  properties: {
    name: short(10),
    text,
    choice: { type: 'string', enum: ['a', 'bbb', 'éé'] },
    count: { type: 'integer' },
    flag: { type: 'boolean' },
    bytes: { type: 'string', format: 'byte' },
    list: listOf(text),
    names: listOf(short(5), 7),
    counts: listOf({ type: 'integer' }, 20),
    map: { type: 'object', additional: text },
    few: { type: 'object', additional: { type: 'integer' }, rules: { maxProperties: 3 } },
    span: { type: 'string', format: 'duration' },
    time: { type: 'string', format: 'date-time' },
    day: { type: 'string', format: 'date' },
    port: { type: 'any', intOrString: true },
    parts: listOf(
      {
        type: 'object',
        properties: { a: listOf(short(3), 10), b: listOf(short(3), 1000) },
      },
      10,
    ),
    template: { type: 'object', embedded: true, preserveUnknown: true },
  },
};

const value = {
  name: 'abc',
  text: 'hello world this is a longer text',
  choice: 'a',
  count: 3,
  flag: true,
  bytes: 'YWJjZA==',
  list: ['a', 'bb', 'ccc'],
  names: ['x', 'yy'],
  counts: [3, 1, 2],
  map: { k: 'v' },
  few: { k: 1 },
  span: '1h',
  time: '2020-01-01T00:00:00Z',
  day: '2020-01-01',
  port: 80,
  parts: [{ a: ['x'], b: ['y', 'x'] }],
  template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'n' } },
};

type Row = readonly [expression: string, min: bigint, max: bigint, used: number];

/** What cel-go with upstream's libraries estimates for this schema, and uses for this value; recorded. */
const costs: readonly Row[] = [
  ["self.name == 'abc'", 3n, 3n, 3],
  ["self.text == 'abc'", 3n, 3n, 3],
  ["self.choice == 'a'", 3n, 3n, 3],
  ["self.text + self.name == 'x'", 5n, 314582n, 9],
  ["self.flag && self.text == 'a' && self.name == 'b'", 2n, 8n, 5],
  ["self.count > 2 ? self.name == 'a' : self.text == 'b'", 6n, 6n, 6],
  ["(self.flag ? self.names : self.list).all(x, x == 'a')", 5n, 4194305n, 11],
  ['has(self.name) && has(self.text)', 1n, 2n, 2],
  ['self.flag ? has(self.parts) : false', 2n, 3n, 3],
  ["self.flag ? self.name : (self.flag ? self.text : 'x')", 4n, 6n, 3],
  ['self.list.all(x, x.size() > 0)', 3n, 6291453n, 21],
  ['self.names.exists(x, self.list.exists(y, x == y))', 3n, 58720252n, 59],
  ['self.counts.exists_one(x, x == 1)', 4n, 64n, 12],
  ['self.few.all(k, self.few[k] > 0)', 3n, 27n, 10],
  ['self.map.all(k, v, k != v)', 3n, 1966078n, 9],
  ["self.names.map(x, x + 'a').join(',') == 'b'", 14n, 1844674407370955390n, 34],
  ["self.names.filter(x, x == 'a').size() == 0", 15n, 120n, 9],
  ['self.names.transformList(i, x, x).size() == 2', 15n, 106n, 31],
  ['self.few.transformMap(k, v, v + 1).size() == 1', 35n, 50n, 10],
  ['[1, 2, 3].all(x, x > 0)', 20n, 26n, 16],
  ["{'a': self.text}.a == 'x'", 33n, 33n, 35],
  ['self.parts.all(m, m.a.all(x, x in m.a))', 3n, 1663n, 16],
  ['self.parts.all(m, m.a.all(x, x in m.b))', 3n, 10060063n, 17],
  ['self.parts.all(m, m.b.all(x, x in m.a))', 3n, 1663n, 18],
  ["self.?name.optMap(x, x + 'a').orValue('b') == 'c'", 6n, 1844674407370955284n, 10],
  ['optional.of(1).optMap(x, x + 1).value() == 2', 5n, 19n, 9],
  ['optional.of(1).optMap(x, 2).value() == 2', 5n, 17n, 5],
  ['self.?text.hasValue()', 3n, 3n, 3],
  ["self.map[?'k'].orValue('z') == 'v'", 5n, 5n, 4],
  ["self.names[0] == 'x'", 4n, 4n, 4],
  ["self.map['k'] == 'v'", 4n, 4n, 4],
  ['type(self.time) == google.protobuf.Timestamp', 4n, 4n, 4],
  ["dyn(self.text) == 'a'", 4n, 4n, 4],
  ['self.port == 80', 3n, 3n, 3],
  ["self.template.metadata.name == 'n'", 5n, 5n, 5],
  ["self.span < duration('2h')", 4n, 4n, 3],
  ["self.day == timestamp('2020-01-01T00:00:00Z')", 4n, 4n, 3],
  ["self.text < 'a'", 3n, 3n, 3],
  ["self.text.startsWith('hello')", 3n, 3n, 6],
  ["self.text.matches('^[a-z ]+$')", 5n, 943721n, 14],
  ["matches(self.text, '^[a-z ]+$')", 3n, 3n, 3],
  ['self.text.contains(self.name)', 4n, 1258296n, 8],
  ["string(self.bytes) == 'abcd'", 3n, 314576n, 4],
  ["bytes(self.name) == b'abc'", 3n, 7n, 4],
  ['strings.quote(self.name).size() == 5', 4n, 8n, 5],
  ['strings.quote(string(self.count)).size() == 3', 5n, 1844674407370955269n, 6],
  ["'%s-%d'.format([self.name, self.count]) == 'abc-3'", 16n, 16n, 16],
  ["self.name.replace('a', 'bb') == 'bbbc'", 3n, 11n, 4],
  ["self.name.replace('', 'bb').size() > 0", 4n, 12n, 5],
  ["self.name.split('b', 2).size() == 2", 4n, 12n, 5],
  ["self.text.split(' ').all(x, x.size() > 0)", 3n, 19503505n, 52],
  ["self.text.lowerAscii().trim().substring(1) == 'x'", 3n, 943722n, 15],
  ["self.text.find('[a-z]+') == 'hello'", 5n, 629149n, 11],
  ["self.text.findAll('[a-z]+', 2).size() == 2", 6n, 629150n, 12],
  ["self.text.indexOf('o') == 4", 3n, 314576n, 6],
  ["self.names.indexOf('x') == 0", 3n, 24n, 3],
  ["self.names.join('-') == 'x-yy'", 3n, 18n, 4],
  ["self.names.max() == 'yy'", 3n, 24n, 3],
  ['self.counts.sum() == 6', 3n, 23n, 6],
  ['self.counts.sort() == [1, 2, 3]', 24n, 824n, 32],
  ["self.names.sort() == ['x', 'yy']", 24n, 127n, 22],
  ["self.names.sortBy(x, x.size())[0] == 'x'", 37n, 233n, 55],
  ['self.names.distinct().size() == 2', 15n, 113n, 23],
  ['self.counts.reverse().slice(1, 3) == [1, 3]', 37n, 57n, 30],
  ['self.counts.slice(3, 1) == []', 18446744073709551615n, 18446744073709551615n, 14],
  ['lists.range(10).all(x, x >= 0)', 52n, 72n, 72],
  ['[[1], [2, 3]].flatten() == [1, 2, 3]', 54n, 54n, 14],
  ['sets.contains(self.counts, [1, 2])', 13n, 53n, 9],
  ['sets.equivalent(self.list, self.names)', 5n, 14680055n, 17],
  ['self.count in [1, 2, 3]', 15n, 15n, 2],
  ['self.name in self.names', 4n, 11n, 6],
  ['self.name in self.map', 5n, 5n, 5],
  ["'a' in {'a': 1}", 31n, 31n, 1],
  ["quantity(self.name) == quantity('1')", 4n, 8n, 3],
  ['isQuantity(self.name)', 2n, 6n, 3],
  ["ip('1.2.3.4') == ip('1.2.3.4')", 3n, 3n, 3],
  ['isIP(self.text)', 2n, 314575n, 6],
  ["cidr('10.0.0.0/8').containsIP('10.1.1.1')", 3n, 6n, 3],
  ["cidr('10.0.0.0/8').containsCIDR(cidr('10.0.0.0/16'))", 6n, 10n, 6],
  ["url('http://a/b') == url('http://a/b')", 3n, 3n, 3],
  ['isURL(self.text)', 3n, 3n, 3],
  ['format.dns1123Label().validate(self.name).hasValue()', 4n, 132n, 12],
  ['format.dns1123Label() == format.dns1123Label()', 3n, 9n, 3],
  ["semver('1.0.0').isLessThan(semver('1.0.1'))", 3n, 3n, 3],
  ["self.map['none'] == 'v' || true", 4n, 4n, 3],
  ["self.name + self.map['none'] == 'v' || true", 6n, 314583n, 6],
  ["'x' == self.map['none'] || true", 4n, 4n, 4],
  ["[self.map['none']].size() == 1 || true", 15n, 15n, 14],
  ["{'a': self.map['none']}.a == 'x' || true", 34n, 34n, 34],
  ['self.names.map(x, self.map[x]).size() > 0 || true', 15n, 127n, 20],
  ["self.names[1 / 0] == 'x' || true", 5n, 5n, 4],
  ["self.map[self.map['none']] == 'x' || true", 7n, 7n, 5],
  ['self.names[?self.counts[9]].hasValue() || true', 7n, 7n, 5],
  ['has(self.parts[5].a) || true', 3n, 3n, 2],
  ["[self.map['none']].sort() == ['x'] || true", 38n, 38n, 13],
];

/** Of selectors of devices. */
const deviceCosts: readonly (readonly [expression: string, min: bigint, max: bigint])[] = [
  ["device.driver == 'x'", 3n, 3n],
  ["device.attributes['dra.example.com'].model == 'a'", 5n, 5n],
  ["device.attributes['x'].size.matches('^a+$')", 5n, 11n],
  ["device.capacity['x'].memory.compareTo(quantity('1Gi')) >= 0", 7n, 7n],
  [
    "device.attributes.all(d, device.attributes[d].all(k, device.attributes[d][k] == 'x'))",
    3n,
    10_499n,
  ],
  ["cel.bind(x, device.attributes['a'], x.b == 'c' && x.d)", 16n, 18n],
  ['device.allowMultipleAllocations', 2n, 2n],
  ["'dra.example.com' in device.attributes", 3n, 3n],
];

const self = celTypeOf(schema, 'self');
const bounds = boundsOf(schema);
assert.ok(bounds !== undefined);
const sizeAt: SizeAt = ([, ...steps]) => {
  const at = boundsAt(bounds, steps);
  return at && BigInt(at.most);
};

test('estimates, and costs that come of it, are those of upstream', () => {
  const values = { self: toCel(value, schema) };
  for (const [expression, min, max, used] of costs) {
    const typed = readExpression(expression, { self });
    assert.deepEqual(estimate(typed, sizeAt), { min, max }, expression);
    const cost = programOf(typed, { self }).evaluate(values, 1_000_000);
    assert.equal(cost.used, used, expression);
  }
});

test('selectors of devices are bounded by what devices can be', () => {
  for (const [expression, min, max] of deviceCosts) {
    const typed = readExpression(expression, { device }, { bind: true });
    assert.deepEqual(estimate(typed, deviceSizeAt), { min, max }, expression);
    assert.deepEqual(deviceSelector(expression), { error: undefined, tooComplex: false });
  }
  const deep = 'abcdefg'
    .split('')
    .reduceRight(
      (body, name) => `[1,2,3,4,5,6,7,8,9,10].all(${name}, ${body})`,
      "'1'.find('1') == '1'",
    );
  assert.equal(deviceSelector(deep).tooComplex, true);
});

test('a value is repeated as often as a request holds it', () => {
  assert.equal(repeats(bounds), 136_770n);
});

test('fields called like words of the language may be named by them', () => {
  const fields: Schema = { type: 'object', properties: { namespace: text, if: text } };
  const variables = { self: celTypeOf(fields, 'self') };
  const values = { self: toCel({ namespace: 'a', if: 'b' }, fields) };
  const expression =
    "self.namespace == 'a' && self.__namespace__ == 'a' && self.if == 'b' && has(self.if)";
  const typed = readExpression(expression, variables);
  assert.equal(programOf(typed, variables).evaluate(values, 100).run(), true);
});

test('what names its target twice is looked at once', () => {
  const chain = `optional.of(1)${'.optMap(x, x + 1)'.repeat(60)}`;
  const typed = readExpression(`${chain}.value() == 61`, { self });
  assert.ok(estimate(typed, sizeAt).max > 10n ** 15n);
  assert.throws(() => programOf(typed, { self }).evaluate({}, 1000).run(), /actual cost limit/);
  assert.throws(() => readExpression(`${chain.replace('1)', 'nope)')}.value() == 1`, {}));
});
