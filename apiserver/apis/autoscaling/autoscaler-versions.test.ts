import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { fromStoredAutoscaler, toStoredAutoscaler } from './autoscaler-versions.ts';
import { prepared, prepareUpdate, statusUpdate } from '../validation-fixture.ts';
import {
  horizontalPodAutoscalerV1,
  horizontalPodAutoscalerV2,
} from './horizontal-pod-autoscaler.ts';

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
  const stored = autoscaler([queue, cpu]);
  stored.spec.behavior = { scaleUp: { selectPolicy: 'Max', tolerance: '100m' } };
  stored.status.conditions = [
    { type: 'AbleToScale', status: 'True', lastTransitionTime: null, message: 'a < b' },
  ];
  stored.status.currentMetrics = [
    { type: 'External', external: { metric: { name: 'queue' }, current: { value: '1' } } },
  ];
  const old = fromStoredAutoscaler(stored);
  assert.equal(old.spec.targetCPUUtilizationPercentage, 60);
  assert.equal(old.spec.metrics, undefined);
  assert.deepEqual(old.metadata.annotations, {
    'autoscaling.alpha.kubernetes.io/metrics':
      '[{"type":"External","external":{"metricName":"queue","targetAverageValue":"30"}}]',
    'autoscaling.alpha.kubernetes.io/current-metrics':
      '[{"type":"External","external":{"metricName":"queue","currentValue":"1"}}]',
    'autoscaling.alpha.kubernetes.io/behavior':
      '{"ScaleUp":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":null,"Tolerance":"100m"},"ScaleDown":null}',
    'autoscaling.alpha.kubernetes.io/conditions':
      '[{"type":"AbleToScale","status":"True","lastTransitionTime":null,"message":"a \\u003c b"}]',
  });
  const back = toStoredAutoscaler(old);
  assert.deepEqual(JSON.parse(JSON.stringify(back)), stored);
});

test('metrics in the annotation have the fields of v1 in their order', () => {
  const selector = { matchLabels: { a: 'b' } };
  const stored = autoscaler([
    {
      type: 'Object',
      object: {
        describedObject: { apiVersion: 'v1', kind: 'Service', name: 's' },
        metric: { name: 'm', selector },
        target: { type: 'AverageValue', averageValue: '2' },
      },
    },
    {
      type: 'Pods',
      pods: {
        metric: { name: 'm', selector },
        target: { type: 'AverageValue', averageValue: '3' },
      },
    },
    {
      type: 'ContainerResource',
      containerResource: {
        name: 'memory',
        container: 'c',
        target: { type: 'Utilization', averageUtilization: 70 },
      },
    },
  ]);
  const old = fromStoredAutoscaler(stored);
  assert.equal(
    old.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics'],
    '[{"type":"Object","object":{"target":{"kind":"Service","name":"s","apiVersion":"v1"},"metricName":"m","targetValue":"0","selector":{"matchLabels":{"a":"b"}},"averageValue":"2"}},' +
      '{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"3","selector":{"matchLabels":{"a":"b"}}}},' +
      '{"type":"ContainerResource","containerResource":{"name":"memory","targetAverageUtilization":70,"container":"c"}}]',
  );
  // a value that v1 cannot leave out comes back
  stored.spec.metrics[0].object.target.value = '0';
  assert.deepEqual(toStoredAutoscaler(old).spec.metrics, stored.spec.metrics);
});

const annotation = (name: string) => `autoscaling.alpha.kubernetes.io/${name}`;
const target = { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' } };

test('v1 says what is used where nothing is said, and drops what cannot be read', () => {
  const made = prepared(horizontalPodAutoscalerV1, {
    metadata: {
      name: 'web',
      annotations: {
        a: 'b',
        [annotation('metrics')]: '[{"type":1}]',
        [annotation('behavior')]: '{}',
        [annotation('conditions')]: '[{"type":"AbleToScale","status":"True"}]',
        [annotation('scale-up-tolerance')]: '1',
      },
    },
    spec: { ...target, maxReplicas: 3 },
    status: { currentCPUUtilizationPercentage: 3 },
  });
  assert.deepEqual(made.metadata.annotations, { a: 'b' });
  assert.equal(made.spec.targetCPUUtilizationPercentage, 80);
  assert.deepEqual(made.status, { currentReplicas: 0, desiredReplicas: 0 });
});

test('the behavior that v1 carries is read in any case, and filled when it is stored', () => {
  const made = prepared(horizontalPodAutoscalerV1, {
    metadata: {
      name: 'web',
      annotations: {
        [annotation('behavior')]:
          '{"scaleDown":{"POLICIES":[{"Type":"Pods","Value":1,"PeriodSeconds":60}]}}',
      },
    },
    spec: { ...target, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
  });
  const stored = horizontalPodAutoscalerV1.toStored?.(made);
  assert.deepEqual(stored?.spec.behavior.scaleDown, {
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
  });
  assert.equal(stored?.spec.behavior.scaleUp.policies.length, 2);
});

test('a write through v1 changes what its door is for, in annotations too', () => {
  const with1 = (name: string, value: string, status: object) => ({
    metadata: { name: 'web', annotations: { [annotation(name)]: value } },
    spec: { ...target, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
    status,
  });
  const conditions = '[{"type":"A","status":"True","lastTransitionTime":null}]';
  const behavior =
    '{"ScaleUp":{"StabilizationWindowSeconds":1,"SelectPolicy":null,"Policies":null,"Tolerance":null},"ScaleDown":null}';
  const plain = { spec: { ...target, maxReplicas: 3, targetCPUUtilizationPercentage: 50 } };
  const changed = prepareUpdate(
    horizontalPodAutoscalerV1,
    with1('behavior', behavior, {}),
    with1('conditions', conditions, { desiredReplicas: 2 }),
  );
  assert.deepEqual(changed.metadata.annotations, {
    [annotation('behavior')]: behavior,
    [annotation('conditions')]: conditions,
  });
  assert.equal(changed.status.desiredReplicas, 2);
  const status = statusUpdate(
    horizontalPodAutoscalerV1,
    with1('behavior', behavior, { desiredReplicas: 2 }),
    plain,
  );
  assert.equal(status.metadata.annotations, undefined);
  assert.equal(status.status.desiredReplicas, 2);
});

test('v2 has no annotations of older versions', () => {
  const annotations = { [annotation('metrics')]: '[]', a: 'b' };
  const made = prepared(horizontalPodAutoscalerV2, { metadata: { name: 'web', annotations } });
  assert.deepEqual(made.metadata.annotations, { a: 'b' });
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
