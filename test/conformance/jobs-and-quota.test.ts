import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused, stored } from '../../apiserver/verbs/api-client.ts';
import {
  type Any,
  Namespace,
  podSpec,
  runningPods,
  startCluster,
  until,
  workload,
} from './cluster.ts';

/** Conformance of Jobs, and of ResourceQuotas, which count what is there. */
const { api, ns } = await startCluster();
const jobs = 'batch/v1/jobs';

/** Pods that are restarted run on; those that never are end at once. */
const job = (
  name: string,
  restartPolicy: 'OnFailure' | 'Never',
  more: object = {},
): Promise<Any> => {
  const labels = { job: name };
  const template = { metadata: { labels }, spec: { ...podSpec(), restartPolicy } };
  return ns.create(jobs, { metadata: { name, labels }, spec: { template, ...more } });
};
const condition = (name: string, type: string): Promise<Any> =>
  until(`${name} is ${type}`, async () =>
    ((await ns.get(jobs, name)).status.conditions ?? []).find(
      (c: Any) => c.type === type && c.status === 'True',
    ),
  );
const setStatus = async (pod: string, status: object): Promise<Any> =>
  stored(await api.patch(`${ns.path('pods', pod)}/status`, 'merge', { status }));
const exited = (exitCode: number) => ({
  phase: 'Failed',
  containerStatuses: [
    {
      name: 'c',
      image: 'i',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode } },
    },
  ],
});

test('Job should adopt matching orphans and release non-matching pods', async () => {
  const made = await job('adopt', 'OnFailure', { parallelism: 2, completions: 2, backoffLimit: 6 });
  const [pod] = await runningPods(ns, 'job=adopt', 2);
  const { name } = pod.metadata;
  const owner = async (): Promise<string | undefined> =>
    (await ns.get('pods', name)).metadata.ownerReferences?.[0].uid;
  await ns.patch('pods', name, { metadata: { ownerReferences: null } });
  await until('adopted again', async () => (await owner()) === made.metadata.uid);
  await ns.patch('pods', name, { metadata: { labels: null } });
  await until('released', async () => (await owner()) === undefined);
  await ns.delete(jobs, 'adopt', { propagationPolicy: 'Background' });
});

test('Job should create pods for an Indexed job with completion indexes and specified hostname', async () => {
  await job('indexed', 'Never', { parallelism: 2, completions: 4, completionMode: 'Indexed' });
  await condition('indexed', 'Complete');
  const pods = await ns.list('pods', 'job=indexed');
  const index = 'batch.kubernetes.io/job-completion-index';
  assert.deepEqual(
    pods.map((p) => p.metadata.annotations[index]).toSorted((a, b) => Number(a) - Number(b)),
    ['0', '1', '2', '3'],
  );
  for (const { metadata, spec } of pods) {
    assert.equal(metadata.labels[index], metadata.annotations[index]);
    assert.equal(spec.hostname, `indexed-${metadata.annotations[index]}`);
    const env = spec.containers[0].env.find((e: Any) => e.name === 'JOB_COMPLETION_INDEX');
    assert.equal(env.valueFrom.fieldRef.fieldPath, `metadata.labels['${index}']`);
  }
  const { status } = await ns.get(jobs, 'indexed');
  assert.deepEqual([status.completedIndexes, status.succeeded], ['0-3', 4]);
});

test('Job should allow to use the pod failure policy on exit code to fail the job early', async () => {
  const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }];
  const template = {
    metadata: { labels: { job: 'early' } },
    spec: { ...podSpec('registry.example.com/webserver:404'), restartPolicy: 'Never' },
  };
  await job('early', 'Never', {
    parallelism: 1,
    completions: 1,
    podFailurePolicy: { rules },
    template,
  });
  const [pod] = await until('a pod', async () => {
    const found = await ns.list('pods', 'job=early');
    return found.length === 1 && found;
  });
  await setStatus(pod.metadata.name, exited(1));
  const failed = await condition('early', 'Failed');
  assert.equal(failed.reason, 'PodFailurePolicy');
  assert.equal(
    failed.message,
    `Container c for pod ${ns.name}/${pod.metadata.name} failed with exit code 1 matching FailJob rule at index 0`,
  );
});

test('Job should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition', async () => {
  const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }];
  const template = {
    metadata: { labels: { job: 'ignore' } },
    spec: { ...podSpec('registry.example.com/webserver:404'), restartPolicy: 'Never' },
  };
  await job('ignore', 'Never', {
    backoffLimit: 0,
    completions: 1,
    podFailurePolicy: { rules },
    template,
  });
  const one = (): Promise<Any> =>
    until('a pod', async () =>
      (await ns.list('pods', 'job=ignore')).find((p) => p.status.phase === 'Pending'),
    );
  const first = await one();
  const path = ns.path('pods', first.metadata.name);
  stored(await api.create(`${path}/eviction`, { metadata: { name: first.metadata.name } }), 201);
  // as the kubelet says of a pod that it has ended
  await setStatus(first.metadata.name, { phase: 'Failed' });
  const second = await until('another', async () => {
    const pod = await one();
    return pod.metadata.uid !== first.metadata.uid && pod;
  });
  await setStatus(second.metadata.name, { phase: 'Succeeded' });
  await condition('ignore', 'Complete');
  assert.equal((await ns.get(jobs, 'ignore')).status.failed ?? 0, 0);
});

