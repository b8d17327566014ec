import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused, stored } from '../../apiserver/verbs/api-client.ts';
import {
  type Any,
  missingImage,
  Namespace,
  named,
  podSpec,
  runningPods,
  startCluster,
  until,
  workload,
} from './cluster.ts';

/** Conformance of sig-apps: Deployments, ReplicaSets, ReplicationControllers and their scale. */
const { api, ns } = await startCluster();
const deployments = 'apps/v1/deployments';
const replicaSets = 'apps/v1/replicasets';
const statefulSets = 'apps/v1/statefulsets';
const revisionOf = 'deployment.kubernetes.io/revision';
const other = 'agnhost:2';

function complete(name: string, at?: Namespace): Promise<Any> {
  return until(`${name} is complete`, async () => {
    const d = await (at ?? ns).get(deployments, name);
    const { status, spec, metadata } = d;
    return (
      status.observedGeneration >= metadata.generation &&
      status.updatedReplicas === spec.replicas &&
      status.replicas === spec.replicas &&
      status.availableReplicas === spec.replicas &&
      d
    );
  });
}
const sets = (labels: string) => ns.list(replicaSets, labels);
const running = (labels: string, count: number) => runningPods(ns, labels, count);

test('Deployment RollingUpdateDeployment should delete old pods and create new ones', async () => {
  const labels = { name: 'rolling' };
  const annotations = { [revisionOf]: '3546343826724305832' };
  await ns.create(
    replicaSets,
    named('rolling-controller', { ...workload(labels), replicas: 1 }, { labels, annotations }),
  );
  await running('name=rolling', 1);
  await ns.create(deployments, named('rolling', { ...workload(labels, {}, other), replicas: 1 }));
  const d = await complete('rolling');
  assert.equal(d.metadata.annotations[revisionOf], '3546343826724305833');
  const owned = await sets('name=rolling');
  assert.deepEqual(
    owned.map((s) => s.spec.replicas).toSorted((a, b) => a - b),
    [0, 1],
  );
  assert.ok(owned.every((s) => s.metadata.ownerReferences[0].uid === d.metadata.uid));
});

test('Deployment RecreateDeployment should delete old pods and create new ones', async () => {
  const labels = { name: 'recreate' };
  await ns.create(
    deployments,
    named('recreate', { ...workload(labels), replicas: 2, strategy: { type: 'Recreate' } }),
  );
  await complete('recreate');
  const watch = await api.watch(`${ns.path('pods')}?watch=true&labelSelector=name%3Drecreate`);
  await ns.patch(deployments, 'recreate', { spec: { template: { spec: podSpec(other) } } });
  await complete('recreate');
  watch.close();
  const old = new Set<string>();
  for (const { type, object } of watch.events) {
    const { uid } = object.metadata;
    if (object.spec.containers[0].image === other) assert.equal(old.size, 0);
    else if (type === 'DELETED') old.delete(uid);
    else old.add(uid);
  }
});

test('Deployment deployment should delete old replica sets', async () => {
  const labels = { name: 'cleanup' };
  await ns.create(
    replicaSets,
    named('cleanup-controller', { ...workload(labels), replicas: 1 }, { labels }),
  );
  await running('name=cleanup', 1);
  await ns.create(
    deployments,
    named('cleanup', { ...workload(labels, { revisionHistoryLimit: 0 }, other), replicas: 1 }),
  );
  await complete('cleanup');
  await until('one set', async () => (await sets('name=cleanup')).length === 1);
});

test('Deployment deployment should support rollover', async () => {
  const labels = { name: 'rollover' };
  await ns.create(
    replicaSets,
    named('rollover-controller', { ...workload(labels), replicas: 1 }, { labels }),
  );
  await running('name=rollover', 1);
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
  await ns.create(
    deployments,
    named('rollover', {
      ...workload(labels, { strategy, minReadySeconds: 1 }, missingImage),
      replicas: 1,
    }),
  );
  await until('two sets', async () => (await sets('name=rollover')).length === 2);
  await ns.patch(deployments, 'rollover', { spec: { template: { spec: podSpec(other) } } });
  await complete('rollover');
  const all = await sets('name=rollover');
  const replicas = all.map((s) => [s.spec.template.spec.containers[0].image, s.spec.replicas]);
  assert.deepEqual(Object.fromEntries(replicas), { 'agnhost:1': 0, [other]: 1, [missingImage]: 0 });
});

