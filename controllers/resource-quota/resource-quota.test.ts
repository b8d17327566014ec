import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { deviceClasses, pods, resourceClaims, resourceQuotas } from '../resources.ts';
import { discoveryOf, startScenario } from '../scenario.ts';
import { resourceQuotaController } from './resource-quota.ts';

test('devices that claims ask for are counted under the names of their class', async () => {
  const scenario = await startScenario(resourceQuotaController);
  try {
    await scenario.cluster.create(deviceClasses, {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'DeviceClass',
      metadata: { name: 'gpu' },
      spec: { extendedResourceName: 'example.com/gpu' },
    });
    for (const [name, count] of [
      ['a', 2],
      ['b', 3],
    ] as const) {
      await scenario.cluster.create(resourceClaims, {
        apiVersion: 'resource.k8s.io/v1',
        kind: 'ResourceClaim',
        metadata: { name, namespace: 'default' },
        spec: {
          devices: {
            requests: [
              { exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count } },
            ],
          },
        },
      });
    }
    const hard = {
      'gpu.deviceclass.resource.k8s.io/devices': '9',
      'requests.example.com/gpu': '9',
      'requests.deviceclass.resource.kubernetes.io/tpu': '9',
    };
    await scenario.cluster.create(resourceQuotas, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'default' },
      spec: { hard },
    });
    const counted = await scenario.until(
      'counted',
      () => scenario.find(resourceQuotas, 'q')?.status?.used,
    );
    assert.deepEqual(counted, {
      'gpu.deviceclass.resource.k8s.io/devices': '5',
      'requests.example.com/gpu': '5',
      'requests.deviceclass.resource.kubernetes.io/tpu': '0',
    });
  } finally {
    await scenario.stop();
  }
});

test('what the API server charged is not given back before the pod is seen', async () => {
  const scenario = await startScenario(resourceQuotaController);
  const { cluster, until, find, edit } = scenario;
  try {
    await cluster.create(resourceQuotas, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'default' },
      spec: { hard: { pods: '2' } },
    });
    const used = () => find(resourceQuotas, 'q')?.status?.used?.pods;
    await until('counted', () => used() === '0');
    const charge = (pods: string) =>
      edit(resourceQuotas, 'q', (q) => Object.assign(q.status.used, { pods }), 'status');

    await charge('1');
    await setTimeout(50);
    assert.equal(used(), '1', 'the pod it is for comes after the charge');
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default' } };
    await cluster.create(pods, { ...pod, spec: { containers: [] } });
    // bound and started while the next one is charged
    await charge('2');
    await edit(pods, 'a', (a) => (a.spec.nodeName = 'n'));
    await edit(pods, 'a', (a) => (a.status = { phase: 'Running' }), 'status');
    await setTimeout(400);
    assert.equal(used(), '2', 'a pod that starts frees nothing');

    await edit(pods, 'a', (a) => (a.status = { phase: 'Succeeded' }), 'status');
    await until('what ended is given back', () => used() === '0');
    await edit(resourceQuotas, 'q', (q) => Object.assign(q.spec.hard, { services: '1' }));
    await until('a new limit is counted', () => find(resourceQuotas, 'q')?.status?.used?.services);
  } finally {
    await scenario.stop();
  }
});

test('a kind that comes later is counted soon; one that is not served for a while keeps its count', async () => {
  const gauges = {
    group: 'example.com',
    version: 'v1',
    resource: 'gauges',
    kind: 'Gauge',
    namespaced: true,
  };
  const served: (typeof gauges)[] = [];
  const scenario = await startScenario((context) => {
    context.cluster.raw = async (path) => discoveryOf(path, served);
    return resourceQuotaController(context, 50);
  });
  const { cluster, until, find, edit } = scenario;
  try {
    const name = 'count/gauges.example.com';
    await cluster.create(resourceQuotas, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'default' },
      spec: { hard: { [name]: '5' } },
    });
    const used = () => find(resourceQuotas, 'q')?.status?.used?.[name];
    await until('nothing yet', () => used() === '0');
    served.push(gauges);
    for (const gauge of ['a', 'b']) {
      const metadata = { name: gauge, namespace: 'default' };
      await cluster.create(gauges, { apiVersion: 'example.com/v1', kind: 'Gauge', metadata });
    }
    await until('both are counted', () => used() === '2');
    await cluster.delete(gauges, 'default', 'a');
    await until('one is given back', () => used() === '1');
    served.pop();
    await edit(resourceQuotas, 'q', (q) => (q.spec.hard[name] = '6'));
    await until('counted again', () => find(resourceQuotas, 'q')?.status.hard[name] === '6');
    assert.equal(used(), '1');
  } finally {
    await scenario.stop();
  }
});
