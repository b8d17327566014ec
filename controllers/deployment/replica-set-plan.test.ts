import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../object/object.ts';
import {
  beyondHistory,
  desiredAnnotation,
  fenceposts,
  findNew,
  maxAnnotation,
  maxUnavailable,
  newReplicaSetSize,
  scaleProportionally,
  shrinkOld,
} from './replica-set-plan.ts';

const template = (image: string) => ({
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image }] },
});

function deployment(
  replicas: number,
  maxSurge: number | string = '25%',
  unavailable: number | string = '25%',
) {
  const rollingUpdate = { maxSurge, maxUnavailable: unavailable };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      replicas,
      template: template('new'),
      strategy: { type: 'RollingUpdate', rollingUpdate },
    },
  } as KubeObject;
}

function set(name: string, replicas: number, available: number, annotations = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, creationTimestamp: `2026-01-01T00:00:0${name.length % 10}Z`, annotations },
    spec: { replicas, template: template(name) },
    status: { replicas, availableReplicas: available },
  };
}

test('the new ReplicaSet is found whatever its hash label, and defaults that are empty do not matter', () => {
  const mine = set('new', 1, 1);
  mine.spec.template.metadata.labels['pod-template-hash'] = 'abc';
  mine.spec.template.spec.volumes = [];
  assert.equal(findNew(deployment(1), [set('old', 1, 1), mine]), mine);
});

test('percentages round up for surge and down for unavailable; both zero leaves one unavailable', () => {
  assert.deepEqual(fenceposts(deployment(10)), { surge: 3, unavailable: 2 });
  assert.deepEqual(fenceposts(deployment(1)), { surge: 1, unavailable: 0 });
  assert.deepEqual(fenceposts(deployment(3, 0, '10%')), { surge: 0, unavailable: 1 });
});

test('old pods that are not available go first, without waiting for new ones', () => {
  const d = deployment(10, 3, 2);
  const plan = shrinkOld(d, set('new', 3, 0), [set('a', 4, 4), set('bb', 6, 0)]);
  assert.deepEqual(
    plan.map((p) => [p.replicaSet.metadata.name, p.to]),
    [['bb', 4]],
  );
});

test('no step of a rollout leaves too few pods available or makes too many', () => {
  const replicas = fc.integer({ min: 1, max: 20 });
  const limit = fc.integer({ min: 0, max: 5 });
  fc.assert(
    fc.property(
      replicas,
      limit,
      limit,
      fc.infiniteStream(fc.nat()),
      (n, surge, unavailable, luck) => {
        const d = deployment(n, surge, unavailable);
        let fresh = set('new', 0, 0);
        let old = set('old', n, n);
        const most = n + fenceposts(d).surge;
        const least = n - maxUnavailable(d);
        for (let step = 0; step < 300; step++) {
          const size = newReplicaSetSize(d, [fresh, old], fresh.spec.replicas);
          if (size !== fresh.spec.replicas)
            fresh = set('new', size, fresh.status.availableReplicas);
          else {
            for (const { to } of shrinkOld(d, fresh, [old])) {
              old = set('old', to, Math.min(to, old.status.availableReplicas));
            }
          }
          assert.ok(fresh.spec.replicas + old.spec.replicas <= most, 'too many pods');
          assert.ok(
            fresh.status.availableReplicas + old.status.availableReplicas >= least,
            'too few',
          );
          // Some of the new pods become available.
          const waiting = fresh.spec.replicas - fresh.status.availableReplicas;
          const more = waiting === 0 ? 0 : 1 + ((luck.next().value as number) % waiting);
          fresh = set('new', fresh.spec.replicas, fresh.status.availableReplicas + more);
        }
        assert.equal(fresh.spec.replicas, n);
        assert.equal(old.spec.replicas, 0);
      },
    ),
    { numRuns: 60 },
  );
});

test('scaling in the middle of a rollout is shared out in proportion', () => {
  const annotations = { [desiredAnnotation]: '10', [maxAnnotation]: '13' };
  const scales = scaleProportionally(deployment(20, 3, 2), set('new', 5, 0, annotations), [
    set('old', 8, 8, annotations),
  ]);
  const total = scales.reduce((sum, s) => sum + s.to, 0);
  assert.equal(total, 23);
  assert.deepEqual(
    scales.map((s) => [s.replicaSet.metadata.name, s.to]),
    [
      ['old', 14],
      ['new', 9],
    ],
  );
});

test('history keeps the newest revisions and never a ReplicaSet that still has pods', () => {
  const d = deployment(1);
  d.spec.revisionHistoryLimit = 1;
  const old = [1, 2, 3].map((revision) => {
    const rs = set(`r${revision}`, 0, 0, { 'deployment.kubernetes.io/revision': String(revision) });
    return rs;
  });
  if (old[1] !== undefined) old[1].status.replicas = 1;
  assert.deepEqual(
    beyondHistory(d, old).map((r) => r.metadata.name),
    ['r1'],
  );
});
