import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from './object.ts';
import { formatQuantity } from './quantity.ts';
import { inScope } from './quota-scope.ts';
import { namesCounting, usageOf } from './quota-usage.ts';

const now = new Date('2026-01-01T00:00:00Z');

const made = (kind: string, rest: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {},
  ...rest,
});
const pod = (spec: object, status: object = {}) => made('Pod', { spec, status });
const container = (requests: object, limits: object = {}, rest: object = {}) => ({
  name: 'c',
  resources: { requests, limits },
  ...rest,
});

function used(resource: string, object: KubeObject): Record<string, string> {
  const usage = usageOf('', resource, object, now);
  return Object.fromEntries([...usage].map(([name, amount]) => [name, formatQuantity(amount)]));
}

function compute(requests: string, limits?: string): Record<string, string> {
  return {
    'count/pods': '1',
    pods: '1',
    cpu: requests,
    'requests.cpu': requests,
    ...(limits === undefined ? {} : { 'limits.cpu': limits }),
  };
}

test('usage by kind', () => {
  const service = made('Service', { spec: { type: 'LoadBalancer', ports: [{}, {}] } });
  assert.deepEqual(used('services', service), {
    'count/services': '1',
    services: '1',
    'services.loadbalancers': '1',
    'services.nodeports': '2',
  });
  const claim = made('PersistentVolumeClaim', {
    spec: { storageClassName: 'fast', resources: { requests: { storage: '1500m' } } },
    status: { allocatedResources: { storage: '3' } },
  });
  assert.deepEqual(used('persistentvolumeclaims', claim), {
    'count/persistentvolumeclaims': '1',
    persistentvolumeclaims: '1',
    'requests.storage': '3',
    'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'fast.storageclass.storage.k8s.io/requests.storage': '3',
  });
  delete claim.status;
  assert.equal(used('persistentvolumeclaims', claim)['requests.storage'], '2');
});

test('a pod is counted until it is over', () => {
  const containers = [container({ cpu: '1' })];
  assert.deepEqual(used('pods', pod({ containers }, { phase: 'Succeeded' })), {
    'count/pods': '1',
  });
  const gone = pod({ containers });
  gone.metadata = { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 };
  assert.deepEqual(used('pods', gone), { 'count/pods': '1' });
  gone.metadata.deletionGracePeriodSeconds = 90;
  assert.deepEqual(used('pods', gone), compute('1'));
});

test('a pod is counted as a whole', () => {
  const sum = (spec: object, status?: object) => used('pods', pod(spec, status));
  // what has no limit adds none, and takes none away
  assert.deepEqual(sum({ containers: [container({ cpu: '1' }, { cpu: '2' }), container({})] }), {
    ...compute('1', '2'),
  });
  const overhead = { cpu: '1', memory: '1Gi' };
  assert.deepEqual(sum({ containers: [container({ cpu: '1' }, { cpu: '2' })], overhead }), {
    ...compute('2', '3'),
    memory: '1Gi',
    'requests.memory': '1Gi',
  });
  const sidecar = { restartPolicy: 'Always' };
  const initContainers = [container({ cpu: '2' }, {}, sidecar), container({ cpu: '3' })];
  assert.deepEqual(sum({ containers: [container({ cpu: '1' })], initContainers }), compute('5'));
  const resources = { requests: { cpu: '4' }, limits: { cpu: '6' } };
  assert.deepEqual(sum({ resources, containers: [container({ cpu: '1' })] }), compute('4', '6'));
  const extended = container({ 'example.com/gpu': '1', 'hugepages-2Mi': '2Mi' });
  assert.deepEqual(sum({ containers: [extended] }), {
    'count/pods': '1',
    pods: '1',
    'requests.example.com/gpu': '1',
    'hugepages-2Mi': '2Mi',
    'requests.hugepages-2Mi': '2Mi',
  });
});

test('a pod that is being resized counts for what it has and what it wants', () => {
  const containers = [container({ cpu: '1' }, { cpu: '1' })];
  const status = {
    containerStatuses: [
      {
        name: 'c',
        allocatedResources: { cpu: '2' },
        resources: { requests: { cpu: '3' }, limits: { cpu: '4' } },
      },
    ],
  };
  assert.deepEqual(used('pods', pod({ containers }, status)), compute('3', '4'));
  const more = [container({ cpu: '5' }, { cpu: '6' })];
  assert.deepEqual(used('pods', pod({ containers: more }, status)), compute('5', '6'));
  const conditions = [{ type: 'PodResizePending', reason: 'Infeasible' }];
  const stuck = pod({ containers: more }, { ...status, conditions });
  assert.deepEqual(used('pods', stuck), compute('3', '4'));
});

test('names that a resource is counted under', () => {
  const names = [
    'pods',
    'count/pods',
    'requests.cpu',
    'requests.storage',
    'gold.storageclass.storage.k8s.io/requests.storage',
    'services.nodeports',
    'requests.example.com/gpu',
    'count/deployments.apps',
  ];
  assert.deepEqual(namesCounting('', 'pods', names), [
    'pods',
    'count/pods',
    'requests.cpu',
    'requests.example.com/gpu',
  ]);
  assert.deepEqual(namesCounting('', 'persistentvolumeclaims', names), [
    'requests.storage',
    'gold.storageclass.storage.k8s.io/requests.storage',
  ]);
  assert.deepEqual(namesCounting('', 'services', names), ['services.nodeports']);
  assert.deepEqual(namesCounting('apps', 'deployments', names), ['count/deployments.apps']);
  assert.deepEqual(namesCounting('', 'configmaps', names), []);
});

test('scopes choose what counts', () => {
  const has = (spec: object, object: KubeObject, resource = 'pods') =>
    inScope(made('ResourceQuota', { spec }), '', resource, object);
  assert.equal(has({ scopes: ['BestEffort'] }, pod({ containers: [{ name: 'a' }] })), true);
  assert.equal(
    has({ scopes: ['BestEffort'] }, pod({ resources: { limits: { cpu: '1' } } })),
    false,
  );
  assert.equal(has({ scopes: ['NotBestEffort'] }, pod({ containers: [{ name: 'a' }] })), false);
  assert.equal(has({ scopes: ['Terminating'] }, pod({ activeDeadlineSeconds: 5 })), true);
  const by = (scopeName: string, operator: string, ...values: string[]) => ({
    scopeSelector: { matchExpressions: [{ scopeName, operator, values }] },
  });
  assert.equal(has(by('PriorityClass', 'In', 'high'), pod({ priorityClassName: 'high' })), true);
  assert.equal(has(by('PriorityClass', 'In', 'high'), pod({})), false);
  const claim = made('PersistentVolumeClaim', {
    spec: { volumeAttributesClassName: 'gold' },
    status: { currentVolumeAttributesClassName: 'silver' },
  });
  const ofClaim = (operator: string, ...values: string[]) =>
    has(by('VolumeAttributesClass', operator, ...values), claim, 'persistentvolumeclaims');
  assert.equal(ofClaim('In', 'silver'), true);
  assert.equal(ofClaim('In', 'bronze'), false);
  assert.equal(ofClaim('DoesNotExist'), false);
  const other = made('ConfigMap', {});
  assert.equal(has({ scopes: ['BestEffort'] }, other, 'configmaps'), false);
});
