import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { claimOwners } from './claim-policy.ts';
import { claimsOf, ordinalOf, ordinalPod } from './ordinal-pod.ts';
import { planStatefulSet, statefulSetStatus } from './stateful-set-plan.ts';

const names = { current: 'db-old', update: 'db-new' };
const now = new Date('2026-01-01T00:01:00Z');

function set(spec: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default', uid: 'set' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c' }] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      ...spec,
    },
  };
}

function pod(
  owner: KubeObject,
  ordinal: number,
  revision = names.update,
  ready = true,
): KubeObject {
  const made = ordinalPod(owner, owner.spec.template, revision, ordinal);
  made.metadata.uid = `pod-${ordinal}`;
  made.status = {
    phase: 'Running',
    conditions: [
      {
        type: 'Ready',
        status: ready ? 'True' : 'False',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  };
  return made;
}

const short = (plan: ReturnType<typeof planStatefulSet>) =>
  plan.actions.map((a) =>
    a.kind === 'create' ? `create ${a.ordinal} ${a.revision}` : `${a.kind} ${a.pod.metadata.name}`,
  );

test('ordered: the next pod is made only when all before it are ready', () => {
  const s = set();
  assert.deepEqual(short(planStatefulSet(s, [], names, now)), ['create 0 update']);
  const waiting = [pod(s, 0, names.update, false)];
  assert.deepEqual(short(planStatefulSet(s, waiting, names, now)), []);
  assert.deepEqual(short(planStatefulSet(s, [pod(s, 0)], names, now)), ['create 1 update']);
});

test('parallel: all missing pods at once', () => {
  const s = set({ podManagementPolicy: 'Parallel' });
  assert.deepEqual(short(planStatefulSet(s, [], names, now)), [
    'create 0 update',
    'create 1 update',
    'create 2 update',
  ]);
});

test('scaling down takes the highest ordinal first and waits for it to be gone', () => {
  const s = set({ replicas: 1 });
  const pods = [0, 1, 2].map((i) => pod(s, i));
  assert.deepEqual(short(planStatefulSet(s, pods, names, now)), ['delete db-2']);
  if (pods[2] !== undefined) pods[2].metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.deepEqual(short(planStatefulSet(s, pods, names, now)), []);
});

test('an unhealthy pod elsewhere holds up the removal of a healthy one', () => {
  const s = set({ replicas: 1, podManagementPolicy: 'OrderedReady' });
  const pods = [pod(s, 0), pod(s, 1, names.update, false), pod(s, 2)];
  assert.deepEqual(short(planStatefulSet(s, pods, names, now)), []);
});

test('an update goes from the top, one at a time, and stops at the partition', () => {
  const s = set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } });
  const old = [0, 1, 2].map((i) => pod(s, i, names.current));
  assert.deepEqual(short(planStatefulSet(s, old, names, now)), ['delete db-2']);
  const middle = [pod(s, 0, names.current), pod(s, 1, names.current), pod(s, 2)];
  assert.deepEqual(short(planStatefulSet(s, middle, names, now)), ['delete db-1']);
  const end = [pod(s, 0, names.current), pod(s, 1), pod(s, 2)];
  assert.deepEqual(short(planStatefulSet(s, end, names, now)), []);
  // A pod below the partition that gets lost comes back as it was.
  assert.deepEqual(short(planStatefulSet(s, end.slice(1), names, now)), ['create 0 current']);
});

test('a percentage of unavailable pods is rounded down, to one at least', () => {
  const rolled = (maxUnavailable: string) => {
    const s = set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } } });
    const old = [0, 1, 2].map((i) => pod(s, i, names.current));
    return short(planStatefulSet(s, old, names, now));
  };
  assert.deepEqual(rolled('50%'), ['delete db-2']);
  assert.deepEqual(rolled('10%'), ['delete db-2']);
  assert.deepEqual(rolled('70%'), ['delete db-2', 'delete db-1']);
});

test('OnDelete updates nothing by itself, but what is made is new', () => {
  const s = set({ updateStrategy: { type: 'OnDelete' } });
  const old = [0, 1].map((i) => pod(s, i, names.current));
  assert.deepEqual(short(planStatefulSet(s, old, names, now)), ['create 2 update']);
});

test('a failed pod is deleted to be made anew', () => {
  const s = set();
  const failed = pod(s, 0);
  failed.status.phase = 'Failed';
  assert.deepEqual(short(planStatefulSet(s, [failed], names, now)), ['delete db-0']);
});

test('the update is complete when all are ready: current becomes update', () => {
  const s = set();
  const pods = [0, 1, 2].map((i) => pod(s, i));
  const status = statefulSetStatus(s, pods, names, 0, now);
  assert.equal(status.currentRevision, names.update);
  assert.equal(status.currentReplicas, 3);
  pods[0] = pod(s, 0, names.current);
  assert.equal(statefulSetStatus(s, pods, names, 0, now).currentRevision, names.current);
});

test('a pod carries its identity: names, ordinal, claims', () => {
  const s = set({ volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] });
  const made = ordinalPod(s, s.spec.template, 'r', 7);
  assert.equal(made.metadata.name, 'db-7');
  assert.equal(made.spec.hostname, 'db-7');
  assert.equal(made.metadata.labels?.['apps.kubernetes.io/pod-index'], '7');
  assert.deepEqual(made.spec.volumes, [
    { name: 'data', persistentVolumeClaim: { claimName: 'data-db-7' } },
  ]);
  assert.equal(claimsOf(s, 7)[0]?.metadata.name, 'data-db-7');
  assert.equal(ordinalOf(s, made), 7);
  assert.equal(ordinalOf(s, { ...made, metadata: { name: 'db-07' } }), -1);
});

test('claims are owned by what is to take them along', () => {
  const s = set({
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
  });
  const claim: KubeObject = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: {} };
  assert.equal(claimOwners(s, pod(s, 0), claim, false)[0]?.kind, 'StatefulSet');
  assert.equal(claimOwners(s, pod(s, 2), claim, true)[0]?.kind, 'Pod');
  assert.deepEqual(claimOwners(set(), pod(s, 0), claim, false), []);
});
