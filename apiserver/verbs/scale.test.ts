import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject, ManagedFieldsEntry } from '../../object/object.ts';
import { definition, definitions } from './definition-fixture.ts';
import { ApiClient, refused, stored } from './api-client.ts';
import { toParentOwners, toScaleOwners } from './scale-managed.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const deployments = '/apis/apps/v1/namespaces/default/deployments';

async function made(name: string): Promise<KubeObject> {
  const labels = { app: name };
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'b' }] } },
    },
  };
  return stored(await api.create(`${deployments}?fieldManager=maker`, body), 201);
}

const scale = (name: string, replicas: number, metadata: object = {}) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name, namespace: 'default', ...metadata },
  spec: { replicas },
});

test('a Scale is judged as one', async () => {
  await made('judged');
  const url = `${deployments}/judged/scale`;
  refused(
    await api.put(url, scale('judged', -1, { labels: { '-': 'a' } })),
    422,
    'Invalid',
    /^Scale.autoscaling "judged" is invalid: \[metadata.labels: .*spec.replicas: Invalid value: -1: must be greater than or equal to 0\]$/,
  );
  refused(
    await api.put(url, scale('judged', 2, { namespace: 'other' })),
    400,
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
  );
  refused(
    await api.patch(`${url}?fieldValidation=Strict`, 'merge', { spec: { copies: 2 } }),
    422,
    'Invalid',
    /strict decoding error: unknown field "spec.copies"/,
  );
});

