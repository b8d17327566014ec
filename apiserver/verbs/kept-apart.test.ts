import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored } from './api-client.ts';

/** What strategies do to an object beside its rules: generations, and which write changes a status. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const sets = '/apis/apps/v1/namespaces/default/statefulsets';

test('a write to the status is not warned of what the object says', async () => {
  const labels = { a: 'b' };
  const set = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'x' },
    spec: {
      revisionHistoryLimit: -1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'x' }] } },
    },
  };
  const made = await api.create(sets, set);
  assert.match(String(made.headers['warning']), /spec\.revisionHistoryLimit: a negative value/);
  const next = { ...stored(made, 201), status: { replicas: 1 } };
  const reply = await api.put(`${sets}/x/status`, next);
  assert.equal(stored(reply).status.replicas, 1);
  assert.equal(reply.headers['warning'], undefined);
});

test('generations: counted from one, from what was sent, or not at all', async () => {
  const collection = '/apis/storage.k8s.io/v1/csidrivers';
  const driver = { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: 'd' } };
  const made = stored(await api.create(collection, { ...driver, spec: {} }), 201);
  assert.equal(made.metadata.generation, undefined);
  const spec = { ...made.spec, podInfoOnMount: true };
  const next = stored(await api.put(`${collection}/d`, { ...made, spec }));
  assert.equal(next.metadata.generation, 1);
  const priority = {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'p', generation: 7 },
    value: 1,
  };
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
  assert.equal(stored(await api.create(classes, priority), 201).metadata.generation, 1);
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'm', generation: 7 },
  };
  const maps = '/api/v1/namespaces/default/configmaps';
  assert.equal(stored(await api.create(maps, map), 201).metadata.generation, 7);
});

test("a ServiceCIDR's status may come with the object", async () => {
  const collection = '/apis/networking.k8s.io/v1/servicecidrs';
  const condition = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
  const range = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'c' },
    spec: { cidrs: ['10.200.0.0/24'] },
    status: { conditions: [{ ...condition, reason: 'a', message: '' }] },
  };
  const made = stored(await api.create(collection, range), 201);
  assert.equal(made.status.conditions[0].reason, 'a');
  const conditions = [{ ...condition, reason: 'b', message: '' }];
  const next = stored(await api.put(`${collection}/c`, { ...made, status: { conditions } }));
  assert.equal(next.status.conditions[0].reason, 'b');
});

test('a finalizer that is no name is refused in an update, too', async () => {
  const maps = '/api/v1/namespaces/default/configmaps';
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'f' } };
  const made = stored(await api.create(maps, map), 201);
  const metadata = { ...made.metadata, finalizers: ['a b/c'] };
  const reply = await api.put(`${maps}/f`, { ...made, metadata });
  assert.equal(reply.code, 422);
  assert.match(
    reply.body.message,
    /metadata\.finalizers: Invalid value: "a b\/c": prefix part a lowercase/,
  );
});
