import assert from 'node:assert/strict';
import { test } from 'node:test';
import { electionStep, observeLease, releasedLease } from './lease.ts';
import type { KubeObject } from '../object/object.ts';

const settings = {
  identity: 'a',
  leaseName: 'x',
  leaseNamespace: 'kube-system',
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
};
const wall = new Date('2026-01-01T00:00:00Z');

function heldBy(holderIdentity: string, seconds = 15): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'x', namespace: 'kube-system', resourceVersion: '7' },
    spec: {
      holderIdentity,
      leaseDurationSeconds: seconds,
      acquireTime: 'then',
      leaseTransitions: 4,
    },
  };
}

test('without a lease one is created in our name', () => {
  const step = electionStep(undefined, undefined, 0, settings, wall);
  assert.equal(step.kind, 'create');
  assert.equal(step.kind === 'create' && step.lease.spec.holderIdentity, 'a');
});

test("another's lease is respected for its own duration from when it was first seen here", () => {
  const lease = heldBy('b', 3);
  const seen = observeLease(undefined, lease, 1000);
  assert.equal(electionStep(lease, seen, 3999, settings, wall).kind, 'wait');
  const step = electionStep(lease, seen, 4000, settings, wall);
  assert.equal(step.kind, 'update');
  if (step.kind !== 'update') return;
  assert.equal(step.lease.spec.leaseTransitions, 5);
  assert.equal(step.lease.spec.acquireTime, '2026-01-01T00:00:00.000000Z');
  assert.equal(step.lease.metadata.resourceVersion, '7');
});

test('a renewal starts the wait again, looking twice at the same version does not', () => {
  const lease = heldBy('b');
  const first = observeLease(undefined, lease, 1000);
  assert.equal(observeLease(first, lease, 9000).at, 1000);
  lease.metadata.resourceVersion = '8';
  assert.equal(observeLease(first, lease, 9000).at, 9000);
});

test('our own renewal keeps acquire time and transitions', () => {
  const step = electionStep(heldBy('a'), undefined, 0, settings, wall);
  if (step.kind !== 'update') return assert.fail(step.kind);
  assert.equal(step.lease.spec.acquireTime, 'then');
  assert.equal(step.lease.spec.leaseTransitions, 4);
});

test('a released lease is free at once', () => {
  const free = releasedLease(heldBy('b'), wall);
  const seen = observeLease(undefined, free, 0);
  assert.equal(electionStep(free, seen, 0, settings, wall).kind, 'update');
});
