import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { builtInDefinitions, builtInSchema, definitionFor, kindsOf } from './built-in.ts';
import { ensureGenerated } from './generate.ts';
import type { Schema } from './schema.ts';

before(() => {
  ensureGenerated();
});

function field(definition: string, path: string): Schema {
  let schema = builtInSchema(definition);
  for (const name of path.split('.')) {
    const next = schema.properties?.[name];
    assert.ok(next, `${definition}: ${path}`);
    schema = next.items ?? next;
  }
  return schema;
}

test('a field carries what its type says and what only the field says', () => {
  const spec = builtInSchema('io.k8s.api.core.v1.Pod').properties?.['spec'];
  const containers = spec?.properties?.['containers'];
  assert.equal(containers?.listType, 'map');
  assert.deepEqual(containers?.listMapKeys, ['name']);
  assert.equal(containers?.patchMergeKey, 'name');
  assert.deepEqual(containers?.items?.required, ['name']);
  const ports = containers?.items?.properties?.['ports'];
  assert.deepEqual(ports?.listMapKeys, ['containerPort', 'protocol']);
  assert.equal(ports?.items?.properties?.['protocol']?.default, 'TCP');
  assert.deepEqual(ports?.items?.properties?.['protocol']?.enum, ['SCTP', 'TCP', 'UDP']);
  const strategy = field('io.k8s.api.apps.v1.Deployment', 'spec.strategy');
  assert.equal(strategy.patchStrategy, 'retainKeys');
  assert.deepEqual(strategy.default, {});
});

test('types with a coding of their own are told apart', () => {
  assert.equal(field('io.k8s.api.core.v1.Pod', 'metadata.creationTimestamp').format, 'date-time');
  assert.equal(field('io.k8s.api.coordination.v1.Lease', 'spec.renewTime').format, 'micro-time');
  const limits = field('io.k8s.api.core.v1.Container', 'resources.limits');
  assert.equal(limits.additional?.format, 'quantity');
  assert.equal(field('io.k8s.api.core.v1.Service', 'spec.ports.targetPort').intOrString, true);
  assert.equal(field('io.k8s.api.core.v1.Secret', 'data').additional?.format, 'byte');
});

test('protobuf numbers, also of fields that JSON has inline', () => {
  const probe = builtInSchema('io.k8s.api.core.v1.Probe').proto;
  assert.deepEqual(probe?.['exec'], { number: 1, kind: 'message', pointer: true, path: [1] });
  assert.deepEqual(probe?.['initialDelaySeconds'], { number: 2, kind: 'int32' });
  const extra = builtInSchema('io.k8s.api.authentication.v1.UserInfo').proto?.['extra'];
  assert.deepEqual(extra, { number: 4, kind: 'map', special: 'Strings' });
});

test('kinds and definitions find each other', () => {
  const deployment = { group: 'apps', version: 'v1', kind: 'Deployment' };
  assert.equal(definitionFor(deployment), 'io.k8s.api.apps.v1.Deployment');
  assert.deepEqual(kindsOf('io.k8s.api.core.v1.Pod'), ['/v1/Pod']);
  assert.equal(definitionFor({ ...deployment, kind: 'Nothing' }), undefined);
  assert.throws(() => builtInSchema('io.k8s.api.core.v1.Nothing'), /no built-in type/);
});

test('every field number is used once in its message', () => {
  for (const definition of builtInDefinitions()) {
    const seen = new Set<string>();
    for (const [name, proto] of Object.entries(builtInSchema(definition).proto ?? {})) {
      const number = [...(proto.path ?? []), proto.number].join('/');
      assert.ok(!seen.has(number), `${definition}.${name}: ${number} twice`);
      seen.add(number);
    }
  }
});
