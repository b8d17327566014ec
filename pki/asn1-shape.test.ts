import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Shape, shapeProblem } from './asn1-shape.ts';

/** Each text is what Go's encoding/asn1 says of the same bytes and types. */

const shape: Shape = {
  kind: 'sequence',
  name: 'outer',
  fields: [
    { kind: 'integer' },
    { kind: 'identifier' },
    { kind: 'bits' },
    { kind: 'list', name: 'list', tag: 16, of: { kind: 'sequence', name: 'item', fields: [] } },
    { kind: 'any', optional: true },
  ],
};
const [integer, identifier, bits, list] = ['020101', '06012a', '03020080', '3000'];

function outer(...parts: string[]): string {
  const content = parts.join('');
  return `30${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
}

const whole = outer(integer, identifier, bits, list);
const parameters =
  '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';

const cases: [hex: string, problem: string | undefined][] = [
  [whole, undefined],
  [outer(integer, identifier, bits, list, '0500'), undefined],
  [outer(integer, identifier, bits, list, '0500', '0500'), undefined],
  ['', 'syntax error: sequence truncated'],
  ['30', 'syntax error: truncated tag or length'],
  ['3080', 'syntax error: indefinite length found (not DER)'],
  ['308103020101', 'structure error: non-minimal length'],
  ['30820003020101', 'structure error: superfluous leading zeros in length'],
  ['30850100000000', 'structure error: length too large'],
  ['3f1e00', 'syntax error: non-minimal tag'],
  ['3003', 'syntax error: data truncated'],
  [`${whole}00`, 'syntax error: trailing data'],
  [outer(integer), 'syntax error: sequence truncated'],
  [
    outer('0500'),
    `structure error: tags don't match (2 vs {class:0 tag:5 length:0 isCompound:false}) ${parameters} int @2`,
  ],
  [outer('0200'), 'structure error: empty integer'],
  [outer('02020001'), 'structure error: integer not minimally-encoded'],
  [outer('0209010000000000000000'), 'structure error: integer too large'],
  [outer(integer, '0600'), 'syntax error: zero length OBJECT IDENTIFIER'],
  [outer(integer, '0602802a'), 'syntax error: integer is not minimally encoded'],
  [outer(integer, '060181'), 'syntax error: truncated base 128 integer'],
  [outer(integer, '0605908080800f'), 'structure error: base 128 integer too large'],
  [outer(integer, identifier, '0300'), 'syntax error: zero length BIT STRING'],
  [outer(integer, identifier, '03020101'), 'syntax error: invalid padding bits in BIT STRING'],
  [outer(integer, identifier, bits, '30020500'), 'structure error: sequence tag mismatch'],
  [outer(integer, identifier, bits, '30023001'), 'syntax error: truncated sequence'],
];

test('what is wrong with bytes, and where', () => {
  for (const [hex, problem] of cases) {
    const expected = problem === undefined ? undefined : `asn1: ${problem}`;
    assert.equal(shapeProblem(Buffer.from(hex, 'hex'), shape), expected, hex);
  }
});
