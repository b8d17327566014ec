import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stored } from '../../apiserver/verbs/api-client.ts';
import { type Any, isReady, startCluster, until } from './cluster.ts';

/** Conformance of sig-apps: StatefulSets. */
const { api, ns } = await startCluster();
const statefulSets = 'apps/v1/statefulsets';
const revisions = 'apps/v1/controllerrevisions';
const other = 'agnhost:2';

const readyPods = (name: string, count: number): Promise<Any[]> =>
  until(`${count} pods of ${name} are ready`, async () => {
    const pods = await ns.podsOf(name);
    return pods.length === count && pods.every(isReady) && pods;
  });
const imagesOf = async (name: string): Promise<string[]> =>
  (await ns.podsOf(name)).map((p) => p.spec.containers[0].image);
const setReady = (name: string, status: 'True' | 'False'): Promise<Any> => {
  const conditions = [{ type: 'Ready', status }];
  return api
    .patch(`${ns.path('pods', name)}/status`, 'strategic', { status: { conditions } })
    .then((r) => stored(r));
};
const still = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

test('StatefulSet should perform rolling updates and roll backs of template modifications', async () => {
  await ns.createWorkload(statefulSets, 'ss', { serviceName: 'ss', replicas: 3 });
  await readyPods('ss', 3);
  const first = await until('one revision', async () => {
    const { status } = await ns.get(statefulSets, 'ss');
    return (
      status.currentRevision === status.updateRevision && status.currentReplicas === 3 && status
    );
  });
  await setReady('ss-1', 'False');
  await ns.setImage(statefulSets, 'ss', other);
  const second = await until('another revision', async () => {
    const { status } = await ns.get(statefulSets, 'ss');
    return status.updateRevision !== first.updateRevision && status;
  });
  assert.equal(second.currentRevision, first.currentRevision);
  await still();
  assert.deepEqual(await imagesOf('ss'), ['agnhost:1', 'agnhost:1', 'agnhost:1']);
  await setReady('ss-1', 'True');
  await ns.shows('ss', [other, other, other]);
  await until('complete', async () => {
    const { status } = await ns.get(statefulSets, 'ss');
    return status.currentRevision === second.updateRevision && status.updatedReplicas === 3;
  });
  await ns.setImage(statefulSets, 'ss', 'agnhost:1');
  await ns.shows('ss', ['agnhost:1', 'agnhost:1', 'agnhost:1']);
  await until(
    'back to the first revision',
    async () => (await ns.get(statefulSets, 'ss')).status.currentRevision === first.updateRevision,
  );
  assert.equal((await ns.list(revisions, 'name=ss')).length, 2);
});

test('StatefulSet should perform canary updates and phased rolling updates of template modifications', async () => {
  const strategy = (partition: number) => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } },
  });
  await ns.createWorkload(statefulSets, 'ss2', { serviceName: 'ss2', replicas: 3, ...strategy(3) });
  await readyPods('ss2', 3);
  const old = 'agnhost:1';
  await ns.setImage(statefulSets, 'ss2', other);
  await until('a new revision', async () => {
    const { status } = await ns.get(statefulSets, 'ss2');
    return status.updateRevision !== status.currentRevision;
  });
  await still();
  assert.deepEqual(await imagesOf('ss2'), [old, old, old]);
  await ns.patch(statefulSets, 'ss2', { spec: strategy(2) });
  await ns.shows('ss2', [old, old, other]);
  for (const name of ['ss2-0', 'ss2-2']) {
    const { metadata } = await ns.get('pods', name);
    await ns.delete('pods', name);
    await until(`${name} anew`, async () => {
      const { code, body } = await api.get(ns.path('pods', name));
      return code === 200 && body.metadata.uid !== metadata.uid;
    });
  }
  await ns.shows('ss2', [old, old, other]);
  for (const partition of [1, 0]) {
    await ns.patch(statefulSets, 'ss2', { spec: strategy(partition) });
    await ns.shows('ss2', partition === 1 ? [old, other, other] : [other, other, other]);
  }
});

test('StatefulSet Scaling should happen in predictable order and halt if any stateful pod is unhealthy', async () => {
  const watch = await api.watch(`${ns.path('pods')}?watch=true&labelSelector=name%3Dss3`);
  await ns.createWorkload(statefulSets, 'ss3', { serviceName: 'ss3', replicas: 1 });
  await readyPods('ss3', 1);
  await setReady('ss3-0', 'False');
  await ns.patch(statefulSets, 'ss3', { spec: { replicas: 3 } });
  await still();
  assert.equal((await ns.podsOf('ss3')).length, 1);
  await setReady('ss3-0', 'True');
  await readyPods('ss3', 3);
  await setReady('ss3-0', 'False');
  await ns.patch(statefulSets, 'ss3', { spec: { replicas: 0 } });
  await still();
  assert.equal((await ns.podsOf('ss3')).length, 3);
  await setReady('ss3-0', 'True');
  const order = (type: string) =>
    watch.events.filter((e) => e.type === type).map((e) => e.object.metadata.name);
  await until('all gone', async () => order('DELETED').length === 3);
  watch.close();
  assert.deepEqual(order('ADDED'), ['ss3-0', 'ss3-1', 'ss3-2']);
  assert.deepEqual(order('DELETED'), ['ss3-2', 'ss3-1', 'ss3-0']);
});

test('StatefulSet Burst scaling should run to completion even with unhealthy pods', async () => {
  await ns.createWorkload(statefulSets, 'ss4', {
    serviceName: 'ss4',
    replicas: 1,
    podManagementPolicy: 'Parallel',
  });
  await readyPods('ss4', 1);
  await setReady('ss4-0', 'False');
  await ns.patch(statefulSets, 'ss4', { spec: { replicas: 3 } });
  await until('3 pods', async () => (await ns.podsOf('ss4')).length === 3);
  await setReady('ss4-0', 'True');
  await readyPods('ss4', 3);
  await setReady('ss4-2', 'False');
  await ns.patch(statefulSets, 'ss4', { spec: { replicas: 0 } });
  await until('none', async () => (await ns.podsOf('ss4')).length === 0);
  await until(
    'the status says so',
    async () => (await ns.get(statefulSets, 'ss4')).status.replicas === 0,
  );
});

test('StatefulSet Should recreate evicted statefulset', async () => {
  await ns.createWorkload(statefulSets, 'ss5', { serviceName: 'ss5', replicas: 1 });
  const [pod] = await readyPods('ss5', 1);
  stored(
    await api.patch(`${ns.path('pods', 'ss5-0')}/status`, 'merge', { status: { phase: 'Failed' } }),
  );
  await until(
    'another',
    async () => (await ns.podsOf('ss5'))[0]?.metadata.uid !== pod?.metadata.uid,
  );
  await readyPods('ss5', 1);
});

test('StatefulSet should list, patch and delete a collection of StatefulSets', async () => {
  await ns.createWorkload(statefulSets, 'ss6', { serviceName: 'ss6', replicas: 1 });
  await readyPods('ss6', 1);
  const template = {
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: other }] },
  };
  stored(
    await api.patch(ns.path(statefulSets, 'ss6'), 'strategic', {
      metadata: { labels: { test: 'patched' } },
      spec: { replicas: 2, template },
    }),
  );
  await ns.shows('ss6', [other, other]);
  stored(await api.delete(`${ns.path(statefulSets)}?labelSelector=test%3Dpatched`, {}));
  assert.equal((await ns.list(statefulSets, 'test=patched')).length, 0);
  await until('its pods go', async () => (await ns.podsOf('ss6')).length === 0);
});