test('its uid and version are preconditions', async () => {
  const { metadata } = await made('guarded');
  const url = `${deployments}/guarded/scale`;
  const why = `Precondition failed: UID in precondition: other, UID in object meta: ${metadata.uid}`;
  refused(
    await api.put(url, scale('guarded', 2, { uid: 'other' })),
    409,
    'Conflict',
    `Operation cannot be fulfilled on deployments.apps "guarded": StorageError: invalid object, Code: 4, Key: /registry/deployments/default/guarded, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
  refused(
    await api.patch(url, 'merge', { metadata: { uid: 'other' } }),
    409,
    'Conflict',
    `Operation cannot be fulfilled on deployments/scale.apps "guarded": ${why}`,
  );
  stored(await api.put(url, scale('guarded', 2, { resourceVersion: metadata.resourceVersion })));
  refused(
    await api.put(url, scale('guarded', 3, { resourceVersion: metadata.resourceVersion })),
    409,
    'Conflict',
    /the object has been modified/,
  );
  const view = stored(await api.put(url, scale('guarded', 3)));
  assert.equal(view['spec'].replicas, 3);
});

const widgets = '/apis/example.com/v1/namespaces/default/widgets';
const widget = (name: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});

async function defineWidgets(): Promise<void> {
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const made = await api.create(
    definitions,
    definition({
      plural: 'widgets',
      kind: 'Widget',
      schema: { type: 'object', properties: { spec: free, status: free } },
      version: {
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
      },
    }),
  );
  stored(made, 201);
}

test('custom objects have in them what a Scale can show, and their Scale is not judged', async () => {
  await defineWidgets();
  const invalid = (why: string) => `Widget.example.com "a" is invalid: ${why}`;
  for (const [replicas, why] of [
    [-1, '.spec.replicas: Invalid value: -1: should be a non-negative integer'],
    [
      2 ** 31,
      `.spec.replicas: Invalid value: ${2 ** 31}: should be less than or equal to 2147483647`,
    ],
    [
      'x',
      '.spec.replicas: Invalid value: 0: .spec.replicas accessor error: x is of the type string, expected int64',
    ],
  ] as const) {
    refused(await api.create(widgets, widget('a', { replicas })), 422, 'Invalid', invalid(why));
  }
  stored(await api.create(`${widgets}?fieldManager=maker`, widget('a', { note: 'b' })), 201);
  const at = `${widgets}/a`;
  refused(
    await api.patch(`${at}/status`, 'merge', { status: { replicas: -2 } }),
    422,
    'Invalid',
    invalid('.status.replicas: Invalid value: -2: should be a non-negative integer'),
  );
  const missing = 'the spec replicas field ".spec.replicas"';
  refused(
    await api.get(`${at}/scale`),
    500,
    'InternalError',
    `Internal error occurred: ${missing} does not exist`,
  );
  refused(
    await api.patch(`${at}/scale`, 'merge', {}),
    400,
    'BadRequest',
    `${missing} cannot be empty`,
  );
  refused(
    await api.put(`${at}/scale`, scale('a', -1, { labels: { '-': 'a' } })),
    422,
    'Invalid',
    invalid('.spec.replicas: Invalid value: -1: should be a non-negative integer'),
  );
  const empty = stored(await api.put(`${at}/scale`, scale('a', 0)));
  assert.deepEqual(empty['spec'], {});
});

test('who scales is noted without a time', async () => {
  await made('noted');
  const url = `${deployments}/noted`;
  stored(await api.put(`${url}/scale?fieldManager=scaler`, scale('noted', 4)));
  const { managedFields = [] } = stored(await api.get(url)).metadata;
  assert.deepEqual(managedFields[0], {
    manager: 'scaler',
    operation: 'Update',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    subresource: 'scale',
  });
});

test('it is patched in every way', async () => {
  await made('patched');
  const url = `${deployments}/patched/scale`;
  const replicas = async (): Promise<number> => stored(await api.get(url))['spec'].replicas;
  stored(await api.patch(url, 'merge', { spec: { replicas: 2 } }));
  assert.equal(await replicas(), 2);
  stored(await api.patch(url, 'json', [{ op: 'replace', path: '/spec/replicas', value: 3 }]));
  assert.equal(await replicas(), 3);
  stored(await api.patch(url, 'strategic', { spec: { replicas: 4 } }));
  assert.equal(await replicas(), 4);
});

test('applied: the replicas are fought for, and owned in the object', async () => {
  await made('applied');
  const url = `${deployments}/applied/scale`;
  const config = scale('applied', 5);
  refused(
    await api.patch(`${url}?fieldManager=scaler`, 'apply', config),
    409,
    'Conflict',
    /conflict with "maker".*\.spec\.replicas/s,
  );
  stored(await api.patch(`${url}?fieldManager=scaler&force=true`, 'apply', config));
  const object = stored(await api.get(`${deployments}/applied`));
  assert.equal(object['spec'].replicas, 5);
  const entries: ManagedFieldsEntry[] = object.metadata.managedFields ?? [];
  const scaler = entries.find(({ manager }) => manager === 'scaler');
  assert.deepEqual(
    [scaler?.apiVersion, scaler?.operation, scaler?.subresource, scaler?.fieldsV1],
    ['apps/v1', 'Apply', 'scale', { 'f:spec': { 'f:replicas': {} } }],
  );
  const maker = entries.find(({ manager }) => manager === 'maker');
  assert.match(JSON.stringify(maker?.fieldsV1), /"f:template"/);
  assert.doesNotMatch(JSON.stringify(maker?.fieldsV1), /"f:replicas"/);
});

test('owners of the replicas, there and back', () => {
  const entry = (manager: string, fieldsV1: ManagedFieldsEntry['fieldsV1'] = {}) =>
    ({
      manager,
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1,
    }) as const;
  const replicas = { 'f:spec': { 'f:replicas': {} } };
  const both = { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } };
  const parent = { replicasPath: 'spec.replicas', apiVersion: 'apps/v1' };
  const entries = [entry('a', both), entry('b', { 'f:spec': { 'f:paused': {} } })];
  const shown = toScaleOwners(entries, parent.replicasPath);
  assert.deepEqual(shown, [{ ...entry('a', replicas), apiVersion: 'autoscaling/v1' }]);
  // an updater of the object is another than the same of the Scale: what it has is split
  const paused = { 'f:spec': { 'f:paused': {} } };
  assert.deepEqual(toParentOwners(shown, entries, parent), [
    entry('a', paused),
    entry('a', replicas),
    entry('b', paused),
  ]);
  const applied = { ...entry('a', both), operation: 'Apply' } as const;
  assert.deepEqual(toParentOwners(toScaleOwners([applied], 'spec.replicas'), [applied], parent), [
    applied,
  ]);
  // who takes them has no time in the object, and so stands first
  const time = '2026-01-01T00:00:00Z';
  const taken = [{ ...entry('c', replicas), apiVersion: 'autoscaling/v1', time }];
  const timed = { ...entry('a', { 'f:spec': { 'f:paused': {} } }), time };
  assert.deepEqual(toParentOwners(taken, [timed], parent), [entry('c', replicas), timed]);
  assert.deepEqual(toParentOwners(taken, entries, parent), [
    entry('a', { 'f:spec': { 'f:paused': {} } }),
    entries[1],
    entry('c', replicas),
  ]);
  assert.deepEqual(toParentOwners(taken, [entry('a', replicas)], parent), [entry('c', replicas)]);
});