test('Job should manage the lifecycle of a job', async () => {
  await job('life', 'OnFailure', { suspend: true, backoffLimit: 6 });
  const watch = await api.watch(`${ns.path(jobs)}?watch=true&labelSelector=job%3Dlife`);
  await ns.patch(jobs, 'life', { metadata: { labels: { life: 'patched' } } });
  const now = await until('suspended', async () => {
    const found = await ns.get(jobs, 'life');
    return (found.status.conditions ?? []).some((c: Any) => c.type === 'Suspended') && found;
  });
  now.spec.suspend = false;
  stored(await api.put(ns.path(jobs, 'life'), now));
  await runningPods(ns, 'job=life', 1);
  const everywhere = stored(await api.get('/apis/batch/v1/jobs?labelSelector=life%3Dpatched'));
  assert.equal(everywhere.items.length, 1);
  stored(
    await api.delete(`${ns.path(jobs)}?labelSelector=life%3Dpatched`, {
      propagationPolicy: 'Background',
    }),
  );
  for (let event = await watch.next(); event.type !== 'DELETED'; ) event = await watch.next();
  watch.close();
  await until('no pod', async () => (await ns.list('pods', 'job=life')).length === 0);
});

test('ResourceQuota should create a ResourceQuota and capture the life of what it counts', async () => {
  const at = await Namespace.make(api);
  const hard = {
    pods: '5',
    services: '10',
    'services.nodeports': '1',
    'services.loadbalancers': '1',
    replicationcontrollers: '10',
    configmaps: '10',
    secrets: '10',
    persistentvolumeclaims: '10',
    resourcequotas: '1',
    cpu: '1',
    memory: '500Mi',
    'count/replicasets.apps': '5',
    'requests.storage': '10Gi',
    'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '10',
  };
  await at.create('resourcequotas', { metadata: { name: 'q' }, spec: { hard } });
  const uses = (wanted: Record<string, string>): Promise<unknown> =>
    until(`used ${JSON.stringify(wanted)}`, async () => {
      const { used = {} } = (await at.get('resourcequotas', 'q')).status;
      return Object.entries(wanted).every(([name, value]) => used[name] === value);
    });
  await uses({ pods: '0', resourcequotas: '1', cpu: '0', memory: '0', configmaps: '1' });
  const request = (cpu: string) => ({
    ...podSpec('registry.example.com/webserver:404'),
    containers: [
      {
        name: 'c',
        image: 'registry.example.com/webserver:404',
        resources: { requests: { cpu, memory: '252Mi' } },
      },
    ],
  });
  const lives: [string, object, Record<string, string>, Record<string, string>][] = [
    [
      'services',
      { spec: { type: 'NodePort', ports: [{ port: 80 }] } },
      { services: '1', 'services.nodeports': '1' },
      { services: '0', 'services.nodeports': '0' },
    ],
    ['secrets', { data: { a: 'dmFsdWU=' } }, { secrets: '1' }, { secrets: '0' }],
    ['configmaps', {}, { configmaps: '2' }, { configmaps: '1' }],
    [
      'apps/v1/replicasets',
      { spec: { ...workload({ a: 'b' }), replicas: 0 } },
      { 'count/replicasets.apps': '1' },
      { 'count/replicasets.apps': '0' },
    ],
    [
      'replicationcontrollers',
      { spec: { ...workload({ a: 'b' }), selector: { a: 'b' }, replicas: 0 } },
      { replicationcontrollers: '1' },
      { replicationcontrollers: '0' },
    ],
    [
      'persistentvolumeclaims',
      {
        spec: {
          storageClassName: 'gold',
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
        },
      },
      {
        persistentvolumeclaims: '1',
        'requests.storage': '1Gi',
        'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      },
      { persistentvolumeclaims: '0' },
    ],
    [
      'pods',
      { spec: request('500m') },
      { pods: '1', cpu: '500m', memory: '252Mi' },
      { pods: '0', cpu: '0', memory: '0' },
    ],
  ];
  for (const [resource, body, there, gone] of lives) {
    await at.create(resource, { metadata: { name: 'counted' }, ...body });
    await uses(there);
    if (resource === 'services') {
      const more = await api.create(at.path('services'), {
        metadata: { name: 'more' },
        spec: { type: 'NodePort', ports: [{ port: 80 }] },
      });
      assert.equal(more.code, 403);
    }
    if (resource === 'pods') {
      const more = await api.create(at.path('pods'), {
        metadata: { name: 'more' },
        spec: request('600m'),
      });
      refused(
        more,
        403,
        'Forbidden',
        'pods "more" is forbidden: exceeded quota: q, requested: cpu=600m,memory=252Mi, used: cpu=500m,memory=252Mi, limited: cpu=1,memory=500Mi',
      );
    }
    stored(await at.delete(resource, 'counted'));
    await uses(gone);
  }
});

test('ResourceQuota should verify ResourceQuota with terminating scopes and with best effort scope', async () => {
  const at = await Namespace.make(api);
  const scopes = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort'];
  for (const scope of scopes) {
    await at.create('resourcequotas', {
      metadata: { name: scope.toLowerCase() },
      spec: { hard: { pods: '5' }, scopes: [scope] },
    });
  }
  const counts = (wanted: string): Promise<unknown> =>
    until(wanted, async () => {
      const all = await Promise.all(scopes.map((s) => at.get('resourcequotas', s.toLowerCase())));
      return all.map((q) => q.status.used?.pods).join() === wanted;
    });
  await counts('0,0,0,0');
  const live = async (spec: object, wanted: string): Promise<void> => {
    await at.create('pods', { metadata: { name: 'p' }, spec });
    await counts(wanted);
    await at.delete('pods', 'p');
    await counts('0,0,0,0');
  };
  const image = 'registry.example.com/webserver:404';
  const requests = { containers: [{ name: 'c', image, resources: { requests: { cpu: '1m' } } }] };
  await live(podSpec(image), '0,1,1,0');
  await live({ ...podSpec(image), ...requests, activeDeadlineSeconds: 3600 }, '1,0,0,1');
});
