import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCauses, prepared, updateCauses } from '../validation-fixture.ts';
import { customResourceDefinition as kind } from './custom-resource-definition.ts';

const schema = {
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'object' } } },
    },
  },
};
const version = (rest: object = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema,
  ...rest,
});
const definition = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: 'things.example.com', ...metadata },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { plural: 'things', kind: 'Thing' },
    versions: [version()],
    ...spec,
  },
});
const label =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

test('names, scope and versions', () => {
  const cases: [parts: object, causes: (string | RegExp)[]][] = [
    [definition(), []],
    [
      definition({ group: 'nodots', scope: '' }, { name: 'x' }),
      [
        'metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group',
        'spec.group: Invalid value: "nodots": should be a domain with at least one dot',
        'spec.scope: Required value',
      ],
    ],
    [
      definition({
        names: { plural: 'things', kind: 'Thing', listKind: 'Thing', shortNames: ['A'] },
      }),
      [
        `spec.names.shortNames[0]: Invalid value: "A": ${label}`,
        'spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same',
      ],
    ],
    [
      definition({ versions: [] }),
      [
        'spec.versions: Invalid value: []: must have exactly one version marked as storage version',
        'status.storedVersions: Invalid value: []: must have at least one stored version',
      ],
    ],
    [
      definition({
        versions: [version({ name: 'A', schema: undefined, deprecationWarning: 'old' })],
      }),
      [
        'spec.versions[0].schema.openAPIV3Schema: Required value',
        `spec.versions[0].name: Invalid value: "A": ${label}`,
        'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions',
        `spec.version: Invalid value: "A": ${label}`,
      ],
    ],
    [
      definition({ versions: [version(), version({ storage: false })] }),
      [/^spec.versions: Invalid value: \[.*\]: must contain unique version names$/],
    ],
    [
      definition({ preserveUnknownFields: true }),
      [
        'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ],
    ],
  ];
  for (const [parts, causes] of cases) matches(createCauses(kind, parts), causes);
});

function matches(found: string[], causes: (string | RegExp)[]): void {
  assert.equal(found.length, causes.length, found.join('\n'));
  for (const [i, want] of causes.entries()) {
    if (typeof want === 'string') assert.equal(found[i], want);
    else assert.match(found[i] ?? '', want);
  }
}

test('what all versions share is judged once, under its own path', () => {
  const rest = {
    subresources: { scale: { specReplicasPath: 'spec.replicas', statusReplicasPath: '.spec.x' } },
    additionalPrinterColumns: [{ type: 'text', format: 'long', jsonPath: 'a' }],
    selectableFields: [
      { jsonPath: '.spec.a' },
      { jsonPath: '.spec.b' },
      { jsonPath: '.spec.c' },
      {},
    ],
  };
  const columns = 'must be one of boolean,date,integer,number,string';
  const under = (at: string) => [
    `${at}subresources.scale.specReplicasPath: Invalid value: "spec.replicas": must be a simple json path starting with .`,
    `${at}subresources.scale.statusReplicasPath: Invalid value: ".spec.x": should be a json path under .status`,
    `${at}additionalPrinterColumns[0].name: Required value`,
    `${at}additionalPrinterColumns[0].type: Invalid value: "text": ${columns}`,
    `${at}additionalPrinterColumns[0].format: Invalid value: "long": must be one of byte,date,date-time,double,float,int32,int64,password`,
    `${at}additionalPrinterColumns[0].JSONPath: Invalid value: "a": must be a simple json path starting with .`,
    `${at}selectableFields[1].jsonPath: Invalid value: ".spec.b": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.`,
    `${at}selectableFields[2].jsonPath: Invalid value: ".spec.c": is an invalid path: does not refer to a valid field`,
    `${at}selectableFields[3].jsonPath: Required value`,
  ];
  assert.deepEqual(createCauses(kind, definition({ versions: [version(rest)] })), under('spec.'));
  const own = { openAPIV3Schema: { ...schema.openAPIV3Schema, description: 'another' } };
  const two = (more: object) => [
    version(),
    version({ name: 'v2', storage: false, ...rest, ...more }),
  ];
  assert.deepEqual(
    createCauses(kind, definition({ versions: two({ schema: own }) })),
    under('spec.versions[1].'),
  );
  // what a version selects by is not there where the schema is held for all
  const lone = createCauses(kind, definition({ versions: two({}) }));
  assert.equal(
    lone.at(-1),
    'spec.versions[1].selectableFields: Invalid value: "": may only be set when `version.schema.openAPIV3Schema` is not included',
  );
});

test('conversion', () => {
  const webhook = (rest: object, versions?: object[]) =>
    definition({
      conversion: { strategy: 'Webhook', webhook: rest },
      ...(versions === undefined ? {} : { versions }),
    });
  const full = { clientConfig: { url: 'https://h/' }, conversionReviewVersions: ['v1'] };
  const two = [version(), version({ name: 'v2', storage: false })];
  assert.deepEqual(createCauses(kind, webhook(full, two)), []);
  assert.deepEqual(createCauses(kind, webhook({})), [
    'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
    'spec.conversion.conversionReviewVersions: Required value',
  ]);
  assert.deepEqual(
    createCauses(kind, webhook({ clientConfig: {}, conversionReviewVersions: ['v3', 'v3'] })),
    [
      'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
      'spec.conversion.conversionReviewVersions[1]: Invalid value: "v3": duplicate version',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v3","v3"]: must include at least one of v1, v1beta1',
    ],
  );
  const none = definition({ conversion: { strategy: 'None', webhook: full } });
  assert.deepEqual(createCauses(kind, none), [
    'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook',
    'spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook',
  ]);
});

test('a webhook that cannot be trusted: until it is established, and while it was so before', () => {
  const of = (caBundle: string, versions = ['v1'], established = true) => {
    const clientConfig = { url: 'https://h/', caBundle: Buffer.from(caBundle).toString('base64') };
    const conversion = {
      strategy: 'Webhook',
      webhook: { clientConfig, conversionReviewVersions: versions },
    };
    const made = prepared(kind, definition({ conversion }));
    const conditions = [{ type: 'Established', status: established ? 'True' : 'False' }];
    return { ...made, status: { ...made['status'], conditions } };
  };
  const [good, bad] = [of(''), of('ab')];
  assert.deepEqual(createCauses(kind, bad), []);
  assert.deepEqual(updateCauses(kind, bad, good), [
    'spec.conversion.webhookClientConfig.caBundle: Invalid value: "YWI=": unable to load root certificates: unable to parse bytes as PEM block',
  ]);
  assert.deepEqual(updateCauses(kind, bad, of('', ['v1'], false)), []);
  assert.deepEqual(updateCauses(kind, of('cd'), bad), []);
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  assert.match(
    String(updateCauses(kind, of(pem), good)),
    /unable to load root certificates: failed to parse certificate: x509: malformed certificate$/,
  );
  // review versions that nobody knows, too
  assert.deepEqual(updateCauses(kind, of('', ['v7']), of('', ['v8'])), []);
  assert.equal(updateCauses(kind, of('', ['v7']), good).length, 1);
});

test('paths of selectable fields', () => {
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', additionalProperties: { type: 'string' } },
        name: { type: 'string' },
        metadata: { type: 'object', properties: { name: { type: 'string' } } },
      },
    },
  };
  const path = (jsonPath: string) =>
    createCauses(
      kind,
      definition({ versions: [version({ schema, selectableFields: [{ jsonPath }] })] }),
    );
  const why = (jsonPath: string) =>
    String(path(jsonPath)[0]).replace(
      `spec.selectableFields[0].jsonPath: Invalid value: ${JSON.stringify(jsonPath)}: is an invalid path: `,
      '',
    );
  assert.deepEqual(path('.name'), []);
  assert.deepEqual(path('.spec.any'), []);
  assert.equal(why('name'), 'expected [ or . but got: name');
  assert.equal(why('.name.x'), 'does not refer to a valid field');
  assert.equal(why('.name.'), 'unexpected end of JSON path');
  assert.equal(why(".spec['any']"), 'array notation is not allowed');
  assert.match(String(path('.metadata.name')), /must not point to fields in metadata/);
});

