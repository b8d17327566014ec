import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { catalog } from './catalog.ts';
import { makeResource } from './make-resource.ts';

const resources = catalog.map((kind) => makeResource(kind, () => ({ type: 'object' })));
const schema = { openAPIV3Schema: { type: 'object' } };
const storedVersion = { name: 'v1', served: true, storage: true, schema };
const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };

function bare(apiVersion: string, kind: string): KubeObject {
  return { apiVersion, kind, metadata: { name: 'a', namespace: 'b', uid: 'u' } };
}

test('every resource is listed once and stored under a path of its own', () => {
  const names = resources.map((r) => `${r.apiVersion}/${r.resource}`);
  assert.equal(new Set(names).size, names.length);
  const paths = new Map<string, string>();
  for (const { keyPrefix, storedAs } of resources) {
    if (keyPrefix === '') continue;
    const stored = `${storedAs.group}/${storedAs.version}/${storedAs.kind}`;
    assert.equal(paths.get(keyPrefix) ?? stored, stored, keyPrefix);
    paths.set(keyPrefix, stored);
  }
});

test('keys are those of upstream', () => {
  const prefix = (name: string) => resources.find((r) => r.resource === name)?.keyPrefix;
  assert.equal(prefix('nodes'), '/registry/minions/');
  assert.equal(prefix('services'), '/registry/services/specs/');
  assert.equal(prefix('ingresses'), '/registry/ingress/');
  assert.equal(prefix('replicationcontrollers'), '/registry/controllers/');
  assert.equal(
    prefix('customresourcedefinitions'),
    '/registry/apiextensions.k8s.io/customresourcedefinitions/',
  );
});

test('no kind stumbles over an object that has nothing but a name', () => {
  for (const resource of resources) {
    const label = `${resource.apiVersion} ${resource.kind}`;
    const object = bare(resource.apiVersion, resource.kind);
    for (const column of resource.columns) {
      const value = column.cell(object);
      assert.notEqual(value, undefined, `${label} ${column.name}`);
    }
    assert.doesNotThrow(() => {
      resource.selectableFields?.({ ...object, spec: {}, status: {} });
      resource.default?.(object);
      resource.prepareForCreate?.(object, info);
      resource.validate?.(object);
      resource.validateCreate?.(object);
    }, label);
  }
});

test('an update that changes nothing is refused for nothing that a new object would not be', () => {
  for (const resource of resources) {
    const old = bare(resource.apiVersion, resource.kind);
    // Upstream too refuses any update of a definition that never stored a version.
    if (resource.kind === 'CustomResourceDefinition') old.spec = { versions: [storedVersion] };
    resource.default?.(old);
    resource.prepareForCreate?.(old, info);
    const next = structuredClone(old);
    resource.prepareForUpdate?.(next, old, info);
    const anew = [...(resource.validate?.(next) ?? []), ...(resource.validateCreate?.(next) ?? [])];
    const known = new Set(anew.map((cause) => `${cause.field} ${cause.message}`));
    const causes = resource.validateUpdate?.(next, old) ?? [];
    const more = causes.filter((cause) => !known.has(`${cause.field} ${cause.message}`));
    assert.deepEqual(more, [], resource.kind);
  }
});

test('defaults are stable: a second run changes nothing', () => {
  for (const resource of resources) {
    const object = bare(resource.apiVersion, resource.kind);
    resource.default?.(object);
    const once = structuredClone(object);
    resource.default?.(object);
    assert.deepEqual(object, once, resource.kind);
  }
});
