import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused, stored } from '../../apiserver/verbs/api-client.ts';
import { type Any, isReady, Namespace, podSpec, startCluster, until } from './cluster.ts';

/** Conformance of namespaces, endpoints, budgets, taints and what every namespace has. */
const { api, ns } = await startCluster();
const slices = 'discovery.k8s.io/v1/endpointslices';
const budgets = 'policy/v1/poddisruptionbudgets';

const pod = (name: string, more: object = {}, spec: object = {}): Promise<Any> =>
  ns.create('pods', {
    metadata: { name, labels: { name }, ...more },
    spec: podSpec('agnhost:1', spec),
  });
const ready = (name: string): Promise<Any> =>
  until(`${name} is ready`, async () => {
    const found = await ns.get('pods', name);
    return isReady(found) && found;
  });
const gone = (resource: string, name: string): Promise<unknown> =>
  until(`${name} is gone`, async () => (await api.get(ns.path(resource, name))).code === 404);

test('Namespaces should ensure that all pods and services are removed when a namespace is deleted', async () => {
  const at = await Namespace.make(api);
  await at.create('pods', { metadata: { name: 'p' }, spec: podSpec() });
  await at.create('services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  stored(await api.delete(`/api/v1/namespaces/${at.name}`));
  await until(
    'it is gone',
    async () => (await api.get(`/api/v1/namespaces/${at.name}`)).code === 404,
  );
  stored(await api.create('/api/v1/namespaces', { metadata: { name: at.name } }), 201);
  assert.deepEqual([await at.list('pods'), await at.list('services')], [[], []]);
});

test('Namespaces should apply a finalizer to a Namespace', async () => {
  const { name } = await Namespace.make(api);
  const path = `/api/v1/namespaces/${name}`;
  const finalize = async (finalizers: string[]): Promise<string[]> => {
    const object = stored(await api.get(path));
    object.spec.finalizers = finalizers;
    return stored(await api.put(`${path}/finalize`, object)).spec.finalizers;
  };
  assert.deepEqual(await finalize(['kubernetes', 'e2e.example.com/fakeFinalizer']), [
    'kubernetes',
    'e2e.example.com/fakeFinalizer',
  ]);
  assert.deepEqual(await finalize(['kubernetes']), ['kubernetes']);
});

test('ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace', async () => {
  const name = 'kube-root-ca.crt';
  const there = (): Promise<Any> =>
    until('the root CA', async () => {
      const { code, body } = await api.get(ns.path('configmaps', name));
      return code === 200 && body;
    });
  const first = await there();
  await ns.delete('configmaps', name);
  assert.notEqual((await there()).metadata.uid, first.metadata.uid);
  stored(await api.patch(ns.path('configmaps', name), 'merge', { data: { 'ca.crt': '' } }));
  await until(
    'it is right again',
    async () => (await there()).data['ca.crt'] === first.data['ca.crt'],
  );
});

test('EndpointSlice should create and delete Endpoints and EndpointSlices for a Service with a selector specified', async () => {
  await ns.create('services', {
    metadata: { name: 'empty' },
    spec: { selector: { does: 'not-match' }, ports: [{ name: 'example', port: 80 }] },
  });
  await until('Endpoints', async () => (await api.get(ns.path('endpoints', 'empty'))).code === 200);
  const of = () => ns.list(slices, 'kubernetes.io/service-name=empty');
  await until('a slice', async () => (await of()).length > 0);
  await ns.delete('services', 'empty');
  await gone('endpoints', 'empty');
  await until('no slice', async () => (await of()).length === 0);
});

test('Services should serve multiport endpoints from pods; EndpointSlice should create slices for Pods matching a Service', async () => {
  const ports = [
    { name: 'portname1', port: 80, targetPort: 100 },
    { name: 'portname2', port: 81, targetPort: 'named' },
  ];
  await ns.create('services', {
    metadata: { name: 'multi' },
    spec: { selector: { app: 'multi' }, ports },
  });
  const serving = (name: string, more: object[] = []) =>
    ns.create('pods', {
      metadata: { name, labels: { app: 'multi' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'i', ports: more }],
      },
    });
  const shown = async (): Promise<string[]> => {
    const { subsets = [] } = await ns.get('endpoints', 'multi');
    return subsets
      .flatMap((s: Any) =>
        s.addresses.flatMap((a: Any) =>
          s.ports.map((p: Any) => `${a.targetRef.name} ${p.name} ${p.port}`),
        ),
      )
      .toSorted();
  };
  const shows = (...wanted: string[]): Promise<unknown> =>
    until(
      `endpoints ${wanted.join()}`,
      async () => JSON.stringify(await shown()) === JSON.stringify(wanted),
    );
  await serving('m1', [{ name: 'named', containerPort: 101 }]);
  await shows('m1 portname1 100', 'm1 portname2 101');
  await serving('m2');
  await shows('m1 portname1 100', 'm1 portname2 101', 'm2 portname1 100');
  const all = await until('two slices', async () => {
    const found = await ns.list(slices, 'kubernetes.io/service-name=multi');
    return found.length === 2 && found;
  });
  const told = all.flatMap(({ endpoints, ports: own }) =>
    endpoints.map((e: Any) => [e.targetRef.name, own.map((p: Any) => p.name).join()]),
  );
  assert.deepEqual(Object.fromEntries(told), { m1: 'portname1,portname2', m2: 'portname1' });
  await ns.delete('pods', 'm1');
  await shows('m2 portname1 100');
  await ns.delete('pods', 'm2');
  await shows();
});

