import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import {
  addUsage,
  claimUsage,
  inScope,
  podUsage,
  serviceUsage,
  type Usage,
  usedOf,
} from './quota-usage.ts';

const now = new Date('2026-01-01T00:00:00Z');
const pod = (spec: object, status: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {},
  spec,
  status,
});
const quota = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: {},
  spec,
});

test('pods by requests and limits; finished ones only by count', () => {
  const resources = { requests: { cpu: '250m', memory: '64Mi' }, limits: { cpu: '1' } };
  const usage: Usage = new Map();
  addUsage(usage, podUsage(pod({ containers: [{ resources }, { resources }] }), now));
  addUsage(usage, podUsage(pod({ containers: [{ resources }] }, { phase: 'Succeeded' }), now));
  const hard = {
    pods: '9',
    'count/pods': '9',
    cpu: '9',
    'requests.memory': '1',
    'limits.cpu': '9',
    secrets: '1',
  };
  assert.deepEqual(usedOf(quota({ hard }), usage), {
    pods: '1',
    'count/pods': '2',
    cpu: '500m',
    'requests.memory': '128Mi',
    'limits.cpu': '2',
    secrets: '0',
  });
});

test('services by kind, claims by class', () => {
  const hard = {
    'services.nodeports': '9',
    'services.loadbalancers': '9',
    'fast.storageclass.storage.k8s.io/requests.storage': '1Ti',
  };
  const usage: Usage = new Map();
  const service = quota({ type: 'LoadBalancer', ports: [{}, {}] });
  addUsage(usage, serviceUsage(service));
  const claim = quota({ storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } });
  addUsage(usage, claimUsage(claim));
  assert.deepEqual(usedOf(quota({ hard }), usage), {
    'services.nodeports': '2',
    'services.loadbalancers': '1',
    'fast.storageclass.storage.k8s.io/requests.storage': '2Gi',
  });
});

test('scopes choose the pods that count', () => {
  const plain = pod({ containers: [{}] });
  const important = pod({
    containers: [{ resources: { requests: { cpu: '1' } } }],
    priorityClassName: 'high',
    activeDeadlineSeconds: 5,
  });
  const of = (spec: object) => [plain, important].map((p) => inScope(quota(spec), p));
  assert.deepEqual(of({ scopes: ['BestEffort'] }), [true, false]);
  assert.deepEqual(of({ scopes: ['Terminating', 'NotBestEffort'] }), [false, true]);
  const matchExpressions = [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }];
  assert.deepEqual(of({ scopeSelector: { matchExpressions } }), [false, true]);
});
