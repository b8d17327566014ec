import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { podDisruptionBudgets, pods as podResource } from '../resources.ts';
import { discoveryOf, startScenario } from '../scenario.ts';
import { disruptionController } from './disruption.ts';
import { disruptionStatus, expectation, pendingDisruptions } from './disruption-status.ts';

const now = new Date('2026-01-01T00:01:00Z');
const budget = (spec: object, status: object = {}): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b', generation: 1 },
  spec,
  status,
});
const pod = (name: string, ready = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const pods = [pod('a'), pod('b'), pod('c', false)];

function allowed(spec: object, scales = [3]): unknown {
  const b = budget(spec);
  return disruptionStatus(b, pods, expectation(b, pods, scales), new Map(), now).disruptionsAllowed;
}

test('what may be evicted follows from what is healthy and what is wanted', () => {
  assert.equal(allowed({ minAvailable: 1 }), 1);
  assert.equal(allowed({ minAvailable: 2 }), 0);
  assert.equal(allowed({ maxUnavailable: 2 }), 1);
  assert.equal(allowed({ maxUnavailable: '50%' }), 1);
  // Half of the ten that should be there: five must stay.
  assert.equal(allowed({ minAvailable: '50%' }, [10]), 0);
});

test('an eviction the server noted counts as done until it is seen or too old', () => {
  const b = budget(
    { minAvailable: 1 },
    {
      disruptedPods: {
        a: '2026-01-01T00:00:00Z',
        b: '2025-12-31T23:00:00Z',
        gone: '2026-01-01T00:00:00Z',
      },
    },
  );
  const { disrupted, recheckMs } = pendingDisruptions(b, pods, now);
  assert.deepEqual([...disrupted.keys()], ['a']);
  assert.equal(recheckMs, 60_000);
  const status = disruptionStatus(b, pods, expectation(b, pods, [3]), disrupted, now);
  assert.equal(status.currentHealthy, 1);
  assert.equal(status.disruptionsAllowed, 0);
});

test('the size of an owner of many pods is asked for once', async () => {
  let asked = 0;
  const gauges = { group: 'example.com', version: 'v1', resource: 'gauges', kind: 'Gauge' };
  const scenario = await startScenario((context) => {
    context.cluster.raw = async (path) => {
      if (!path.endsWith('/scale')) return discoveryOf(path, [{ ...gauges, namespaced: true }]);
      asked++;
      return JSON.stringify({ spec: { replicas: 20 } });
    };
    return disruptionController(context);
  });
  try {
    const owner = { apiVersion: 'example.com/v1', kind: 'Gauge', name: 'g', uid: 'g' };
    for (let i = 0; i < 20; i++) {
      const { metadata, ...rest } = pod(`p${i}`);
      const ownerReferences = [{ ...owner, controller: true }];
      const labels = { app: 'g' };
      const owned = { ...metadata, namespace: 'default', labels, ownerReferences };
      await scenario.cluster.create(podResource, { ...rest, metadata: owned });
    }
    const { metadata, spec } = budget({
      maxUnavailable: 1,
      selector: { matchLabels: { app: 'g' } },
    });
    await scenario.cluster.create(podDisruptionBudgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { ...metadata, namespace: 'default' },
      spec,
    });
    await scenario.until(
      'it is counted',
      () => scenario.find(podDisruptionBudgets, 'b')?.status?.disruptionsAllowed === 1,
    );
    assert.ok(asked <= 5, `asked ${asked} times`);
  } finally {
    await scenario.stop();
  }
});
