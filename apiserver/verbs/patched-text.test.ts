import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';
import { definition, definitions } from './definition-fixture.ts';

/** Expectations are the answers of upstream's generic API server 0.36.4 with evanphx/json-patch v4.13. */

let api: ApiClient;
const configMaps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const widgets = '/apis/example.com/v1/namespaces/default/widgets';

before(async () => {
  api = await ApiClient.start();
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  };
  const version = { schema: { openAPIV3Schema: schema } };
  const widget = definition({ plural: 'widgets', kind: 'Widget', version });
  stored(await api.create(definitions, widget), 201);
  stored(
    await api.create(widgets, {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      spec: { z: { y: 1, x: 2 } },
    }),
    201,
  );
  stored(await api.create(configMaps, { metadata: { name: 'a' }, data: { b: '1' } }), 201);
});
after(() => api.stop());

test('a refusal shows what the patch made with its fields by name where it was read', async () => {
  const asData = await api.patch(`${configMaps}/a`, 'merge', { data: 5 });
  refused(
    asData,
    422,
    'Invalid',
    /Invalid value: "\{\\"apiVersion\\":\\"v1\\",\\"data\\":5,\\"kind\\":\\"ConfigMap\\",\\"metadata\\":\{\\"name\\":\\"a\\",\\"namespace\\"/,
  );
  const labels = [{ op: 'add', path: '/metadata/labels', value: { a: '<', b: 5 } }];
  refused(
    await api.patch(`${configMaps}/a`, 'json', labels),
    422,
    'Invalid',
    /\\"metadata\\":\{\\"creationTimestamp\\":.*\\"labels\\":\{\\"a\\":\\"\\\\u003c\\",\\"b\\":5\},\\"managedFields\\"/,
  );
  refused(
    await api.patch(`${widgets}/a`, 'merge', { metadata: { labels: 5 } }),
    422,
    'Invalid',
    /\\"spec\\":\{\\"z\\":\{\\"x\\":2,\\"y\\":1\}\}\}": json: cannot unmarshal number/,
  );
});

test('a refusal of a strategic merge shows what the merge left of the patch', async () => {
  const labels = { app: 'ordered' };
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  stored(
    await api.create(deployments, {
      metadata: { name: 'ordered' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    }),
    201,
  );
  const ordered = {
    '$setElementOrder/containers': [{ name: 'c' }],
    containers: [{ name: 'c', image: 'j' }],
  };
  const wrong = { spec: { foo: null, replicas: 'two', template: { spec: ordered } } };
  refused(
    await api.patch(`${deployments}/ordered`, 'strategic', wrong),
    422,
    'Invalid',
    ' "" is invalid: patch: Invalid value: "map[spec:map[foo:<nil> replicas:two template:map[spec:map[]]]]": unrecognized type: int32',
  );
});

test('unknown fields are told in the order in which the patched object is read', async () => {
  const patch = { spec: {}, nope: {} };
  const { headers } = await api.patch(`${configMaps}/a`, 'merge', patch);
  assert.equal(
    headers.warning,
    '299 - "unknown field \\"nope\\"", 299 - "unknown field \\"spec\\""',
  );
  const pod = { containers: [{ name: 'c', image: 'i' }] };
  const spec = {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: pod },
  };
  stored(await api.create(deployments, { metadata: { name: 'a' }, spec }), 201);
  const strategic = {
    spec: {
      template: {
        spec: { hostAliases: [{ ip: '1.1.1.1', z: 1 }], y: 1, containers: [{ name: 'c', x: 1 }] },
      },
    },
  };
  const warned = await api.patch(`${deployments}/a`, 'strategic', strategic);
  assert.deepEqual(String(warned.headers.warning).match(/spec\.template\.spec[^\\]*/g), [
    'spec.template.spec.containers[0].x',
    'spec.template.spec.hostAliases[0].z',
    'spec.template.spec.y',
  ]);
});

test('of what says to be another kind only the metadata is looked at', async () => {
  const other = await api.patch(`${widgets}/a`, 'merge', { kind: 'X', nope: 1 });
  assert.deepEqual([other.code, other.headers.warning], [422, undefined]);
});

test('an empty list of managed fields starts afresh; who owns nothing is no manager', async () => {
  const empty = await api.patch(`${configMaps}/a`, 'merge', { metadata: { managedFields: [] } });
  assert.equal(stored(empty).metadata.managedFields, undefined);
  const entry = { operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} };
  const managedFields = [{ manager: 'x'.repeat(200), ...entry }];
  const made = await api.create(configMaps, { metadata: { name: 'b', managedFields } });
  assert.equal(stored(made, 201).metadata.managedFields, undefined);
});

test('what is no continue token is shown byte by byte', async () => {
  const { body } = await api.get(`${configMaps}?continue=garbage`);
  assert.equal(
    body.message,
    "invalid continue token: continue key is not valid: invalid character '\\u0081' looking for beginning of value",
  );
});

test('a list of a custom object that loses its last element by an apply is null', async () => {
  const labels = { type: 'object', additionalProperties: { type: 'string' } };
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { labels } } },
  };
  const gadget = definition({
    plural: 'gadgets',
    kind: 'Gadget',
    version: { schema: { openAPIV3Schema: schema } },
  });
  stored(await api.create(definitions, gadget), 201);
  const at = `${widgets.replace('widgets', 'gadgets')}/a?fieldManager=m`;
  const object = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'a' } };
  const full = { ...object, spec: { labels: { a: 'b' } } };
  stored(await api.patch(at, 'apply', full), 201);
  refused(
    await api.patch(at, 'apply', { ...object, spec: { labels: {} } }),
    422,
    'Invalid',
    'Gadget.example.com "a" is invalid: spec.labels: Invalid value: "null": spec.labels in body must be of type object: "null"',
  );
});
