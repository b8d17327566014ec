import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structuralSchema } from './definition.ts';
import { compileStructural } from './structural.ts';

type Fields = Record<string, unknown>;

function compiled(properties: Fields, more: Fields = {}) {
  const spec = { type: 'object', properties, ...more };
  return compileStructural(structuralSchema({ type: 'object', properties: { spec } }));
}

function faults(properties: Fields, spec: unknown, more: Fields = {}, old?: unknown): string[] {
  const structural = compiled(properties, more);
  const causes = structural.validate({ spec }, old === undefined ? undefined : { spec: old });
  return causes.map((c) => `${c.field}: ${c.message}`);
}

const integer = { type: 'integer' };
const text = { type: 'string' };

test('value rules in upstream words', () => {
  const cases: [Fields, unknown, string[]][] = [
    [
      { ...integer, maximum: 9 },
      12,
      ['spec.x: Invalid value: 12: spec.x in body should be less than or equal to 9'],
    ],
    [
      { ...integer, maximum: 9, exclusiveMaximum: true },
      9,
      ['spec.x: Invalid value: 9: spec.x in body should be less than 9'],
    ],
    [
      { ...integer, minimum: 1 },
      0,
      ['spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1'],
    ],
    [
      { ...integer, multipleOf: 5 },
      7,
      ['spec.x: Invalid value: 7: spec.x in body should be a multiple of 5'],
    ],
    [
      integer,
      'a',
      ['spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
    ],
    [
      integer,
      1.5,
      [
        'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"',
        '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x',
      ],
    ],
    [
      { ...integer, format: 'int32', minimum: 5 },
      1.5,
      [
        'spec.x: Invalid value: "float64": spec.x in body must be of type int32: "float64"',
        '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x',
        'spec.x: Invalid value: 1.5: spec.x in body should be greater than or equal to 5',
      ],
    ],
    [
      { ...integer, format: 'int32' },
      3000000000,
      [
        '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x',
      ],
    ],
    [{ ...integer, format: 'int32' }, -(2 ** 31), []],
    [
      { ...integer, format: 'int64' },
      true,
      ['spec.x: Invalid value: "": spec.x in body must be of type int64: ""'],
    ],
    [{ ...integer, format: 'int64' }, 2n ** 63n - 1n, []],
    [{ ...integer, format: 'uint32' }, -1, []],
    [
      { type: 'number', format: 'float' },
      -1e39,
      [
        '<nil>: Invalid value: "": Checked value must be of type number with format float in spec.x',
      ],
    ],
    [{ type: 'number', format: 'double' }, 1e308, []],
    [
      { ...text, format: 'email' },
      1.5,
      ['spec.x: Invalid value: "float64": spec.x in body must be of type email: "float64"'],
    ],
    [
      integer,
      null,
      ['spec.x: Invalid value: "null": spec.x in body must be of type integer: "null"'],
    ],
    [{ ...integer, nullable: true }, null, []],
    [{ type: 'number' }, 1, []],
    [
      { 'x-kubernetes-int-or-string': true },
      true,
      [
        'spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
      ],
    ],
    [
      { ...text, enum: ['a', 'b'] },
      'x',
      ['spec.x: Unsupported value: "x": supported values: "a", "b"'],
    ],
    [{ ...text, maxLength: 2 }, 'äöü', ['spec.x: Too long: may not be more than 2 bytes']],
    [{ ...text, maxLength: 3 }, '😀😀😀', []],
    [
      { ...text, minLength: 2 },
      'a',
      ['spec.x: Invalid value: "a": spec.x in body should be at least 2 chars long'],
    ],
    [
      { ...text, pattern: '^a+$' },
      'b',
      ['spec.x: Invalid value: "b": spec.x in body should match \'^a+$\''],
    ],
    [
      { ...text, format: 'ipv4' },
      '1.2.3',
      ['spec.x: Invalid value: "1.2.3": spec.x in body must be of type ipv4: "1.2.3"'],
    ],
    [{ ...text, format: 'made-up' }, 'x', []],
    [
      { type: 'array', items: text, minItems: 1 },
      [],
      ['spec.x: Invalid value: 0: spec.x in body should have at least 1 items'],
    ],
    [
      { type: 'array', items: text, maxItems: 2 },
      ['a', 'b', 'c'],
      ['spec.x: Too many: 3: must have at most 2 items'],
    ],
    [
      { type: 'array', items: integer },
      [1, 'a'],
      ['spec.x[1]: Invalid value: "string": spec.x[1] in body must be of type integer: "string"'],
    ],
    [
      { type: 'object', additionalProperties: integer },
      { k: 'a' },
      ['spec.x.k: Invalid value: "string": spec.x.k in body must be of type integer: "string"'],
    ],
    [
      { type: 'object', properties: { y: text }, required: ['y', 'z'] },
      { y: 'a' },
      ['spec.x.z: Required value'],
    ],
    [
      { type: 'object', maxProperties: 1, additionalProperties: text },
      { a: 'a', b: 'b' },
      ['spec.x: Too many: 2: must have at most 1 item'],
    ],
    [
      { ...integer, not: { minimum: 3 } },
      4,
      ['<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'],
    ],
    [
      { ...integer, oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      [
        '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
    ],
    [
      { ...integer, anyOf: [{ minimum: 5 }] },
      3,
      [
        '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)',
        'spec.x: Invalid value: 3: spec.x in body should be greater than or equal to 5',
      ],
    ],
    [
      { ...integer, allOf: [{ minimum: 1 }, { maximum: 2 }] },
      3,
      [
        'spec.x: Invalid value: 3: spec.x in body should be less than or equal to 2',
        '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf)',
      ],
    ],
  ];
  for (const [schema, value, expected] of cases) {
    assert.deepEqual(
      faults({ x: schema }, { x: value }),
      expected,
      JSON.stringify([schema, value]),
    );
  }
  const root = compileStructural(structuralSchema({ type: 'object', required: ['spec'] }));
  assert.equal(root.validate({})[0]?.field, 'spec');
});

test('formats', () => {
  const good: [string, string][] = [
    ['date-time', '2026-04-01T00:00:00.5+02:00'],
    ['date-time', '2026-04-01t00:00:00,5+99:99'],
    ['date', '2024-02-29'],
    ['ipv4', '1.2.3.4'],
    ['ipv6', '::1'],
    ['cidr', 'fd00::/64'],
    ['uuid', '123e4567-E89b-12d3-a456-426614174000'],
    ['uri', 'https://example.com/x'],
    ['email', 'a@example.com'],
    ['hostname', 'node-1.example.com'],
    ['mac', '00:11:22:aa:bb:cc'],
    ['byte', 'aGk='],
    ['duration', '1h30m'],
    ['isbn13', '978-3-16-148410-0'],
    ['creditcard', '4111 1111 1111 1111'],
    ['hexcolor', '#aabbcc'],
  ];
  const bad: [string, string][] = [
    ['date-time', '2026-13-01T00:00:00Z'],
    ['date-time', '2026-01-01'],
    ['date', '2023-02-29'],
    ['ipv4', '::1'],
    ['ipv6', '1.2.3.4'],
    ['cidr', '10.0.0.0/33'],
    ['date-time', '2026-04-01T00:00:00+0200'],
    ['uuid', '123'],
    ['uri', 'not a uri'],
    ['email', 'nobody'],
    ['hostname', '-x'],
    ['mac', '00:11'],
    ['byte', 'a'],
    ['duration', 'soon'],
    ['isbn13', '978-3-16-148410-1'],
    ['creditcard', '4111 1111 1111 1112'],
    ['hexcolor', '#ggg'],
  ];
  for (const [format, value] of good)
    assert.deepEqual(faults({ x: { ...text, format } }, { x: value }), [], value);
  for (const [format, value] of bad)
    assert.equal(faults({ x: { ...text, format } }, { x: value }).length, 1, `${format} ${value}`);
});

const entries = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: { type: 'object', properties: { name: text, size: { ...integer, maximum: 5 } } },
};

test('sets and maps hold nothing twice', () => {
  const set = { type: 'array', 'x-kubernetes-list-type': 'set', items: text };
  assert.deepEqual(faults({ x: set }, { x: ['a', 'b', 'a', 'a'] }), [
    'spec.x[2]: Duplicate value: "a"',
  ]);
  assert.deepEqual(faults({ x: entries }, { x: [{ name: 'a' }, { name: 'a', size: 1 }] }), [
    'spec.x[1]: Duplicate value: {"name":"a"}',
  ]);
});

test('what was wrong before and did not change is let pass', () => {
  const old = { x: [{ name: 'a', size: 9 }], n: 50 };
  const properties = { x: entries, n: { ...integer, maximum: 5 }, m: integer };
  assert.equal(faults(properties, old).length, 2);
  assert.deepEqual(faults(properties, { ...old, m: 1 }, {}, old), []);
  const grown = {
    ...old,
    x: [
      { name: 'b', size: 8 },
      { name: 'a', size: 9 },
    ],
  };
  assert.deepEqual(faults(properties, grown, {}, old), [
    'spec.x[0].size: Invalid value: 8: spec.x[0].size in body should be less than or equal to 5',
  ]);
});

test('a keyed list is as it was in another order, an object with unknown fields never', () => {
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const properties = { x: { ...entries, maxItems: 1 }, n: { ...free, minProperties: 3 } };
  const [a, b] = [
    { name: 'a', size: 1 },
    { name: 'b', size: 2 },
  ];
  const many = 'spec.x: Too many: 2: must have at most 1 item';
  const old = { x: [a, b], n: { y: 1 } };
  assert.deepEqual(faults(properties, { x: [b, a], n: {} }, {}, old), [
    'spec.n: Invalid value: 0: spec.n in body should have at least 3 properties',
  ]);
  assert.deepEqual(faults(properties, { x: [b, { ...a, size: 2 }] }, {}, old), [many]);
  assert.deepEqual(faults(properties, { n: { y: 1 } }, {}, old), [
    'spec.n: Invalid value: 1: spec.n in body should have at least 3 properties',
  ]);
});

test('embedded objects have a kind, a version and sound metadata', () => {
  const pod = {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  };
  assert.deepEqual(faults({ pod }, { pod: { kind: '', metadata: { labels: { a: 'b' } } } }), [
    'spec.pod.apiVersion: Required value',
    'spec.pod.kind: Invalid value: "": must not be empty',
  ]);
  const found = faults(
    { pod },
    { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: '-' } } } },
  );
  assert.match(found[0] ?? '', /^spec\.pod\.metadata\.labels: Invalid value: "-": a valid label/);
});
