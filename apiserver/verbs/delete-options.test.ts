import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored as ok } from './api-client.ts';

/** What a DELETE says of dependents and versions, kind by kind. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const core = '/api/v1/namespaces/default';
const pods = `${core}/pods`;

test('a namespace follows the propagation policy, and its first delete only marks it', async () => {
  const deleted = async (name: string, options?: object, code = 200) => {
    ok(await api.create('/api/v1/namespaces', { metadata: { name, finalizers: ['a.b/c'] } }), 201);
    return ok(await api.delete(`/api/v1/namespaces/${name}`, options), code).metadata.finalizers;
  };
  assert.deepEqual(await deleted('plainly'), ['a.b/c']);
  const foreground = ['a.b/c', 'foregroundDeletion'];
  assert.deepEqual(await deleted('front', { propagationPolicy: 'Foreground' }), foreground);
  assert.deepEqual(await deleted('not-orphaned', { orphanDependents: false }, 202), foreground);
  assert.deepEqual(await deleted('orphaned', { orphanDependents: true }), ['a.b/c', 'orphan']);
  const made = ok(await api.create('/api/v1/namespaces', { metadata: { name: 'emptied' } }), 201);
  const url = '/api/v1/namespaces/emptied';
  ok(await api.put(`${url}/finalize`, { ...made, spec: { finalizers: [] } }));
  assert.equal(ok(await api.delete(url)).status.phase, 'Terminating');
  ok(await api.delete(url));
  assert.equal((await api.get(url)).code, 404);
});

test('a Pod that has no node goes at once, also by its version', async () => {
  const spec = { containers: [{ name: 'web', image: 'nginx' }] };
  ok(await api.create(`${core}/serviceaccounts`, { metadata: { name: 'default' } }), 201);
  const made = ok(await api.create(pods, { metadata: { name: 'versioned' }, spec }), 201);
  const { resourceVersion } = made.metadata;
  const other = { preconditions: { resourceVersion: '1' } };
  assert.equal((await api.delete(`${pods}/versioned`, other)).code, 409);
  ok(await api.delete(`${pods}/versioned`, { preconditions: { resourceVersion } }));
  assert.equal((await api.get(`${pods}/versioned`)).code, 404);
});

test('an Event owns nothing: it is not deleted in the foreground', async () => {
  for (const collection of ['/api/v1', '/apis/events.k8s.io/v1']) {
    const events = `${collection}/namespaces/default/events`;
    const made = {
      metadata: { name: 'e', finalizers: ['a.b/c'] },
      involvedObject: { namespace: 'default' },
    };
    ok(await api.create(`${core}/events`, made), 201);
    const gone = ok(await api.delete(`${events}/e`, { propagationPolicy: 'Foreground' }));
    assert.deepEqual(gone.metadata.finalizers, ['a.b/c']);
    ok(await api.patch(`${events}/e`, 'merge', { metadata: { finalizers: null } }));
  }
});
