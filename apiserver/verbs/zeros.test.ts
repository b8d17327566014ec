import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored } from './api-client.ts';

/** Objects show what Go's types write for unset fields: clients with required fields read no object without. */
let api: ApiClient;
const replicaSets = '/apis/apps/v1/namespaces/default/replicasets';

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const replicaSet = (name: string) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    },
  },
});

test('an object that was created with nothing shows its zeros', async () => {
  const node = stored(await api.create('/api/v1/nodes', { metadata: { name: 'bare' } }), 201);
  assert.deepEqual(node['status'].daemonEndpoints, { kubeletEndpoint: { Port: 0 } });
  assert.deepEqual(node['status'].nodeInfo, {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '',
    osImage: '',
    containerRuntimeVersion: '',
    kubeletVersion: '',
    kubeProxyVersion: '',
    operatingSystem: '',
    architecture: '',
  });
  const dry = await api.create(`${replicaSets}?dryRun=All`, replicaSet('dry'));
  assert.deepEqual(stored(dry, 201)['status'], { replicas: 0 });
});

test('what was never written can be tested and replaced', async () => {
  const made = stored(await api.create(replicaSets, replicaSet('zero')), 201);
  assert.deepEqual(made['status'], { replicas: 0 });
  const path = '/status/replicas';
  const patched = await api.patch(`${replicaSets}/zero/status`, 'json', [
    { op: 'test', path, value: 0 },
    { op: 'replace', path, value: 2 },
  ]);
  assert.deepEqual(stored(patched)['status'], { replicas: 2 });
});

test('a body without the zeros changes nothing', async () => {
  const made = stored(await api.create('/api/v1/nodes', { metadata: { name: 'same' } }), 201);
  const { status: _, ...bare } = made;
  const put = stored(await api.put('/api/v1/nodes/same/status', { ...bare, status: {} }));
  assert.equal(put.metadata.resourceVersion, made.metadata.resourceVersion);
});

test('a list that must be there and is not is refused, or null; nothing stumbles over it', async () => {
  const workload = { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] };
  const job = (spec: object) => ({ spec: { ...spec, template: { spec: workload } } });
  const webhook = { name: 'a.b.c', sideEffects: 'None', clientConfig: { url: 'https://a.b' } };
  const term = { matchLabelExpressions: [{ key: 'k' }] };
  const definition = { group: 'a.b', scope: 'Cluster', names: { plural: 'as', kind: 'A' } };
  const slice = { addressType: 'IPv4' };
  const bodies: [path: string, code: number, ...bodies: object[]][] = [
    ['rbac.authorization.k8s.io/v1/namespaces/default/roles', 201, {}],
    ['rbac.authorization.k8s.io/v1/namespaces/default/roles', 422, { rules: [{}] }],
    ['rbac.authorization.k8s.io/v1/clusterroles', 422, { rules: [{ nonResourceURLs: ['/x'] }] }],
    ['discovery.k8s.io/v1/namespaces/default/endpointslices', 201, slice],
    ['discovery.k8s.io/v1/namespaces/default/endpointslices', 422, { ...slice, endpoints: [{}] }],
    ['resource.k8s.io/v1/namespaces/default/resourceclaims', 201, {}, { spec: {} }],
    ['resource.k8s.io/v1/namespaces/default/resourceclaimtemplates', 201, {}],
    ['flowcontrol.apiserver.k8s.io/v1/flowschemas', 422, { spec: { rules: [{}] } }],
    [
      'flowcontrol.apiserver.k8s.io/v1/flowschemas',
      422,
      { spec: { rules: [{ resourceRules: [{}], nonResourceRules: [{}] }] } },
    ],
    [
      'storage.k8s.io/v1/storageclasses',
      422,
      { provisioner: 'p', allowedTopologies: [term] },
      { provisioner: 'p', allowedTopologies: [{}, {}] },
    ],
    ['storage.k8s.io/v1/csinodes', 201, { spec: {} }],
    ['apiextensions.k8s.io/v1/customresourcedefinitions', 422, { spec: definition }, {}],
    [
      'admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
      422,
      { webhooks: [webhook] },
    ],
    ['networking.k8s.io/v1/namespaces/default/ingresses', 422, { spec: { rules: [{ http: {} }] } }],
    ['apps/v1/namespaces/default/controllerrevisions', 422, { revision: 1 }],
    ['batch/v1/namespaces/default/jobs', 201, job({ podFailurePolicy: {} })],
    ['batch/v1/namespaces/default/jobs', 422, job({ successPolicy: {} })],
    ['certificates.k8s.io/v1/certificatesigningrequests', 422, { spec: { signerName: 'a.b/c' } }],
  ];
  for (const [path, code, ...sent] of bodies) {
    for (const accept of ['application/json', 'application/json;as=Table;v=v1;g=meta.k8s.io']) {
      for (const body of sent) {
        // a definition's name is that of what it defines, a role's any
        const object = { metadata: { name: 'as.a.b' }, ...body };
        const reply = await api.create(`/apis/${path}?dryRun=All`, object, { accept });
        assert.equal(reply.code, code, `${path}: ${reply.text}`);
      }
    }
  }
  const namespace = '/api/v1/namespaces/default';
  stored(await api.create(`${namespace}/serviceaccounts`, { metadata: { name: 'default' } }), 201);
  for (const spec of [{}, { volumes: [{ name: 'v', projected: {} }] }]) {
    const pod = { metadata: { name: 'none' }, spec };
    assert.equal((await api.create(`${namespace}/pods`, pod)).code, 422);
  }
});