test('groups of Kubernetes need approval', () => {
  const of = (approval?: string) =>
    definition(
      { group: 'x.k8s.io' },
      {
        name: 'things.x.k8s.io',
        ...(approval === undefined
          ? {}
          : { annotations: { 'api-approved.kubernetes.io': approval } }),
      },
    );
  const at = 'metadata.annotations[api-approved.kubernetes.io]';
  const must = 'protected groups must have approval annotation "api-approved.kubernetes.io"';
  const where = 'see https://github.com/kubernetes/enhancements/pull/1111';
  assert.deepEqual(createCauses(kind, of('https://github.com/kubernetes/x/pull/1')), []);
  assert.deepEqual(createCauses(kind, of('unapproved, experimental')), []);
  assert.deepEqual(createCauses(kind, of()), [`${at}: Required value: ${must}, ${where}`]);
  assert.deepEqual(createCauses(kind, of('yes')), [
    `${at}: Invalid value: "yes": ${must} with either a URL or a reason starting with "unapproved", ${where}`,
  ]);
});

test('updates', () => {
  const old = prepared(kind, definition());
  const next = structuredClone(old);
  next.spec.group = 'other.com';
  next.spec.names.plural = 'others';
  next.spec.versions[0].name = 'v2';
  assert.deepEqual(updateCauses(kind, next, old), [
    'spec.group: Invalid value: "other.com": field is immutable',
    'spec.names.plural: Invalid value: "others": field is immutable',
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
});

test('what was wrong before may stay so, and versions are shown as upstream holds them', () => {
  const holding = (openAPIV3Schema: object) =>
    prepared(kind, definition({ versions: [version({ schema: { openAPIV3Schema } })] }));
  const field = (a: object) => ({ type: 'object', properties: { a } });
  const list = (items: object, listType: string) => ({
    type: 'array',
    'x-kubernetes-list-type': listType,
    ...(listType === 'map' ? { 'x-kubernetes-list-map-keys': ['k'] } : {}),
    items,
  });
  const wrong = [
    field({ type: 'foo' }),
    field({ type: 'object', default: { x: 1 } }),
    field(list({ type: 'object' }, 'set')),
    field(list({ type: 'object', properties: { k: { type: 'string' } } }, 'map')),
  ];
  for (const schema of wrong) {
    const old = holding(schema);
    assert.equal(createCauses(kind, old).length, 1);
    const next = holding({ ...schema, description: 'more' });
    assert.deepEqual(updateCauses(kind, next, old), []);
    assert.equal(updateCauses(kind, next, holding(field({ type: 'string' }))).length, 1);
  }
  const none = definition({ versions: [version({ storage: false })] });
  assert.equal(
    createCauses(kind, none)[0],
    'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version',
  );
  const root = definition({
    versions: [
      version({
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', minProperties: 1 } },
      }),
    ],
  });
  assert.match(
    String(createCauses(kind, root)),
    /openAPIV3Schema: Invalid value: \{"ID":"","Schema":"","Ref":null,.*"MinProperties":1,.*"XValidations":null\}: only \[Description Type .*\] fields are allowed at the root/,
  );
});

test('formats that nothing is held to are warned of, once they are new', () => {
  const of = (...formats: [type: string, format: string][]) => {
    const properties = Object.fromEntries(
      formats.map(([type, format], i) => [`p${i}`, { type, format }]),
    );
    const versions = [version({ schema: { openAPIV3Schema: { type: 'object', properties } } })];
    return prepared(kind, definition({ versions }));
  };
  const known = of(['string', 'date-time'], ['integer', 'int32'], ['number', 'double']);
  assert.deepEqual(kind.warnings?.(known, undefined), []);
  const odd = of(['string', 'int32'], ['integer', 'uint8'], ['boolean', 'uuid']);
  assert.deepEqual(kind.warnings?.(odd, undefined), [
    'unrecognized format "int32"',
    'unrecognized format "uint8"',
    'unrecognized format "uuid"',
  ]);
  assert.deepEqual(kind.warnings?.(odd, of(['integer', 'uint8'], ['string', 'int32'])), [
    'unrecognized format "uuid"',
  ]);
});
