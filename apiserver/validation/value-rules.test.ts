import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structuralSchema } from './definition.ts';
import { formats } from './formats.ts';
import { compileStructural } from './structural.ts';

type Fields = Record<string, unknown>;

/** The faults of `x` by its schema, each as `field: message`. */
function faults(x: Fields, value: unknown): string[] {
  const schema = structuralSchema({ type: 'object', properties: { x } });
  return compileStructural(schema)
    .validate({ x: value })
    .map(({ field, message }) => `${field}: ${message}`);
}

const integer = { type: 'integer' };
const number = { type: 'number' };
const text = { type: 'string' };

test('a whole number is compared with the whole part of a bound, any other with all of it', () => {
  const cases: [Fields, unknown, string[]][] = [
    [{ ...number, maximum: 2.5 }, 2, []],
    [
      { ...number, maximum: 2.5 },
      3,
      ['x: Invalid value: 3: x in body should be less than or equal to 2'],
    ],
    [
      { ...number, maximum: 2.5 },
      2.6,
      ['x: Invalid value: 2.6: x in body should be less than or equal to 2.5'],
    ],
    [{ ...number, minimum: 1.5 }, 1, []],
    [
      { ...number, multipleOf: 0.1 },
      1,
      ['x: Invalid value: 0: factor MultipleOf declared for x must be positive: 0'],
    ],
    [{ ...number, multipleOf: 0.1 }, 0.3, []],
    [
      { ...number, multipleOf: 0.1 },
      0.35,
      ['x: Invalid value: 0.35: x in body should be a multiple of 0.1'],
    ],
    [
      { ...integer, multipleOf: 3 },
      9223372036854775807n,
      ['x: Invalid value: 9223372036854775807: x in body should be a multiple of 3'],
    ],
    [
      { ...integer, minimum: 1e20 },
      5000000,
      [
        '<nil>: Invalid value: "": Minimum boundary value must be of type integer (default format) in x',
        'x: Invalid value: 5e+06: x in body should be greater than or equal to 1e+20',
      ],
    ],
    [
      { ...number, maximum: 2 },
      123456789.5,
      ['x: Invalid value: 1.234567895e+08: x in body should be less than or equal to 2'],
    ],
    [
      { ...number, minimum: 2, maximum: 1 },
      1.5,
      [
        'x: Invalid value: 1.5: x in body should be greater than or equal to 2',
        'x: Invalid value: 1.5: x in body should be less than or equal to 1',
      ],
    ],
  ];
  for (const [schema, value, wanted] of cases) {
    assert.deepEqual(faults(schema, value), wanted, `${JSON.stringify(schema)} ${String(value)}`);
  }
});

test('an enum of whole numbers takes a float by its whole part', () => {
  assert.deepEqual(faults({ ...number, enum: [1, 2] }, 2.7), []);
  assert.deepEqual(faults({ ...number, enum: [1, 2] }, 3.7), [
    'x: Unsupported value: 3.7: supported values: "1", "2"',
  ]);
});

test('of alternatives that all fail, the one with the most to say is told', () => {
  assert.deepEqual(faults({ ...text, anyOf: [{ enum: ['a'] }, { format: 'ipv4' }] }, 'b'), [
    '<nil>: Invalid value: "": "x" must validate at least one schema (anyOf)',
    'x: Invalid value: "b": x in body must be of type ipv4: "b"',
  ]);
});

test('what several rules say is told once', () => {
  assert.deepEqual(faults({ ...text, pattern: '^a', allOf: [{ pattern: '^a' }] }, 'b'), [
    'x: Invalid value: "b": x in body should match \'^a\'',
    '<nil>: Invalid value: "": "x" must validate all the schemas (allOf). None validated',
  ]);
});

test('the fields of a map are judged whatever its size', () => {
  const map = { type: 'object', additionalProperties: text, maxProperties: 1 };
  assert.deepEqual(faults(map, { a: 1, b: 'x' }), [
    'x: Too many: 2: must have at most 1 item',
    'x.a: Invalid value: "integer": x.a in body must be of type string: "integer"',
  ]);
});

test('the object itself is held to what its definition says of its name', () => {
  const name = { type: 'string', maxLength: 3 };
  const own = structuralSchema({
    type: 'object',
    properties: { metadata: { type: 'object', properties: { name } } },
  });
  const typed = { ...own, properties: { metadata: structuralSchema({ type: 'object' }) } };
  const [cause] = compileStructural(typed, { values: own }).validate({
    metadata: { name: 'four' },
  });
  assert.deepEqual(cause, {
    reason: 'FieldValueTooLong',
    message: 'Too long: may not be more than 3 bytes',
    field: 'metadata.name',
  });
});

test('formats as leniently as upstream reads them', () => {
  const cases: [string, string[], string[]][] = [
    ['email', ['a@b', 'A <a@b.c>', '"a b"@c', 'ä@b.c'], ['mailto:x@y', 'a b@c', 'a@', 'a..b@c']],
    ['ipv4', ['1.2.3.4', '01.2.3.4', '::ffff:1.2.3.4'], ['1.2.3', '256.1.1.1', '::1']],
    ['ipv6', ['::1', '::ffff:1.2.3.4'], ['1.2.3.4', 'fe80::1%eth0']],
    ['cidr', ['10.0.0.1/8', '010.0.0.0/8', '::/0'], ['10.0.0.0/33', '10.0.0.0']],
    ['mac', ['00:11:22:33:44:55', '0011.2233.4455', '001122334455'], ['00:11:22', '0011223344']],
    ['ssn', ['123-45-6789', '123 45 6789'], ['123456789']],
    ['duration', ['1h30m', '1 hour 2 minutes', 'P1D', '2 weeks', 'x3days'], ['1 y', '5', 'abc']],
  ];
  for (const [format, good, bad] of cases) {
    const holds = formats.get(format);
    for (const value of good) assert.equal(holds?.(value), true, `${format} ${value}`);
    for (const value of bad) assert.equal(holds?.(value), false, `${format} ${value}`);
  }
});
