import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, type Reply, stored } from '../verbs/api-client.ts';
import {
  definition,
  definitions,
  established,
  object,
  objects,
} from '../verbs/definition-fixture.ts';

/** Status and scale of custom objects, and how they are judged. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const told = ({ body }: Reply): string[] =>
  body.details.causes.map((c: { field: string; message: string }) => `${c.field}: ${c.message}`);

test('a status is judged by itself', async () => {
  const any = { type: 'string', anyOf: [{ pattern: '^x' }, { minLength: 5 }] };
  const status = { type: 'object', properties: { size: { type: 'integer', minimum: 1 }, any } };
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object' }, status },
  };
  const version = { subresources: { status: {} } };
  const shape = { plural: 'judged', kind: 'Judged', schema, version };
  stored(await api.create(definitions, definition(shape)), 201);
  await established(api, 'judged.example.com');
  stored(await api.create(objects('judged'), object('Judged', 'a')), 201);
  const patch = (value: unknown) =>
    api.patch(`${objects('judged')}/a/status`, 'merge', { status: value });
  assert.deepEqual(told(await patch({ size: 0, any: 'b' })), [
    'status: Invalid value: "": "any" must validate at least one schema (anyOf)',
    'status.any: Invalid value: "b": any in body should match \'^x\'',
    'status.size: Invalid value: 0: size in body should be greater than or equal to 1',
  ]);
  assert.deepEqual(told(await patch('text')), [
    'status: Invalid value: "string":  in body must be of type object: "string"',
  ]);
  stored(await patch({ size: 2, any: 'xy' }));
});

test('a status that is dropped but fits no schema takes the entries of all managers along', async () => {
  const size = { type: 'integer' };
  const spec = { type: 'object', properties: { size } };
  const status = { type: 'object', properties: { size } };
  const schema = { type: 'object', properties: { spec, status } };
  const version = { subresources: { status: {} } };
  const shape = { plural: 'dropped', kind: 'Dropped', schema, version };
  stored(await api.create(definitions, definition(shape)), 201);
  await established(api, 'dropped.example.com');
  const sent = (name: string, wrong: unknown) => ({
    ...object('Dropped', name),
    spec: { size: 1 },
    status: { size: wrong },
  });
  const without = stored(await api.create(objects('dropped'), sent('a', 'x')), 201);
  assert.equal(without.metadata.managedFields, undefined);
  assert.equal(without.status, undefined);
  const made = stored(await api.create(objects('dropped'), sent('b', 1)), 201);
  assert.equal(made.metadata.managedFields?.length, 1);
  const path = `${objects('dropped')}/b`;
  const kept = stored(await api.patch(path, 'merge', { status: { size: 2 } }));
  assert.deepEqual(kept.metadata.managedFields, made.metadata.managedFields);
  const lost = stored(await api.patch(path, 'merge', { status: { size: [] } }));
  assert.equal(lost.metadata.managedFields, undefined);
});

test('a status that has a default is there from the first answer on', async () => {
  const phase = { type: 'string' };
  const status = { type: 'object', default: { phase: 'New' }, properties: { phase } };
  const schema = { type: 'object', properties: { spec: { type: 'object' }, status } };
  const shape = {
    plural: 'begun',
    kind: 'Begun',
    schema,
    version: { subresources: { status: {} } },
  };
  stored(await api.create(definitions, definition(shape)), 201);
  await established(api, 'begun.example.com');
  const watch = await api.watch(`${objects('begun')}?watch=true`);
  const sent = { ...object('Begun', 'a'), status: { phase: 'Sent' } };
  const wanted = { phase: 'New' };
  for (const query of ['?dryRun=All', '']) {
    assert.deepEqual(stored(await api.create(objects('begun') + query, sent), 201).status, wanted);
  }
  const applied = `${objects('begun')}/b?fieldManager=m`;
  const wants = { ...object('Begun', 'b'), metadata: { name: 'b', labels: { a: 'b' } } };
  const made = stored(await api.patch(applied, 'apply', wants), 201);
  assert.deepEqual(made.status, wanted);
  for (const name of ['a', 'b']) {
    assert.deepEqual(stored(await api.get(`${objects('begun')}/${name}`)).status, wanted);
    assert.deepEqual((await watch.next()).object.status, wanted);
  }
  watch.close();
  // it was not stored: who writes next stores it, whatever else they write
  const path = `${objects('begun')}/b`;
  const again = stored(await api.patch(applied, 'apply', wants));
  assert.notEqual(again.metadata.resourceVersion, made.metadata.resourceVersion);
  const third = stored(await api.patch(applied, 'apply', wants));
  assert.equal(third.metadata.resourceVersion, again.metadata.resourceVersion);
  const known = { status: { phase: 'Known' } };
  const patched = stored(await api.patch(`${path}/status?fieldManager=s`, 'merge', known));
  const [owner] = patched.metadata.managedFields.filter(
    (m: { manager: string }) => m.manager === 's',
  );
  assert.deepEqual(owner.fieldsV1, { 'f:status': { 'f:phase': {} } });
});

test('owners are forgotten when a status comes with a spec that is none, which is put back', async () => {
  const list = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' };
  const spec = { type: 'object', properties: { size: { type: 'integer' }, list } };
  const schema = { type: 'object', properties: { spec, status: { type: 'object' } } };
  const version = { subresources: { status: {} } };
  stored(
    await api.create(definitions, definition({ plural: 'mixes', kind: 'Mix', schema, version })),
    201,
  );
  await established(api, 'mixes.example.com');
  const path = `${objects('mixes')}/a`;
  const apply = { ...object('Mix', 'a'), spec: { size: 1 } };
  stored(await api.patch(`${path}?fieldManager=m`, 'apply', apply), 201);
  const write = async (sent: object) => {
    const { metadata, spec: kept } = stored(await api.patch(`${path}/status`, 'merge', sent));
    assert.deepEqual(kept, { size: 1 });
    return metadata.managedFields?.map(({ manager }: { manager: string }) => manager);
  };
  assert.deepEqual(await write({ spec: { size: 2, list: ['a', 'a'] } }), ['m']);
  assert.equal(await write({ spec: { size: 'much' } }), undefined);
});

test('what objects are scaled by are numbers, whatever their schema says', async () => {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { type: 'object', properties: { spec: open, status: open } };
  const scale = {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  };
  const version = { subresources: { status: {}, scale } };
  const shape = { plural: 'scaled', kind: 'Scaled', schema, version };
  stored(await api.create(definitions, definition(shape)), 201);
  await established(api, 'scaled.example.com');
  const refused = async (spec: unknown) =>
    told(await api.create(objects('scaled'), object('Scaled', 'no', { spec })));
  assert.deepEqual(await refused({ replicas: -1 }), [
    '.spec.replicas: Invalid value: -1: should be a non-negative integer',
  ]);
  assert.deepEqual(await refused({ replicas: 2 ** 31 }), [
    '.spec.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647',
  ]);
  assert.deepEqual(await refused({ replicas: 'x' }), [
    '.spec.replicas: Invalid value: 0: .spec.replicas accessor error: x is of the type string, expected int64',
  ]);
  assert.deepEqual(await refused({ replicas: null }), [
    '.spec.replicas: Invalid value: 0: .spec.replicas accessor error: <nil> is of the type <nil>, expected int64',
  ]);
  stored(await api.create(objects('scaled'), object('Scaled', 'a', { spec: {} })), 201);
  const url = `${objects('scaled')}/a`;
  const status = { replicas: 1.5, selector: 5 };
  assert.deepEqual(told(await api.patch(`${url}/status`, 'merge', { status })), [
    '.status.replicas: Invalid value: 0: .status.replicas accessor error: 1.5 is of the type float64, expected int64',
    '.status.selector: Invalid value: "": .status.selector accessor error: 5 is of the type int64, expected string',
  ]);
  const none = await api.get(`${url}/scale`);
  assert.equal(none.code, 500);
  assert.equal(
    none.body.message,
    'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
  );
  const empty = await api.patch(`${url}/scale`, 'merge', { metadata: { labels: { a: 'b' } } });
  assert.equal(empty.code, 400);
  assert.equal(empty.body.message, 'the spec replicas field ".spec.replicas" cannot be empty');
  stored(await api.patch(`${url}/scale`, 'merge', { spec: { replicas: 3 } }));
  const below = await api.patch(`${url}/scale`, 'merge', { spec: { replicas: -3 } });
  assert.equal(
    below.body.message,
    'Scaled.example.com "a" is invalid: .spec.replicas: Invalid value: -3: should be a non-negative integer',
  );
  const other = await api.put(`${url}/scale`, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'a', namespace: 'default', uid: 'other' },
    spec: { replicas: 1 },
  });
  assert.equal(other.code, 409);
  assert.match(
    other.body.message,
    /^Operation cannot be fulfilled on scaled\.example\.com "a": StorageError: invalid object/,
  );
  const zero = stored(await api.patch(`${url}/scale`, 'merge', { spec: { replicas: 0 } }));
  assert.deepEqual([zero.spec, zero.status], [{}, { replicas: 0 }]);
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { columnDefinitions, rows } = stored(await api.get(`${url}/scale`, { accept }));
  assert.deepEqual(
    columnDefinitions.map((c: { name: string; type: string }) => `${c.name} ${c.type}`),
    ['Name string', 'Desired integer', 'Available integer', 'Age date'],
  );
  assert.deepEqual(rows[0].cells.slice(0, 3), ['a', null, 0]);
});

test('a status without a door of its own is part of what is wanted', async () => {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { type: 'object', properties: { spec: open, status: open } };
  const shape = { plural: 'doorless', kind: 'Doorless', schema };
  stored(await api.create(definitions, definition(shape)), 201);
  await established(api, 'doorless.example.com');
  stored(await api.create(objects('doorless'), object('Doorless', 'a')), 201);
  const at = `${objects('doorless')}/a`;
  const status = { status: { size: 1 } };
  assert.equal(stored(await api.patch(at, 'merge', status)).metadata.generation, 2);
  assert.equal(stored(await api.patch(at, 'merge', status)).metadata.generation, 2);
  const labels = { metadata: { labels: { a: 'b' } } };
  assert.equal(stored(await api.patch(at, 'merge', labels)).metadata.generation, 2);
});

test('who loses the replicas keeps what they were in', async () => {
  const count = { type: 'object', properties: { n: { type: 'integer' } } };
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { deep: count } }, status: count },
  };
  const scale = { specReplicasPath: '.spec.deep.n', statusReplicasPath: '.status.n' };
  const shape = { plural: 'deep', kind: 'Deep', schema, version: { subresources: { scale } } };
  stored(await api.create(definitions, definition(shape)), 201);
  await established(api, 'deep.example.com');
  const made = object('Deep', 'a', { spec: { deep: { n: 3 } } });
  stored(await api.create(`${objects('deep')}?fieldManager=first`, made), 201);
  const url = `${objects('deep')}/a`;
  const change = { spec: { replicas: 4 } };
  stored(await api.patch(`${url}/scale?fieldManager=second`, 'merge', change));
  const { managedFields } = stored(await api.get(url)).metadata;
  assert.deepEqual(
    managedFields.map((m: { fieldsV1: object }) => m.fieldsV1),
    [{ 'f:spec': { 'f:deep': { 'f:n': {} } } }, { 'f:spec': { '.': {}, 'f:deep': {} } }],
  );
});
