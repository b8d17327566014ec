import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  clusterRoles,
  deployments,
  endpointSlices,
  jobs,
  leases,
  namespaces,
  persistentVolumeClaims,
  pods,
  replicaSets,
  serviceAccounts,
  services,
  statefulSets,
  storageClasses,
} from '../controllers/resources.ts';
import type { KubeObject } from '../object/object.ts';
import { type ApiServer, startApiServer } from '../quorate.ts';
import type { Cluster, ResourceRef } from '../reconciler/cluster.ts';
import { connectCluster } from '../reconciler/cluster-client.ts';
import { addNode, startKubelet } from './harness/kubelet.ts';

/**
 * Controller managers as processes against a real API server, every controller under its own
 * service account, so that RBAC is tested as well. What kubelets do is done by test/harness/kubelet.ts.
 */
const checkout = join(import.meta.dirname, '..');
let server: ApiServer;
let cluster: Cluster;
let folder: string;
const managers: ChildProcess[] = [];
let kubelet: ReturnType<typeof startKubelet>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorate-manager-'));
  server = await startApiServer();
  await writeFile(join(folder, 'kubeconfig'), server.kubeconfig, { mode: 0o600 });
  await writeFile(join(folder, 'ca.crt'), server.ca);
  cluster = connectCluster({ kubeconfig: join(folder, 'kubeconfig'), userAgent: 'test' });
  for (const name of ['n1', 'n2']) await addNode(cluster, name);
  managers.push(startManager());
  kubelet = startKubelet(cluster);
});

