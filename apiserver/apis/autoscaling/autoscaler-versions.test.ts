import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { fromStoredAutoscaler, toStoredAutoscaler } from './autoscaler-versions.ts';
import { horizontalPodAutoscalerV2 } from './horizontal-pod-autoscaler.ts';

const cpu = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
};
const queue = {
  type: 'External',
  external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '30' } },
};

function autoscaler(metrics: unknown[]): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 5, metrics },
    status: { currentReplicas: 1, desiredReplicas: 2 },
  };
}

test('v1 shows CPU and carries the rest in annotations, and gives all of it back', () => {
  const stored = autoscaler([cpu, queue]);
  const old = fromStoredAutoscaler(stored);
  assert.equal(old.spec.targetCPUUtilizationPercentage, 60);
  assert.equal(old.spec.metrics, undefined);
  assert.ok(old.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics']);
  const back = toStoredAutoscaler(old);
  assert.deepEqual(JSON.parse(JSON.stringify(back)), stored);
});

test('lists that are null are lists of nothing', () => {
  const stored = autoscaler([cpu]);
  stored.status.currentMetrics = null;
  stored.status.conditions = null;
  const old = fromStoredAutoscaler(stored);
  assert.deepEqual(old.status, { currentReplicas: 1, desiredReplicas: 2 });
  assert.equal(old.metadata.annotations, undefined);
});

test('targets as kubectl shows them', () => {
  const targets = horizontalPodAutoscalerV2.columns?.find((c) => c.name === 'Targets');
  const object = autoscaler([cpu, queue, cpu]);
  object.status.currentMetrics = [
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 10 } } },
  ];
  assert.equal(targets?.cell(object), 'cpu: 10%/60%, <unknown>/30 (avg) + 1 more...');
});
