import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import type { LimitedResource } from './limited.ts';
import { makeResourceQuota } from './resource-quota.ts';

function world(hard: Record<string, string>, spec: object = {}, limits: LimitedResource[] = []) {
  const quotas = new MemoryLister();
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  quotas.put(makeObject('ResourceQuota', 'q', { spec: { hard, ...spec }, status: { hard, used } }));
  const plugin = makeResourceQuota({
    quotas,
    limits,
    revise: async (namespace, name, change) => {
      const next = change(quotas.get(namespace, name) as KubeObject);
      if (next !== undefined) quotas.put(next);
    },
  });
  const usedNow = () => quotas.get('ns', 'q')?.status.used;
  return { quotas, plugin, usedNow };
}

const container = (requests: object, limits: object = {}) => ({
  name: 'c',
  resources: { requests, limits },
});

test('what is created is charged, and refused beyond the limit', async () => {
  const { plugin, usedNow } = world({ pods: '1', 'requests.cpu': '1' });
  const pod = (cpu: string) =>
    admissionRequest({
      of: 'pods',
      object: makeObject('Pod', 'p', { spec: { containers: [container({ cpu })] } }),
    });
  await assert.rejects(
    async () => plugin.validate?.(pod('2')),
    /^StatusError: pods "p" is forbidden: exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1$/,
  );
  await plugin.validate?.({ ...pod('500m'), dryRun: true });
  assert.deepEqual(usedNow(), { pods: '0', 'requests.cpu': '0' });
  await plugin.validate?.(pod('500m'));
  assert.deepEqual(usedNow(), { pods: '1', 'requests.cpu': '500m' });
  await assert.rejects(
    async () => plugin.validate?.(pod('1m')),
    /exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1$/,
  );
});

test('an update is charged for what it adds; other resources only when created', async () => {
  const { plugin, usedNow } = world({ 'requests.storage': '3Gi', 'count/deployments.apps': '1' });
  const claim = (storage: string) =>
    makeObject('PersistentVolumeClaim', 'c', { spec: { resources: { requests: { storage } } } });
  await plugin.validate?.(admissionRequest({ of: 'persistentvolumeclaims', object: claim('1Gi') }));
  await plugin.validate?.(
    admissionRequest({
      of: 'persistentvolumeclaims',
      operation: 'UPDATE',
      object: claim('2Gi'),
      oldObject: claim('1Gi'),
    }),
  );
  assert.equal(usedNow()['requests.storage'], '2Gi');
  const deployment = makeObject('Deployment', 'd');
  await plugin.validate?.(
    admissionRequest({ of: 'deployments', group: 'apps', object: deployment }),
  );
  await plugin.validate?.(
    admissionRequest({
      of: 'deployments',
      group: 'apps',
      operation: 'UPDATE',
      object: deployment,
      oldObject: deployment,
    }),
  );
  assert.equal(usedNow()['count/deployments.apps'], '1');
});

test('containers must say what they want, and a quota nobody has counted yet refuses', async () => {
  const { plugin } = world({ 'limits.cpu': '1', 'requests.memory': '1Gi' });
  const pod = makeObject('Pod', 'p', {
    spec: { containers: [{ name: 'b' }, { name: 'a', resources: { requests: { memory: '1' } } }] },
  });
  await assert.rejects(
    async () => plugin.validate?.(admissionRequest({ of: 'pods', object: pod })),
    /failed quota: q: must specify limits.cpu for: a,b; requests.memory for: b$/,
  );
});

test('a quota limits what was counted under it', async () => {
  const { plugin, quotas } = world({ configmaps: '1' });
  const create = async () =>
    plugin.validate?.(admissionRequest({ of: 'configmaps', object: makeObject('ConfigMap', 'm') }));
  const hard = { configmaps: '0', 'count/configmaps': '1' };
  quotas.put(makeObject('ResourceQuota', 'q', { spec: { hard } }));
  await create();
  const used = { configmaps: '0' };
  quotas.put(makeObject('ResourceQuota', 'q', { spec: { hard }, status: { hard, used } }));
  await assert.rejects(
    create,
    /status unknown for quota: q, resources: configmaps,count\/configmaps$/,
  );
});

test('a pod that asks as a whole is charged as a whole', async () => {
  const { plugin, usedNow } = world({ 'requests.cpu': '4', 'limits.memory': '4Gi' });
  const spec = {
    resources: { requests: { cpu: '2' }, limits: { memory: '1Gi' } },
    containers: [{ name: 'a' }, container({ cpu: '100m' })],
  };
  const object = makeObject('Pod', 'p', { spec });
  await plugin.validate?.(admissionRequest({ of: 'pods', object }));
  assert.deepEqual(usedNow(), { 'requests.cpu': '2', 'limits.memory': '1Gi' });
});

