import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored } from './api-client.ts';

/** Statuses that the server keeps by itself name who writes them, as upstream's do. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

interface Owner {
  manager: string;
  operation: string;
  subresource?: string;
  fieldsV1: object;
}

/** The object when its status has an owner. */
async function owned(path: string): Promise<[object: any, owner: Owner]> {
  for (;;) {
    const object = stored(await api.get(path));
    const owners: Owner[] = object.metadata.managedFields ?? [];
    const owner = owners.find(({ subresource }) => subresource === 'status');
    if (owner !== undefined) return [object, owner];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const schemas = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';

test('every FlowSchema says whether its level is there', async () => {
  const found = await owned(`${schemas}/service-accounts`);
  assert.equal(found[0].status.conditions[0].status, 'False');
  const spec = {
    priorityLevelConfiguration: { name: 'nowhere' },
    matchingPrecedence: 9000,
  };
  stored(await api.create(schemas, { metadata: { name: 'lost' }, spec }), 201);
  const [lost, owner] = await owned(`${schemas}/lost`);
  const [{ type, status, reason, message }] = lost.status.conditions;
  assert.deepEqual(
    [type, status, reason, message],
    [
      'Dangling',
      'True',
      'NotFound',
      'This FlowSchema references the PriorityLevelConfiguration object named "nowhere" but there is no such object',
    ],
  );
  assert.equal(owner.manager, 'api-priority-and-fairness-config-consumer-v1');
  assert.equal(owner.operation, 'Apply');
  const fields = { 'f:lastTransitionTime': {}, 'f:message': {}, 'f:reason': {}, 'f:status': {} };
  assert.deepEqual(owner.fieldsV1, {
    'f:status': {
      'f:conditions': { 'k:{"type":"Dangling"}': { '.': {}, ...fields, 'f:type': {} } },
    },
  });
});

test('an APIService and a quota are written by the server', async () => {
  const services = '/apis/apiregistration.k8s.io/v1/apiservices';
  const service = { namespace: 'default', name: 'nobody' };
  const spec = {
    group: 'x.example.com',
    version: 'v1',
    service,
    groupPriorityMinimum: 1,
    versionPriority: 1,
    insecureSkipTLSVerify: true,
  };
  stored(await api.create(services, { metadata: { name: 'v1.x.example.com' }, spec }), 201);
  const [apiService, owner] = await owned(`${services}/v1.x.example.com`);
  assert.equal(apiService.status.conditions[0].reason, 'ServiceNotFound');
  assert.deepEqual([owner.manager, owner.operation], ['kube-apiserver', 'Update']);

  const quotas = '/api/v1/namespaces/default/resourcequotas';
  const hard = { 'count/configmaps': '9' };
  stored(await api.create(quotas, { metadata: { name: 'q' }, spec: { hard } }), 201);
  const status = { hard, used: { 'count/configmaps': '0' } };
  stored(await api.patch(`${quotas}/q/status?fieldManager=kcm`, 'merge', { status }));
  const configMap = { metadata: { name: 'counted' } };
  stored(await api.create('/api/v1/namespaces/default/configmaps', configMap), 201);
  const quota = stored(await api.get(`${quotas}/q`));
  assert.equal(quota.status.used['count/configmaps'], '1');
  const used = quota.metadata.managedFields.find(
    ({ manager }: Owner) => manager === 'kube-apiserver',
  );
  assert.deepEqual([used.operation, used.subresource], ['Update', 'status']);
  assert.deepEqual(used.fieldsV1, { 'f:status': { 'f:used': { 'f:count/configmaps': {} } } });
});
