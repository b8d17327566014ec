import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { parseApiVersion, type KubeObject } from '../object/object.ts';
import { builtInSchema, schemaFor } from './built-in.ts';
import { inFieldOrder } from './field-order.ts';
import { ensureGenerated } from './generate.ts';
import { goldenObjects } from './golden-objects.ts';
import type { Schema } from './schema.ts';

before(() => {
  ensureGenerated();
});

const pod = (): ReturnType<typeof builtInSchema> => builtInSchema('io.k8s.api.core.v1.Pod');

function schemaOf({ apiVersion, kind }: KubeObject): Schema {
  const version = parseApiVersion(apiVersion);
  const schema = version === undefined ? undefined : schemaFor({ ...version, kind });
  assert.ok(schema, `there is no schema of ${apiVersion} ${kind}`);
  return schema;
}

/** The same value with the fields of every object the other way round; objects of other types stay as they were sent. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  if ('kind' in value && value.kind === 'CustomType') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  );
}

for (const { json } of goldenObjects()) {
  test(`${json.apiVersion} ${json.kind}: fields as upstream's encoder writes them`, () => {
    const schema = schemaOf(json);
    assert.equal(inFieldOrder(json, schema), json);
    const ordered = inFieldOrder(reversed(json) as KubeObject, schema);
    assert.equal(JSON.stringify(ordered), JSON.stringify(json));
  });
}

test('what is shared stays as it is', () => {
  const container = Object.freeze({ image: 'i', name: 'c' });
  const spec = Object.freeze({ nodeName: 'n', containers: Object.freeze([container]) });
  const object = Object.freeze({ spec, kind: 'Pod', apiVersion: 'v1', metadata: {} });
  assert.equal(
    JSON.stringify(inFieldOrder(object, pod())),
    '{"kind":"Pod","apiVersion":"v1","metadata":{},"spec":{"containers":[{"name":"c","image":"i"}],"nodeName":"n"}}',
  );
  assert.deepEqual(Object.keys(object), ['spec', 'kind', 'apiVersion', 'metadata']);
});

test('maps are in the order of their keys, free values as they were sent', () => {
  const metadata = { labels: { b: '1', a: '2' }, managedFields: [{ fieldsV1: { b: {}, a: {} } }] };
  assert.equal(
    JSON.stringify(inFieldOrder({ metadata }, pod())),
    '{"metadata":{"labels":{"a":"2","b":"1"},"managedFields":[{"fieldsV1":{"b":{},"a":{}}}]}}',
  );
});

test('no key of a map is lost', () => {
  const data = JSON.parse('{"z":"1","__proto__":"2","constructor":"3"}') as Record<string, string>;
  const schema = builtInSchema('io.k8s.api.core.v1.ConfigMap');
  const ordered = inFieldOrder({ data }, schema);
  assert.equal(JSON.stringify(ordered), '{"data":{"__proto__":"2","constructor":"3","z":"1"}}');
});