test('Deployment deployment should support proportional scaling', async () => {
  const labels = { name: 'webserver' };
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2, maxSurge: 3 } };
  await ns.create(
    deployments,
    named('webserver', { ...workload(labels, { strategy }), replicas: 10 }),
  );
  await complete('webserver');
  await ns.patch(deployments, 'webserver', { spec: { template: { spec: podSpec(missingImage) } } });
  const replicas = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await sets('name=webserver')).map((s) => [
        s.spec.template.spec.containers[0].image,
        s.spec.replicas,
      ]),
    );
  const first = 'agnhost:1';
  await until('8 and 5', async () => {
    const now = await replicas();
    return now[first] === 8 && now[missingImage] === 5;
  });
  await until(
    '8 available',
    async () => (await ns.get(deployments, 'webserver')).status.availableReplicas === 8,
  );
  await ns.patch(deployments, 'webserver', { spec: { replicas: 30 } });
  await until('20 and 13', async () => {
    const now = await replicas();
    return now[first] === 20 && now[missingImage] === 13;
  });
  await ns.delete(deployments, 'webserver', { propagationPolicy: 'Background' });
});

for (const [resource, title] of [
  [deployments, 'Deployment Deployment should have a working scale subresource'],
  [replicaSets, 'ReplicaSet Replicaset should have a working scale subresource'],
  [statefulSets, 'StatefulSet should have a working scale subresource'],
] as const) {
  test(title, async () => {
    const name = `scale-${resource.split('/').at(-1)}`;
    const extra = resource === statefulSets ? { serviceName: 's' } : {};
    await ns.create(resource, named(name, { ...workload({ name }, extra), replicas: 1 }));
    await running(`name=${name}`, 1);
    const path = `${ns.path(resource, name)}/scale`;
    const scale = stored(await api.get(path));
    assert.deepEqual(
      [scale.kind, scale.spec.replicas, scale.status.selector],
      ['Scale', 1, `name=${name}`],
    );
    scale.metadata.resourceVersion = '';
    scale.spec.replicas = 2;
    assert.equal(stored(await api.put(path, scale)).spec.replicas, 2);
    assert.equal((await ns.get(resource, name)).spec.replicas, 2);
    const sent = {
      metadata: { creationTimestamp: null },
      spec: { replicas: 4 },
      status: { replicas: 0 },
    };
    stored(await api.patch(path, 'strategic', sent));
    assert.equal((await ns.get(resource, name)).spec.replicas, 4);
    await running(`name=${name}`, 4);
  });
}

test('Deployment should run the lifecycle of a Deployment', async () => {
  const label = { 'test-deployment-static': 'true' };
  await ns.create(
    deployments,
    named('life', { ...workload({ name: 'life' }), replicas: 2 }, { labels: label }),
  );
  await complete('life');
  const patch = {
    metadata: { labels: { 'test-deployment': 'patched' } },
    spec: {
      replicas: 1,
      template: {
        spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: other }] },
      },
    },
  };
  stored(await api.patch(ns.path(deployments, 'life'), 'strategic', patch));
  await complete('life');
  const everywhere = stored(
    await api.get('/apis/apps/v1/deployments?labelSelector=test-deployment-static%3Dtrue'),
  );
  assert.equal(everywhere.items.length, 1);
  const status = `${ns.path(deployments, 'life')}/status`;
  const watch = await api.watch(
    `${ns.path(deployments)}?watch=true&resourceVersion=${everywhere.metadata.resourceVersion}`,
  );
  // upstream's test sends this and lets it fail
  const none = await api.patch(status, 'merge', { status: { readyReplicas: 0 } });
  refused(none, 422, 'Invalid', /Invalid value: 1: cannot be greater than readyReplicas$/);
  const counts = { readyReplicas: 0, availableReplicas: 0 };
  stored(await api.patch(status, 'merge', { status: counts }));
  const event = await watch.next();
  assert.equal(event.object.status.readyReplicas ?? 0, 0);
  await until(
    'the controller sets it right',
    async () => (await ns.get(deployments, 'life')).status.readyReplicas === 1,
  );
  stored(
    await api.delete(`${ns.path(deployments)}?labelSelector=test-deployment-static%3Dtrue`, {}),
  );
  for (let last = event; last.type !== 'DELETED'; ) last = await watch.next();
  watch.close();
});
