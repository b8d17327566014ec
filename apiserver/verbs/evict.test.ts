import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
  const metadata = { name: 'default' };
  await api.create('/api/v1/namespaces/default/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata,
  });
});
after(() => api.stop());

const pods = '/api/v1/namespaces/default/pods';

test('evictions of policy/v1beta1 are taken, which kubectl drain sent before v1.22', async () => {
  await api.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'old' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  const eviction = (apiVersion: string, kind = 'Eviction') =>
    api.create(`${pods}/old/eviction?dryRun=All`, { apiVersion, kind, metadata: { name: 'old' } });
  refused(
    await eviction('policy/v1beta2'),
    400,
    'BadRequest',
    'Eviction in version "v1beta2" cannot be handled as a Eviction: no kind "Eviction" is registered for version "policy/v1beta2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  );
  refused(
    await eviction('policy/v1', 'PodDisruptionBudget'),
    400,
    'BadRequest',
    'PodDisruptionBudget in version "v1" cannot be handled as a Eviction: converting (v1.PodDisruptionBudget) to (policy.Eviction): unknown conversion',
  );
  const sent = {
    apiVersion: 'policy/v1beta1',
    kind: 'Eviction',
    metadata: { name: 'old', namespace: 'default' },
    deleteOptions: { gracePeriodSeconds: 0 },
  };
  const rehearsed = await api.create(`${pods}/old/eviction?dryRun=All`, sent);
  assert.equal(stored(rehearsed, 201).status, 'Success');
  assert.equal((await api.get(`${pods}/old`)).code, 200);
  assert.equal(stored(await api.create(`${pods}/old/eviction`, sent), 201).status, 'Success');
  assert.equal((await api.get(`${pods}/old`)).code, 404);
});
