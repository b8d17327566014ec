import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceClasses, resourceClaims, resourceQuotas } from '../resources.ts';
import { startScenario } from '../scenario.ts';
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
