import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stored } from '../../apiserver/verbs/api-client.ts';
import {
  type Any,
  Namespace,
  named,
  podSpec,
  runningPods,
  startCluster,
  until,
  workload,
} from './cluster.ts';

/** Conformance of sig-apps: ReplicaSets and ReplicationControllers. */
const { api, ns } = await startCluster();
const replicaSets = 'apps/v1/replicasets';
const other = 'agnhost:2';

const running = (labels: string, count: number) => runningPods(ns, labels, count);

for (const [resource, title] of [
  [
    replicaSets,
    'ReplicaSet should adopt matching pods on creation and release no longer matching pods',
  ],
  [
    'replicationcontrollers',
    'ReplicationController should adopt matching pods on creation; should release no longer matching pods',
  ],
] as const) {
  test(title, async () => {
    const name = `adopt-${resource.split('/').at(-1)}`;
    await ns.create('pods', { metadata: { name, labels: { name } }, spec: podSpec() });
    const spec =
      resource === replicaSets ? workload({ name }) : { ...workload({ name }), selector: { name } };
    const parent = await ns.create(resource, named(name, { ...spec, replicas: 1 }));
    const owners = async (): Promise<string[]> =>
      ((await ns.get('pods', name)).metadata.ownerReferences ?? []).map((o: Any) => o.uid);
    await until('adopted', async () => (await owners()).includes(parent.metadata.uid));
    await ns.patch('pods', name, { metadata: { labels: { name: 'not-matching' } } });
    await until('released', async () => (await owners()).length === 0);
    await running(`name=${name}`, 1);
  });
}

for (const [resource, title] of [
  [
    replicaSets,
    'ReplicaSet should surface a failure condition on a common issue like exceeded quota',
  ],
  [
    'replicationcontrollers',
    'ReplicationController should surface a failure condition on a common issue like exceeded quota',
  ],
] as const) {
  test(title, async () => {
    const at = await Namespace.make(api);
    await at.create('resourcequotas', named('condition-test', { hard: { pods: '2' } }));
    await until(
      'the quota counts',
      async () => (await at.get('resourcequotas', 'condition-test')).status.hard !== undefined,
    );
    const spec =
      resource === replicaSets
        ? workload({ name: 'q' })
        : { ...workload({ name: 'q' }), selector: { name: 'q' } };
    await at.create(resource, named('condition-test', { ...spec, replicas: 3 }));
    const failing = async (): Promise<boolean> =>
      ((await at.get(resource, 'condition-test')).status.conditions ?? []).some(
        (c: Any) => c.type === 'ReplicaFailure',
      );
    await until('it says that it fails', failing);
    await at.patch(resource, 'condition-test', { spec: { replicas: 2 } });
    await until('it fails no more', async () => !(await failing()));
  });
}

test('ReplicaSet Replace and Patch tests', async () => {
  const labels = { name: 'replace' };
  const set = await ns.create(replicaSets, named('replace', { ...workload(labels), replicas: 1 }));
  await running('name=replace', 1);
  await ns.patch(replicaSets, 'replace', { spec: { replicas: 2 } });
  await running('name=replace', 2);
  const patch = {
    metadata: { labels: { 'test-rs': 'patched' } },
    spec: { replicas: 3, template: { spec: { containers: [{ name: 'c', image: other }] } } },
  };
  stored(await api.patch(ns.path(replicaSets, 'replace'), 'strategic', patch));
  const now = await until('3 ready', async () => {
    const found = await ns.get(replicaSets, 'replace');
    return found.status.readyReplicas === 3 && found;
  });
  assert.deepEqual(
    [now.metadata.uid, now.metadata.labels['test-rs']],
    [set.metadata.uid, 'patched'],
  );
});

test('ReplicationController should test the lifecycle of a ReplicationController', async () => {
  const label = { 'test-rc-static': 'true' };
  const spec = { ...workload(label), selector: label, replicas: 1 };
  const watch = await api.watch(
    `${ns.path('replicationcontrollers')}?watch=true&labelSelector=test-rc-static%3Dtrue`,
  );
  await ns.create('replicationcontrollers', named('rc', spec, { labels: label }));
  const path = ns.path('replicationcontrollers', 'rc');
  const see = async (what: string, check: (o: Any, type: string) => boolean): Promise<void> => {
    for (;;) {
      const event = await watch.next();
      assert.ok(event !== undefined, what);
      if (check(event.object, event.type)) return;
    }
  };
  await see('ready', (o) => o.status.readyReplicas === 1);
  stored(await api.patch(path, 'strategic', { metadata: { labels: { 'test-rc': 'patched' } } }));
  await see('patched', (o) => o.metadata.labels['test-rc'] === 'patched');
  stored(
    await api.patch(`${path}/status`, 'merge', {
      status: { readyReplicas: 0, availableReplicas: 0 },
    }),
  );
  await see(
    'none available',
    (o) => (o.status.availableReplicas ?? 0) === 0 && (o.status.readyReplicas ?? 0) === 0,
  );
  stored(await api.get(`${path}/status`));
  stored(await api.patch(`${path}/scale`, 'strategic', { spec: { replicas: 2 } }));
  await see('two', (o) => o.status.availableReplicas === 2);
  const now = stored(await api.get(path));
  now.spec.replicas = 3;
  stored(await api.put(path, now));
  await see('three', (o) => o.status.availableReplicas === 3);
  stored(
    await api.delete(`${ns.path('replicationcontrollers')}?labelSelector=test-rc-static%3Dtrue`, {
      propagationPolicy: 'Background',
    }),
  );
  await see('deleted', (_, type) => type === 'DELETED');
  watch.close();
});
