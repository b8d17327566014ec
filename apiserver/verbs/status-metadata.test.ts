import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored } from './api-client.ts';

/** What of the metadata a write to the status changes is for each kind to say. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const changes = {
  labels: { a: 'b' },
  annotations: { c: 'd' },
  finalizers: ['e.f/g'],
  ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' }],
};

async function written(collection: string, object: object, status: object): Promise<object> {
  const made = stored(await api.create(collection, object), 201);
  const url = `${collection}/${made.metadata.name}/status`;
  const metadata = { ...made.metadata, ...changes };
  const { labels, annotations, finalizers, ownerReferences, managedFields } = stored(
    await api.put(url, { ...made, metadata, status }),
  ).metadata;
  const owned = JSON.stringify(
    managedFields?.find((e: { subresource?: string }) => e.subresource === 'status')?.fieldsV1,
  );
  const owns = Object.keys(changes).filter((field) => owned?.includes(`"f:${field}"`));
  return { labels, annotations, finalizers, ownerReferences, owns };
}

const meta = (kind: string, apiVersion: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name: 'x' },
  ...rest,
});

test('of most kinds all of it', async () => {
  const quota = meta('ResourceQuota', 'v1', { spec: { hard: { pods: '1' } } });
  const collection = '/api/v1/namespaces/default/resourcequotas';
  assert.deepEqual(await written(collection, quota, { hard: {} }), {
    ...changes,
    owns: Object.keys(changes),
  });
});

test('of a Deployment all but its labels', async () => {
  const labels = { app: 'x' };
  const deployment = meta('Deployment', 'apps/v1', {
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'b' }] } },
    },
  });
  const collection = '/apis/apps/v1/namespaces/default/deployments';
  const { labels: _labels, ...others } = changes;
  assert.deepEqual(await written(collection, deployment, { replicas: 1 }), {
    ...others,
    labels: undefined,
    owns: Object.keys(others),
  });
});

test('of a CustomResourceDefinition all of it', async () => {
  const names = { plural: 'as', singular: 'a', kind: 'A', listKind: 'AList' };
  const schema = { openAPIV3Schema: { type: 'object' } };
  const versions = [{ name: 'v1', served: true, storage: true, schema }];
  const definition = {
    ...meta('CustomResourceDefinition', 'apiextensions.k8s.io/v1', {
      spec: { group: 'b.io', scope: 'Cluster', names, versions },
    }),
    metadata: { name: 'as.b.io' },
  };
  const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await api.create(collection, definition);
  const status = { metadata: { labels: { a: 'b' } } };
  const { metadata } = stored(await api.patch(`${collection}/as.b.io/status`, 'merge', status));
  assert.deepEqual(metadata.labels, { a: 'b' });
  const owner = metadata.managedFields.find(
    (e: { fieldsV1: object }) => 'f:metadata' in e.fieldsV1,
  );
  assert.equal(owner.subresource, 'status');
});

test('of a ServiceCIDR nothing', async () => {
  const cidr = meta('ServiceCIDR', 'networking.k8s.io/v1', { spec: { cidrs: ['10.9.0.0/16'] } });
  const made = (await written('/apis/networking.k8s.io/v1/servicecidrs', cidr, {})) as {
    finalizers: string[];
  };
  assert.ok(!(made.finalizers ?? []).includes('e.f/g'));
  assert.deepEqual(
    { ...made, finalizers: undefined },
    {
      labels: undefined,
      annotations: undefined,
      finalizers: undefined,
      ownerReferences: undefined,
      owns: [],
    },
  );
});

test('the last finalizer of a deleted object may go with the status', async () => {
  const collection = '/api/v1/namespaces/default/resourcequotas';
  const quota = meta('ResourceQuota', 'v1', {
    metadata: { name: 'y', finalizers: ['e.f/g'] },
    spec: {},
  });
  await api.create(collection, quota);
  await api.delete(`${collection}/y`);
  const held = stored(await api.get(`${collection}/y`));
  assert.ok(held.metadata.deletionTimestamp);
  const metadata = { ...held.metadata, finalizers: [] };
  await api.put(`${collection}/y/status`, { ...held, metadata });
  assert.equal((await api.get(`${collection}/y`)).code, 404);
});
