import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from './object.ts';
import { formatQuantity } from './quantity.ts';
import { namesCounting, usageOf } from './quota-usage.ts';

const exactly = (deviceClassName: string, count: number) => ({
  exactly: { deviceClassName, allocationMode: 'ExactCount', count },
});

function claim(requests: object[], owner?: string, name = 'foo'): KubeObject {
  const metadata = {
    name,
    namespace: 'ns',
    ...(owner === undefined
      ? {}
      : {
          annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Pod', name: owner, uid: 'u', controller: true },
          ],
        }),
  };
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata,
    spec: { devices: { requests } },
  };
}

const asking = (requests: object) => ({ resources: { requests } });
const explicit = { 'example.com/gpu': '1' };
const implicit = { 'deviceclass.resource.kubernetes.io/gpu': '1' };

const pod = (spec: object, claimed: string | undefined = 'foo'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod', namespace: 'ns', uid: 'u' },
  spec,
  status: claimed === '' ? {} : { extendedResourceClaimStatus: { resourceClaimName: claimed } },
});

function used(object: KubeObject, owner?: KubeObject, others: KubeObject[] = []) {
  const usage = usageOf('resource.k8s.io', 'resourceclaims', object, new Date(), {
    extendedResource: (name) =>
      owner !== undefined && name === 'gpu' ? 'example.com/gpu' : undefined,
    pod: (_, name) => (name === owner?.metadata.name ? owner : undefined),
    claims: () => [object, ...others],
  });
  assert.equal(usage.has('count/resourceclaims.resource.k8s.io'), true);
  usage.delete('count/resourceclaims.resource.k8s.io');
  return Object.fromEntries([...usage].map(([name, amount]) => [name, formatQuantity(amount)]));
}

const devices = 'gpu.deviceclass.resource.k8s.io/devices';
const byClass = 'requests.deviceclass.resource.kubernetes.io/gpu';
const byName = 'requests.example.com/gpu';

test('devices are counted by their class, at worst', () => {
  const all = { deviceClassName: 'gpu', allocationMode: 'All' };
  const one = exactly('gpu', 1).exactly;
  const tpu = 'tpu.deviceclass.resource.k8s.io/devices';
  for (const [requests, usage] of [
    [[exactly('gpu', 1)], { [devices]: '1', [byClass]: '1' }],
    [[exactly('gpu', 2), exactly('gpu', 3)], { [devices]: '5', [byClass]: '5' }],
    [[{ exactly: all }], { [devices]: '32', [byClass]: '32' }],
    [[{ exactly: { ...all, allocationMode: 'Later' } }], { [devices]: '0' }],
    [[{ firstAvailable: [one, all] }], { [devices]: '32', [byClass]: '32' }],
    [
      [{ firstAvailable: [one, { ...all, deviceClassName: 'tpu' }] }],
      {
        [devices]: '1',
        [tpu]: '32',
        [byClass]: '1',
        'requests.deviceclass.resource.kubernetes.io/tpu': '32',
      },
    ],
  ] satisfies [object[], object][]) {
    assert.deepEqual(used(claim(requests)), usage);
  }
});

test('what the pod of a claim asks for is counted with the pod', () => {
  const two = [exactly('gpu', 1), exactly('gpu', 1)];
  const both = asking({ ...explicit, ...implicit });
  const each = { [devices]: '2', [byClass]: '1', [byName]: '1' };
  const nobody = { [devices]: '2', [byClass]: '2', [byName]: '2' };
  const single = [exactly('gpu', 1)];
  assert.deepEqual(used(claim(single, 'pod'), pod({ containers: [asking(implicit)] })), {
    [devices]: '1',
    [byName]: '1',
  });
  assert.deepEqual(used(claim(single, 'pod'), pod({ initContainers: [asking(explicit)] })), {
    [devices]: '1',
    [byClass]: '1',
  });
  const starting = { initContainers: [both, both], containers: [both] };
  assert.deepEqual(used(claim(two, 'pod'), pod(starting)), each);
  assert.deepEqual(used(claim(two, 'pod'), pod(starting, 'other')), nobody);
  assert.deepEqual(used(claim(two), pod(starting)), nobody);
  assert.deepEqual(used(claim(two, 'pod'), pod(starting, '')), each);
  const twin = claim(two, 'pod', 'twin');
  assert.deepEqual(used(claim(two, 'pod'), pod(starting, ''), [twin]), nobody);
});

test('names under which claims and pods are counted', () => {
  const names = [devices, byClass, byName, 'count/resourceclaims.resource.k8s.io'];
  const others = [
    'resourceclaims',
    'requests.storage',
    'bronze.deviceclass.resource.k8s.io/storage',
  ];
  const counted = namesCounting('resource.k8s.io', 'resourceclaims', [...names, ...others]);
  assert.deepEqual(counted, names);
  assert.deepEqual(namesCounting('', 'pods', names), [byClass, byName]);
  const usage = usageOf('', 'pods', pod({ containers: [asking(implicit)] }), new Date());
  assert.equal(usage.has(byClass), true);
});
