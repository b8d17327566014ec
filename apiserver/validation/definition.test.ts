import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonSchemaProps, structuralSchema } from './definition.ts';
import { strictOptions, validateDefinitionSchema } from './definition-schema.ts';

const text = { type: 'string' };

function faults(props: JsonSchemaProps, statusSubresource = false): string[] {
  return validateDefinitionSchema(props, 'spec.validation', {
    ...strictOptions,
    statusSubresource,
  }).map((cause) =>
    `${cause.field}: ${cause.message}`.replaceAll('spec.validation.openAPIV3Schema', '$'),
  );
}

function inSpec(spec: object): JsonSchemaProps {
  return { type: 'object', properties: { spec } };
}

test('schemas that are sound', () => {
  const sound: JsonSchemaProps[] = [
    { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    {
      type: 'object',
      description: 'd',
      properties: {
        apiVersion: text,
        kind: text,
        metadata: { type: 'object', properties: { name: { ...text, maxLength: 10 } } },
        spec: {
          type: 'object',
          required: ['a'],
          properties: {
            a: {
              'x-kubernetes-int-or-string': true,
              anyOf: [{ type: 'integer' }, { type: 'string' }],
            },
            b: { type: 'array', items: text, 'x-kubernetes-list-type': 'set', default: ['x'] },
            c: { type: 'object', additionalProperties: { type: 'integer' } },
          },
        },
      },
      oneOf: [{ properties: { spec: { required: ['b'] } } }],
    },
  ];
  for (const props of sound)
    assert.deepEqual(
      faults(props, true).filter((f) => !f.includes('only [')),
      [],
    );
});

test('schemas that are not structural', () => {
  const cases: [JsonSchemaProps, string][] = [
    [{}, '$.type: Required value: must not be empty at the root'],
    [{ type: 'string' }, '$.type: Invalid value: "string": must be object at the root'],
    [
      inSpec({}),
      '$.properties[spec].type: Required value: must not be empty for specified object fields',
    ],
    [inSpec({ type: 'array' }), '$.properties[spec].items: Required value: must be specified'],
    [
      inSpec({ type: 'array', items: {} }),
      '$.properties[spec].items.type: Required value: must not be empty for specified array items',
    ],
    [
      { type: 'object', additionalProperties: text },
      '$.additionalProperties: Forbidden: must not be used at the root',
    ],
    [
      inSpec({ ...text, anyOf: [{ type: 'string' }] }),
      '$.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      inSpec({ ...text, not: { description: 'x' } }),
      '$.properties[spec].not.description: Forbidden: must be empty to be structural',
    ],
    [
      { type: 'object', allOf: [{ properties: { x: {} } }] },
      '$.properties[x]: Required value: because it is defined in $.allOf[0].properties[x]',
    ],
    [
      {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
      },
      '$.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ],
    [
      inSpec({ ...text, pattern: '(' }),
      '$.properties[spec].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
    ],
    [
      inSpec({ 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true }),
      '$.properties[spec].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true',
    ],
    [
      inSpec({
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      }),
      '$.properties[spec].type: Required value: must be object if x-kubernetes-embedded-resource is true',
    ],
  ];
  for (const [props, expected] of cases) {
    assert.ok(faults(props).includes(expected), `${expected}\nnot in\n${faults(props).join('\n')}`);
  }
});

test('what a schema may not use', () => {
  const list = (more: object, items: object = { type: 'object', properties: { name: text } }) =>
    inSpec({ type: 'array', items, ...more });
  const cases: [JsonSchemaProps, string][] = [
    [
      { type: 'object', nullable: true },
      '$.nullable: Forbidden: nullable cannot be true at the root',
    ],
    [
      inSpec({ type: 'foo' }),
      '$.properties[spec].type: Unsupported value: "foo": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ],
    [
      list({ uniqueItems: true }),
      '$.properties[spec].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    ],
    [
      inSpec({ type: 'object', properties: { a: text }, additionalProperties: text }),
      '$.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
    ],
    [inSpec({ ...text, $ref: '#/x' }), '$.properties[spec].$ref: Forbidden: $ref is not supported'],
    [
      { type: 'object', properties: { metadata: { type: 'object', default: {} } } },
      '$.properties[metadata].default: Forbidden: must not be set in top-level metadata',
    ],
    [
      list({ 'x-kubernetes-list-type': 'bag' }),
      '$.properties[spec].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"',
    ],
    [
      list({ 'x-kubernetes-list-type': 'set' }),
      '$.properties[spec].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
    ],
    [
      list({ 'x-kubernetes-list-type': 'map' }),
      '$.properties[spec].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
    ],
    [
      list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
      '$.properties[spec].items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
    [
      list({ 'x-kubernetes-list-map-keys': ['name'] }),
      '$.properties[spec].x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty',
    ],
    [
      inSpec({ ...text, 'x-kubernetes-map-type': 'atomic' }),
      '$.properties[spec].type: Invalid value: "string": must be object if x-kubernetes-map-type is specified',
    ],
    [
      inSpec({ ...text, 'x-kubernetes-validations': [{ rule: ' ' }] }),
      '$.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified',
    ],
    [
      inSpec({ ...text, default: 1 }),
      '$.properties[spec].default: Invalid value: "integer":  in body must be of type string: "integer"',
    ],
    [
      inSpec({ type: 'object', default: { a: 1 } }),
      '$.properties[spec].default: Invalid value: {"a":1}: must not have unknown fields',
    ],
  ];
  for (const [props, expected] of cases) {
    assert.ok(faults(props).includes(expected), `${expected}\nnot in\n${faults(props).join('\n')}`);
  }
  const restricted = faults({ type: 'object', anyOf: [], default: {} }, true);
  assert.match(
    restricted[0] ?? '',
    /fields are allowed at the root of the schema if the status subresource is enabled/,
  );
});

test('the schema as ours', () => {
  assert.deepEqual(
    structuralSchema({
      type: 'object',
      description: 'left out',
      required: ['a'],
      properties: {
        a: { 'x-kubernetes-int-or-string': true, nullable: true },
        b: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: { type: 'object', 'x-kubernetes-map-type': 'atomic', maxProperties: 2 },
        },
        c: { type: 'object', additionalProperties: { type: 'string', format: 'uri', enum: ['x'] } },
        d: { 'x-kubernetes-preserve-unknown-fields': true, default: 1 },
        e: { type: 'integer', anyOf: [{ minimum: 1 }] },
      },
    }),
    {
      type: 'object',
      required: ['a'],
      properties: {
        a: { type: 'any', intOrString: true, nullable: true },
        b: {
          type: 'array',
          listType: 'map',
          listMapKeys: ['k'],
          items: { type: 'object', mapType: 'atomic', rules: { maxProperties: 2 } },
        },
        c: { type: 'object', additional: { type: 'string', format: 'uri', enum: ['x'] } },
        d: { type: 'any', preserveUnknown: true, default: 1 },
        e: { type: 'integer', rules: { anyOf: [{ type: 'any', rules: { minimum: 1 } }] } },
      },
    },
  );
});

test('what is written around expressions, and where old values do not correspond', () => {
  const fields = {
    a: { type: 'string', maxLength: 9 },
    m: { type: 'object', additionalProperties: text },
  };
  const rule = (validation: object) =>
    inSpec({ type: 'object', properties: fields, 'x-kubernetes-validations': [validation] });
  const at = '$.properties[spec].x-kubernetes-validations[0]';
  const within = (holder: object) => inSpec(holder);
  const changed = {
    ...text,
    maxLength: 5,
    'x-kubernetes-validations': [{ rule: 'self == oldSelf' }],
  };
  const uncorrelated =
    'Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within $.properties[spec]';
  const cases: [JsonSchemaProps, string[]][] = [
    [rule({ rule: 'true', fieldPath: ".m['x y']", reason: 'FieldValueForbidden' }), []],
    [
      rule({ rule: 'true', message: ' ', messageExpression: ' ', reason: 'Foo', fieldPath: '.b' }),
      [
        `${at}.message: Invalid value: " ": must be non-empty if specified`,
        `${at}.messageExpression: Required value: messageExpression must be non-empty if specified`,
        `${at}.reason: Unsupported value: "Foo": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
        `${at}.fieldPath: Invalid value: ".b": must be a valid path`,
      ],
    ],
    [
      rule({ rule: 'true', optionalOldSelf: false }),
      [
        `${at}.optionalOldSelf: Invalid value: false: may not be set if oldSelf is not used in rule`,
      ],
    ],
    [
      within({ type: 'array', maxItems: 2, items: changed }),
      [`$.properties[spec].items.x-kubernetes-validations[0].rule: ${uncorrelated}`],
    ],
    [within({ type: 'object', maxProperties: 2, additionalProperties: changed }), []],
  ];
  for (const [props, expected] of cases) assert.deepEqual(faults(props), expected);
});

test('defaults inside of metadata, and of whole objects', () => {
  const embedded = (more: object) =>
    inSpec({ type: 'object', 'x-kubernetes-embedded-resource': true, ...more });
  const labels = { type: 'object', additionalProperties: text };
  const metadata = { type: 'object', properties: { labels } };
  const whole = { 'x-kubernetes-preserve-unknown-fields': true };
  const cases: [JsonSchemaProps, string[]][] = [
    [
      embedded({ ...whole, default: { kind: 'A%', metadata: { name: 'a/b' } } }),
      [
        '$.properties[spec].default.apiVersion: Required value',
        '$.properties[spec].default.kind: Invalid value: "A%": may have mixed case, but should otherwise match: ',
        `$.properties[spec].default.metadata.name: Invalid value: "a/b": may not contain '/'`,
      ],
    ],
    [
      embedded({ ...whole, default: { apiVersion: 'v1', kind: 'A', metadata: { labels: 1 } } }),
      [
        '$.properties[spec].default.metadata: Invalid value: {"labels":1}: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type map[string]string',
      ],
    ],
    [
      embedded({ properties: { metadata: { ...metadata, default: { labels: { a: 'x y' } } } } }),
      [
        '$.properties[spec].properties[metadata].default: Invalid value: {"labels":{"a":"x y"}}: must result in valid metadata: metadata.labels: Invalid value: "x y": ',
      ],
    ],
    [
      inSpec({ type: 'integer', default: 1, 'x-kubernetes-validations': [{ rule: 'self > 5' }] }),
      ['$.properties[spec].default: Invalid value: 1: failed rule: self > 5'],
    ],
  ];
  for (const [props, expected] of cases) {
    const found = faults(props);
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [i, want] of expected.entries()) {
      const line = found[i] ?? '';
      assert.ok(line.startsWith(want), `${line}\nis not\n${want}`);
    }
  }
});
