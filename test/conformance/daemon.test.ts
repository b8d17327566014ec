import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stored } from '../../apiserver/verbs/api-client.ts';
import { type Any, isReady, missingImage, podSpec, startCluster, until } from './cluster.ts';

/** Conformance of sig-apps: DaemonSets and their ControllerRevisions. */
const { api, ns } = await startCluster();
const daemonSets = 'apps/v1/daemonsets';
const revisions = 'apps/v1/controllerrevisions';
const other = 'agnhost:2';

const daemonPods = (name: string, count: number): Promise<Any[]> =>
  until(`${count} daemon pods of ${name}`, async () => {
    const pods = (await ns.podsOf(name)).filter((p) => p.metadata.deletionTimestamp === undefined);
    return pods.length === count && pods.every(isReady) && pods;
  });

test('Daemon set should run and stop simple daemon; should retry creating failed daemon pods', async () => {
  await ns.createWorkload(daemonSets, 'simple', {});
  const [first, second] = await daemonPods('simple', 2);
  await ns.delete('pods', first.metadata.name);
  await until('revived', async () => {
    const pods = await ns.podsOf('simple');
    return (
      pods.length === 2 && pods.every((p) => p.metadata.uid !== first.metadata.uid && isReady(p))
    );
  });
  stored(
    await api.patch(`${ns.path('pods', second.metadata.name)}/status`, 'merge', {
      status: { phase: 'Failed' },
    }),
  );
  await until(
    'another in its place',
    async () => (await api.get(ns.path('pods', second.metadata.name))).code === 404,
  );
  await daemonPods('simple', 2);
  await ns.delete(daemonSets, 'simple', { propagationPolicy: 'Background' });
  await until('all gone', async () => (await ns.podsOf('simple')).length === 0);
});

test('Daemon set should run and stop complex daemon', async () => {
  const template = (color: string) => ({
    metadata: { labels: { name: 'complex' } },
    spec: podSpec('agnhost:1', { nodeSelector: { color } }),
  });
  await ns.createWorkload(daemonSets, 'complex', { template: template('blue') });
  const paint = (color: string | null) =>
    api.patch('/api/v1/nodes/n1', 'merge', { metadata: { labels: { color } } });
  await until(
    'its status',
    async () => (await ns.get(daemonSets, 'complex')).status.observedGeneration === 1,
  );
  assert.equal((await ns.podsOf('complex')).length, 0);
  await paint('blue');
  const [pod] = await daemonPods('complex', 1);
  assert.equal(pod.spec.nodeName, 'n1');
  await paint('green');
  await until('gone', async () => (await ns.podsOf('complex')).length === 0);
  await ns.patch(daemonSets, 'complex', {
    spec: { template: template('green'), updateStrategy: { type: 'RollingUpdate' } },
  });
  await daemonPods('complex', 1);
  await paint(null);
  await ns.delete(daemonSets, 'complex');
});

test('Daemon set should update pod when spec was updated and update strategy is RollingUpdate', async () => {
  const set = await ns.createWorkload(daemonSets, 'update', {});
  const first = await daemonPods('update', 2);
  await ns.setImage(daemonSets, 'update', other);
  await ns.shows('update', [other, other]);
  const pods = await ns.podsOf('update');
  const hash = (p: Any) => p.metadata.labels['controller-revision-hash'];
  assert.notEqual(hash(pods[0]), hash(first[0]));
  const all = await ns.list(revisions, 'name=update');
  assert.deepEqual(
    all.map((r) => r.revision).toSorted((a, b) => a - b),
    [1, 2],
  );
  assert.ok(all.every((r) => r.metadata.ownerReferences[0].uid === set.metadata.uid));
  assert.deepEqual(
    new Set(all.map((r) => r.metadata.labels['controller-revision-hash'])),
    new Set([hash(pods[0]), hash(first[0])]),
  );
  await ns.delete(daemonSets, 'update');
});

test('Daemon set should rollback without unnecessary restarts', async () => {
  await ns.createWorkload(daemonSets, 'rollback', {});
  const before = (await daemonPods('rollback', 2)).map((p) => p.metadata.uid);
  await ns.setImage(daemonSets, 'rollback', missingImage);
  const broken = await until('one is replaced', async () =>
    (await ns.podsOf('rollback')).find((p) => p.spec.containers[0].image === missingImage),
  );
  const kept = (await ns.podsOf('rollback'))
    .map((p) => p.metadata.uid)
    .filter((uid) => before.includes(uid));
  await ns.setImage(daemonSets, 'rollback', 'agnhost:1');
  await ns.shows('rollback', ['agnhost:1', 'agnhost:1']);
  const now = (await ns.podsOf('rollback')).map((p) => p.metadata.uid);
  assert.equal(kept.length, 1);
  assert.ok(now.includes(kept[0]));
  assert.ok(!now.includes(broken.metadata.uid));
  await ns.delete(daemonSets, 'rollback');
});

test('ControllerRevision should manage the lifecycle of a ControllerRevision', async () => {
  const set = await ns.createWorkload(daemonSets, 'cr', {});
  await daemonPods('cr', 2);
  const of = () => ns.list(revisions, 'name=cr');
  const [first] = await of();
  await ns.patch(revisions, first.metadata.name, {
    metadata: { labels: { [first.metadata.name]: 'patched' } },
  });
  const made = {
    metadata: {
      name: 'cr-new',
      labels: { name: 'cr' },
      ownerReferences: first.metadata.ownerReferences,
    },
    data: first.data,
    revision: first.revision + 1,
  };
  await ns.create(revisions, made);
  assert.equal((await of()).length, 2);
  stored(await ns.delete(revisions, first.metadata.name));
  await until('one is left', async () => (await of()).length === 1);
  await ns.patch(revisions, 'cr-new', { metadata: { labels: { 'cr-new': 'updated' } } });
  await ns.setImage(daemonSets, 'cr', other);
  await until('another', async () => (await of()).length === 2);
  stored(await api.delete(`${ns.path(revisions)}?labelSelector=cr-new%3Dupdated`, {}));
  const [last, ...more] = await until('one is left', async () => {
    const left = await of();
    return left.length === 1 && left;
  });
  assert.deepEqual(
    [last.revision, more, last.metadata.ownerReferences[0].uid],
    [3, [], set.metadata.uid],
  );
});
