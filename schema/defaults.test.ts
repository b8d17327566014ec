import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { builtInSchema } from './built-in.ts';
import { applyDefaults, fillZeros } from './defaults.ts';
import { ensureGenerated } from './generate.ts';

before(() => {
  ensureGenerated();
});

test('declared defaults are applied at every depth, and never over what is there', () => {
  const pod = {
    spec: {
      containers: [{ ports: [{ containerPort: 1 }, { containerPort: 2, protocol: 'UDP' }] }],
    },
  };
  applyDefaults(pod, builtInSchema('io.k8s.api.core.v1.Pod'));
  assert.deepEqual(pod, {
    metadata: {},
    spec: {
      containers: [
        {
          resources: {},
          ports: [
            { containerPort: 1, protocol: 'TCP' },
            { containerPort: 2, protocol: 'UDP' },
          ],
        },
      ],
    },
    status: {},
  });
  const other = {};
  applyDefaults(other, builtInSchema('io.k8s.api.core.v1.Pod'));
  assert.notEqual((other as typeof pod).spec, pod.spec);
});

test('unset fields become what Go writes for them', () => {
  const role = {};
  fillZeros(role, builtInSchema('io.k8s.api.rbac.v1.Role'));
  assert.deepEqual(role, { metadata: {}, rules: null });
  const condition = { type: 'Ready', status: 'True' };
  fillZeros(condition, builtInSchema('io.k8s.api.core.v1.PodCondition'));
  assert.deepEqual(condition, {
    type: 'Ready',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: null,
  });
  const selector = { resource: 'limits.cpu' };
  fillZeros(selector, builtInSchema('io.k8s.api.core.v1.ResourceFieldSelector'));
  assert.deepEqual(selector, { resource: 'limits.cpu', divisor: '0' });
});