after(async () => {
  await kubelet.stop();
  for (const manager of managers) manager.kill('SIGKILL');
  cluster.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function startManager(): ChildProcess {
  // A busy machine must not cost the lease: nobody here would start the manager again.
  const flags = [
    `--kubeconfig=${join(folder, 'kubeconfig')}`,
    `--root-ca-file=${join(folder, 'ca.crt')}`,
    '--secure-port=0',
    '--use-service-account-credentials',
    '--leader-elect-lease-duration=10s',
    '--leader-elect-renew-deadline=8s',
    '--leader-elect-retry-period=500ms',
  ];
  return spawn(process.execPath, [join(checkout, 'controllers/main.ts'), ...flags], {
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

async function until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came to pass: ${what}`);
}

async function freshNamespace(): Promise<string> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'test-' } };
  const name = (await cluster.create(namespaces, object)).metadata.name ?? '';
  await until('a service account', () => cluster.get(serviceAccounts, name, 'default'));
  return name;
}

const app = (name: string) => ({
  selector: { matchLabels: { app: name } },
  template: {
    metadata: { labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'v1' }] },
  },
});

function create(
  ref: ResourceRef,
  namespace: string,
  name: string,
  spec: Record<string, unknown>,
): Promise<KubeObject> {
  const apiVersion = ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
  return cluster.create(ref, { apiVersion, kind: ref.kind, metadata: { name, namespace }, spec });
}

const available = (namespace: string, count: number) =>
  until(`${count} available`, async () => {
    const d = await cluster.get(deployments, namespace, 'web');
    return d?.status?.availableReplicas === count && d.status.updatedReplicas === count;
  });

test('a Deployment gets pods on nodes and endpoints, rolls out, and leaves nothing behind', async () => {
  const namespace = await freshNamespace();
  await create(deployments, namespace, 'web', { replicas: 3, ...app('web') });
  await create(services, namespace, 'web', { selector: { app: 'web' }, ports: [{ port: 80 }] });
  await available(namespace, 3);
  await until('endpoints', async () => {
    const { items } = await cluster.list(endpointSlices, { namespace });
    const ready = items.flatMap((s) => s.endpoints).filter((e) => e.conditions.ready);
    return items.length === 1 && ready.length === 3;
  });
  const containers = [{ name: 'c', image: 'v2' }];
  const body = { spec: { template: { spec: { containers } } } };
  await cluster.patch(deployments, { namespace, name: 'web' }, 'strategic', body);
  await until('only new pods', async () => {
    const { items } = await cluster.list(pods, { namespace });
    return items.length === 3 && items.every((p) => p.spec.containers[0].image === 'v2');
  });
  await cluster.delete(deployments, namespace, 'web', { propagationPolicy: 'Background' });
  await until('no ReplicaSets and no pods', async () => {
    const sets = await cluster.list(replicaSets, { namespace });
    return sets.items.length + (await cluster.list(pods, { namespace })).items.length === 0;
  });
});

test('a StatefulSet gets volumes on the nodes of its pods; deleting the namespace takes all of it', async () => {
  const namespace = await freshNamespace();
  await cluster.create(storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local' },
    provisioner: 'quorate.dev/local',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  const spec = {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'local',
    resources: { requests: { storage: '1Gi' } },
  };
  await create(statefulSets, namespace, 'db', {
    replicas: 2,
    serviceName: 'db',
    ...app('db'),
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }],
  });
  await until('two ready pods', async () => {
    const set = await cluster.get(statefulSets, namespace, 'db');
    return set?.status?.readyReplicas === 2;
  });
  const claims = (await cluster.list(persistentVolumeClaims, { namespace })).items;
  assert.deepEqual(claims.map((c) => c.metadata.name ?? '').sort(), ['data-db-0', 'data-db-1']);
  assert.ok(claims.every((c) => c.status.phase === 'Bound'));
  await cluster.delete(namespaces, '', namespace);
  await until('gone', async () => (await cluster.get(namespaces, '', namespace)) === undefined);
});

test('an aggregated ClusterRole is filled by applying its rules alone', async () => {
  const role = (name: string, more: object) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: { part: 'test-whole' } },
    ...more,
  });
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
  const part = role('test-part', { rules });
  const clusterRoleSelectors = [{ matchLabels: part.metadata.labels }];
  const whole = role('test-whole', { aggregationRule: { clusterRoleSelectors } });
  for (const object of [part, whole]) {
    await cluster.apply(clusterRoles, object, { fieldManager: 'gitops' });
  }
  const filled = await until('rules', async () => {
    const found = await cluster.get(clusterRoles, '', 'test-whole');
    return (found?.['rules']?.length ?? 0) > 0 && found;
  });
  assert.deepEqual(filled['rules'], rules);
  const managers = filled.metadata.managedFields?.map((m) => `${m.manager} ${m.operation}`);
  assert.deepEqual(managers?.sort(), ['clusterrole-aggregation-controller Apply', 'gitops Apply']);
  const again = await cluster.apply(clusterRoles, whole, { fieldManager: 'gitops' });
  assert.equal(again.metadata.resourceVersion, filled.metadata.resourceVersion);
});

test('a Job completes and its pods go with it', async () => {
  const namespace = await freshNamespace();
  const { template } = app('job');
  await create(jobs, namespace, 'job', {
    completions: 3,
    parallelism: 2,
    completionMode: 'Indexed',
    template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } },
  });
  const done = await until('completion', async () => {
    const job = await cluster.get(jobs, namespace, 'job');
    const conditions: { type: string }[] = job?.status?.conditions ?? [];
    return conditions.some((c) => c.type === 'Complete') && job;
  });
  assert.equal(done.status.completedIndexes, '0-2');
  assert.equal(done.status.succeeded, 3);
  await cluster.delete(jobs, namespace, 'job', { propagationPolicy: 'Foreground' });
  await until('no pods', async () => (await cluster.list(pods, { namespace })).items.length === 0);
});

test('when the leading manager is killed the other takes over', async () => {
  const namespace = await freshNamespace();
  await create(deployments, namespace, 'web', { replicas: 1, ...app('web') });
  await available(namespace, 1);
  const holder = async () =>
    (await cluster.get(leases, 'kube-system', 'kube-controller-manager'))?.spec.holderIdentity;
  const before = await holder();
  const [first] = managers.splice(0, 1, startManager());
  first?.kill('SIGKILL');
  await cluster.patch(deployments, { namespace, name: 'web' }, 'merge', { spec: { replicas: 2 } });
  await available(namespace, 2);
  assert.notEqual(await holder(), before);
  const [last] = managers.splice(0, 1);
  last?.kill('SIGTERM');
  if (last !== undefined) await once(last, 'exit');
  assert.equal(last?.exitCode, 0);
  assert.equal((await holder()) ?? '', '', 'a manager that ends gives the lease back');
});
