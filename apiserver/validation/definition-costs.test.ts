import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonSchemaProps } from './definition.ts';
import { strictOptions, validateDefinitionSchema } from './definition-schema.ts';

/** What upstream says of these definitions, recorded. */

const advice =
  ' (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

function faults(properties: JsonSchemaProps, unchanged = false): string[] {
  return validateDefinitionSchema({ type: 'object', properties }, '', {
    ...strictOptions,
    unchanged,
  }).map(({ field = '', message }) =>
    `${field.replace('.openAPIV3Schema', '$')}: ${message}`
      .replaceAll('x-kubernetes-validations', '@')
      .replace(advice, ''),
  );
}

const rules = (...written: (string | object)[]): object => ({
  'x-kubernetes-validations': written.map((rule) => (typeof rule === 'string' ? { rule } : rule)),
});
const numbers = (maxItems: number, ...written: string[]): object => ({
  type: 'array',
  maxItems,
  items: { type: 'integer', ...rules(...written) },
});
const texts = { type: 'array', items: { type: 'string' } };

const dear = 'Forbidden: estimated rule cost exceeds budget by factor of';
const part =
  'Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
const whole =
  '$: Forbidden: @ estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of';

test('a rule runs as often as maps and lists above it have elements', () => {
  const factors: readonly (readonly [maxItems: number, factor: string | undefined])[] = [
    [5_000_000, undefined],
    [5_000_001, '1.000000x'],
    [7_500_000, '1.5x'],
    [11_250_000, '2.2x'],
    [13_750_000, '2.8x'],
  ];
  for (const [maxItems, factor] of factors) {
    const expected =
      factor === undefined ? [] : [`$.properties[a].items.@[0].rule: ${dear} ${factor}`];
    assert.deepEqual(faults({ a: numbers(maxItems, 'self > 1') }), expected);
  }
  const many = faults({ a: numbers(500_050_001, 'self > 1') });
  assert.equal(many[0], `$.properties[a].items.@[0].rule: ${dear} more than 100x`);
  const inMap = {
    type: 'object',
    additionalProperties: {
      type: 'array',
      maxItems: 10,
      items: { type: 'string', maxLength: 100, ...rules("self.contains('a')") },
    },
  };
  const at = '$.properties[m].additionalProperties.items.@[0].rule';
  assert.deepEqual(faults({ m: inMap }), [`${at}: ${dear} 4.3x`]);
  const bounded = { ...inMap, maxProperties: 1000 };
  assert.deepEqual(faults({ m: bounded }), []);
});

test('rules and messages that cost too much, one by one and all together', () => {
  const pairs = { ...texts, ...rules('self.all(x, self.all(y, x == y))') };
  const at = '$.properties[spec].@[0]';
  assert.deepEqual(faults({ spec: pairs }), [
    `${at}.rule: ${dear} more than 100x`,
    `${at}.rule: ${part}`,
    `${whole} more than 100x`,
  ]);
  const message = { rule: 'true', messageExpression: "self.map(x, x + x).join(',')" };
  assert.deepEqual(faults({ spec: { ...texts, ...rules(message) } }), [
    `${at}.messageExpression: ${dear.replace('rule', 'messageExpression')} more than 100x`,
    `${at}.messageExpression: ${part}`,
    `${whole} more than 100x`,
  ]);
  // not multiplied: a message is made once
  const once = { rule: 'true', messageExpression: 'self + self + self' };
  const items = { type: 'string', ...rules(once) };
  assert.deepEqual(faults({ spec: { type: 'array', maxItems: 5, items } }), []);
});

test('the dearest four of those that are too much together are named, those of old schemas as well', () => {
  const fields = Object.fromEntries(
    [0, 1, 2, 3, 4, 5].map((i) => [
      `f${i}`,
      numbers(2_500_000 + i * 100_000, 'self > 1 && self > 2', `self > ${i}`, `self < ${i}`),
    ]),
  );
  const at = (i: number): string => `$.properties[f${i}].items.@[0].rule`;
  const together = [5, 4, 3, 2].map((i) => `${at(i)}: ${part}`);
  const all = [...together, `${whole} 1.320000x`];
  const factors = ['1.040000x', '1.080000x', '1.120000x', '1.160000x', '1.200000x'];
  const each = factors.map((factor, i) => `${at(i + 1)}: ${dear} ${factor}`);
  assert.deepEqual(faults(fields), [...each, ...all]);
  assert.deepEqual(faults(fields, true), all);
});

test('rules that do not compile cost nothing', () => {
  const [only, ...more] = faults({ spec: { ...texts, ...rules('self.all(x, nope)') } });
  assert.match(only ?? '', /undeclared reference to 'nope'/);
  assert.deepEqual(more, []);
});