test('a pod is charged again when it is resized, or comes under another quota', async () => {
  const { plugin, usedNow } = world(
    { pods: '5', 'requests.cpu': '4' },
    { scopes: ['Terminating'] },
  );
  const pod = (cpu: string, rest: object = {}) =>
    makeObject('Pod', 'p', { spec: { containers: [container({ cpu })], ...rest } });
  const update = (object: KubeObject, oldObject: KubeObject, subresource = '') =>
    plugin.validate?.(
      admissionRequest({ of: 'pods', operation: 'UPDATE', object, oldObject, subresource }),
    );
  const ending = { activeDeadlineSeconds: 5 };
  await update(pod('1'), pod('1'));
  assert.deepEqual(usedNow(), { pods: '0', 'requests.cpu': '0' });
  await update(pod('1', ending), pod('1'));
  assert.deepEqual(usedNow(), { pods: '1', 'requests.cpu': '1' });
  await update(pod('3', ending), pod('1', ending), 'resize');
  assert.deepEqual(usedNow(), { pods: '1', 'requests.cpu': '3' });
});

test('what a claim is given is charged when its status tells, and not refused', async () => {
  const { plugin, usedNow } = world({ 'requests.storage': '2Gi' });
  const claim = (allocated: string) =>
    makeObject('PersistentVolumeClaim', 'c', {
      spec: { resources: { requests: { storage: '1Gi' } } },
      status: { allocatedResources: { storage: allocated } },
    });
  const tell = async (before: string, after: string) =>
    plugin.validate?.(
      admissionRequest({
        of: 'persistentvolumeclaims',
        operation: 'UPDATE',
        subresource: 'status',
        object: claim(after),
        oldObject: claim(before),
      }),
    );
  await tell('1Gi', '3Gi');
  assert.deepEqual(usedNow(), { 'requests.storage': '2Gi' });
  await tell('3Gi', '4Gi');
  assert.deepEqual(usedNow(), { 'requests.storage': '3Gi' });
  await tell('4Gi', '1Gi');
  assert.deepEqual(usedNow(), { 'requests.storage': '3Gi' });
});

test('what is limited needs a quota that covers it', async () => {
  const limit = (more: Partial<LimitedResource>): LimitedResource => ({
    apiGroup: '',
    resource: 'pods',
    matchContains: [],
    matchScopes: [],
    ...more,
  });
  const create = async (limits: LimitedResource[], names: string[], quota: object = {}) => {
    const hard = Object.fromEntries(names.map((name) => [name, '9']));
    const { plugin, quotas } = world(hard, quota, limits);
    if (names.length === 0) quotas.remove('ns', 'q');
    const spec = { priorityClassName: 'high', containers: [container({ cpu: '1' })] };
    await plugin.validate?.(
      admissionRequest({ of: 'pods', object: makeObject('Pod', 'p', { spec }) }),
    );
  };
  const cpu = limit({ matchContains: ['.cpu'] });
  await assert.rejects(create([cpu], []), {
    code: 403,
    message: 'pods "p" is forbidden: insufficient quota to consume: requests.cpu',
  });
  await assert.rejects(create([cpu], ['pods']), /insufficient quota to consume: requests.cpu$/);
  await create([cpu], ['requests.cpu']);
  await create([{ ...cpu, resource: 'services' }], []);

  const scope = { scopeName: 'PriorityClass', operator: 'In', values: ['high', 'higher'] };
  const high = limit({ matchScopes: [scope] });
  await assert.rejects(create([high], ['pods']), {
    code: 500,
    message: 'insufficient quota to match these scopes: [{PriorityClass In [high higher]}]',
  });
  const scopeSelector = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }] };
  await create([high], ['pods'], { scopeSelector });
  await create([limit({ matchScopes: [{ ...scope, values: ['higher'] }] })], []);
});

test('devices of claims are charged when they are created', async () => {
  const name = 'gpu.deviceclass.resource.k8s.io/devices';
  const { plugin, usedNow } = world({ [name]: '3' });
  const create = async (count: number) => {
    const exactly = { deviceClassName: 'gpu', allocationMode: 'ExactCount', count };
    const object = makeObject('ResourceClaim', 'c', {
      spec: { devices: { requests: [{ name: 'r', exactly }] } },
    });
    await plugin.validate?.(
      admissionRequest({ of: 'resourceclaims', group: 'resource.k8s.io', object }),
    );
  };
  await create(2);
  assert.deepEqual(usedNow(), { [name]: '2' });
  await assert.rejects(
    create(2),
    /exceeded quota: q, requested: gpu.*=2, used: gpu.*=2, limited: gpu.*=3$/,
  );
});