test('EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete', async () => {
  const name = 'example-custom-endpoints';
  await ns.create('services', {
    metadata: { name },
    spec: { ports: [{ name: 'example', port: 80 }] },
  });
  const endpoints = (ip: string) => ({
    metadata: { name },
    subsets: [{ ports: [{ port: 80 }], addresses: [{ ip }] }],
  });
  const shows = (wanted: string[]): Promise<unknown> =>
    until(`slices with ${wanted.join()}`, async () => {
      const found = await ns.list(slices, `kubernetes.io/service-name=${name}`);
      const said = found.map(
        (s) => `${s.ports.map((p: Any) => p.port)} ${s.endpoints.map((e: Any) => e.addresses)}`,
      );
      return JSON.stringify(said) === JSON.stringify(wanted);
    });
  await ns.create('endpoints', endpoints('10.1.2.3'));
  await shows(['80 10.1.2.3']);
  stored(await api.put(ns.path('endpoints', name), endpoints('10.2.3.4')));
  await shows(['80 10.2.3.4']);
  stored(await ns.delete('endpoints', name));
  await shows([]);
});

test('DisruptionController should block an eviction until the PDB is updated to allow it', async () => {
  for (const n of [1, 2, 3]) await pod(`evict${n}`, { labels: { app: 'evict' } });
  for (const n of [1, 2, 3]) await ready(`evict${n}`);
  await ns.create(budgets, {
    metadata: { name: 'evict' },
    spec: { minAvailable: 3, selector: { matchLabels: { app: 'evict' } } },
  });
  await until('counted', async () => (await ns.get(budgets, 'evict')).status.currentHealthy === 3);
  const evict = () =>
    api.create(`${ns.path('pods', 'evict1')}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'evict1' },
    });
  const answer = await evict();
  refused(
    answer,
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
  );
  assert.deepEqual(answer.body.details.causes, [
    {
      reason: 'DisruptionBudget',
      message: 'The disruption budget evict needs 3 healthy pods and has 3 currently',
    },
  ]);
  await ns.patch(budgets, 'evict', { spec: { minAvailable: 2 } });
  await until(
    'one may go',
    async () => (await ns.get(budgets, 'evict')).status.disruptionsAllowed === 1,
  );
  stored(await evict(), 201);
  await gone('pods', 'evict1');
  await ns.patch(budgets, 'evict', { spec: { minAvailable: null, maxUnavailable: 0 } });
  await until(
    'none may go',
    async () => (await ns.get(budgets, 'evict')).status.observedGeneration === 3,
  );
  assert.equal(
    (await api.create(`${ns.path('pods', 'evict2')}/eviction`, { metadata: { name: 'evict2' } }))
      .code,
    429,
  );
});

test('NoExecuteTaintManager evicts pods with minTolerationSeconds; removing taint cancels eviction', async () => {
  const tolerate = (seconds: number) => ({
    nodeName: 'n2',
    tolerations: [
      { key: 'evict', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds },
    ],
  });
  const taint = (taints: object[] | null) =>
    api.patch('/api/v1/nodes/n2', 'merge', { spec: { taints } });
  await pod('soon', {}, tolerate(1));
  await pod('later', {}, tolerate(3600));
  await pod('saved', {}, tolerate(6));
  for (const name of ['soon', 'later', 'saved']) await ready(name);
  stored(await taint([{ key: 'evict', value: 'v', effect: 'NoExecute' }]));
  await gone('pods', 'soon');
  stored(await taint(null));
  await new Promise((resolve) => setTimeout(resolve, 6000));
  for (const name of ['later', 'saved'])
    assert.equal((await ns.get('pods', name)).metadata.deletionTimestamp, undefined);
});
