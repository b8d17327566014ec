import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ApiClient, type Reply, refused, stored } from '../../apiserver/verbs/api-client.ts';
import type { Any } from './cluster.ts';
import { startWebhookServer, type WebhookServer } from './webhook-server.ts';

/** Conformance of AdmissionWebhook: what a webhook that answers changes and prevents. */
let api: ApiClient;
let hook: WebhookServer;
const registration = '/apis/admissionregistration.k8s.io/v1';
const validating = `${registration}/validatingwebhookconfigurations`;
const mutating = `${registration}/mutatingwebhookconfigurations`;
const configMaps = '/api/v1/namespaces/webhook/configmaps';
const pods = '/api/v1/namespaces/webhook/pods';

before(async () => {
  hook = await startWebhookServer();
  api = await ApiClient.start({ flags: { 'disable-admission-plugins': 'ServiceAccount' } });
  await namespace('webhook', { 'webhook-tests': 'yes' });
});
after(async () => {
  await api.stop();
  hook.stop();
});
afterEach(async () => {
  for (const path of [validating, mutating]) assert.equal((await api.delete(path)).code, 200);
});

async function namespace(name: string, labels: object = {}): Promise<void> {
  stored(await api.create('/api/v1/namespaces', { metadata: { name, labels } }), 201);
}

const ruleOf = (operations: string[], resource: string) => {
  const [apiGroups, apiVersions, resources] = resource.split(' ').map((part) => [part]);
  return {
    operations,
    apiGroups: apiGroups?.[0] === 'core' ? [''] : apiGroups,
    apiVersions,
    resources,
  };
};

const own = {
  sideEffects: 'None',
  admissionReviewVersions: ['v1', 'v1beta1'],
  namespaceSelector: { matchLabels: { 'webhook-tests': 'yes' } },
};

async function register(path: string, name: string, ...webhooks: object[]): Promise<void> {
  const configuration = {
    metadata: { name },
    webhooks: webhooks.map((one) => ({ ...own, ...one })),
  };
  stored(await api.create(path, configuration), 201);
}

const configMap = (name: string, data: Record<string, string>) => ({ metadata: { name }, data });
const pod = (name: string, container = 'example', labels: object = {}) => ({
  metadata: { name, labels },
  spec: { containers: [{ name: container, image: 'pause' }] },
});
const disallowed = { 'webhook-e2e-test': 'webhook-disallow' };
const denied = (name: string, why: string) =>
  `admission webhook "${name}" denied the request: ${why}`;

test('should include webhook resources in discovery documents', async () => {
  const groups = stored(await api.get('/apis')).groups as Any[];
  const group = groups.find(({ name }) => name === 'admissionregistration.k8s.io');
  assert.ok(group.versions.some(({ groupVersion }: Any) => groupVersion.endsWith('/v1')));
  const { resources } = stored(await api.get(registration));
  const names = resources.map(({ name }: Any) => name);
  assert.ok(names.includes('mutatingwebhookconfigurations'));
  assert.ok(names.includes('validatingwebhookconfigurations'));
});

test('should be able to deny pod and configmap creation', async () => {
  const podsHook = 'deny-unwanted-pod-container-name-and-label.k8s.io';
  const mapsHook = 'deny-unwanted-configmap-data.k8s.io';
  const notExempt = { key: 'skip-webhook-admission', operator: 'NotIn', values: ['yes'] };
  await register(
    validating,
    'deny-unwanted',
    { name: podsHook, rules: [ruleOf(['CREATE'], 'core v1 pods')], clientConfig: hook.at('/pods') },
    {
      name: mapsHook,
      rules: [ruleOf(['CREATE', 'UPDATE', 'DELETE'], 'core v1 configmaps')],
      namespaceSelector: { ...own.namespaceSelector, matchExpressions: [notExempt] },
      clientConfig: hook.at('/configmaps'),
    },
    {
      name: 'fail-open.k8s.io',
      rules: [ruleOf(['CREATE'], 'core v1 configmaps')],
      clientConfig: hook.unreachable('/configmaps'),
      failurePolicy: 'Ignore',
    },
  );
  const both = await api.create(pods, pod('disallowed-pod', 'webhook-disallow', disallowed));
  const why = 'the pod contains unwanted container name; the pod contains unwanted label;';
  refused(both, 400, undefined, denied(podsHook, why));
  const waiting = { 'webhook-e2e-test': 'wait-forever' };
  const hanging = await api.create(`${pods}?timeout=1s`, pod('hanging-pod', 'wait', waiting));
  assert.match(hanging.text, /context deadline exceeded|request did not complete within/);
  assert.equal((await api.get(`${pods}/hanging-pod`)).code, 404);
  const unwanted = denied(mapsHook, 'the configmap contains unwanted key and value');
  refused(await api.create(configMaps, configMap('no', disallowed)), 400, undefined, unwanted);
  const allowed = stored(await api.create(configMaps, configMap('yes', { admit: 'this' })), 201);
  const put = await api.put(`${configMaps}/yes`, { ...allowed, data: disallowed });
  refused(put, 400, undefined, unwanted);
  const patched = await api.patch(`${configMaps}/yes`, 'strategic', { data: disallowed });
  refused(patched, 400, undefined, unwanted);
  await namespace('exempted', {
    ...own.namespaceSelector.matchLabels,
    'skip-webhook-admission': 'yes',
  });
  const exempt = '/api/v1/namespaces/exempted/configmaps';
  stored(await api.create(exempt, configMap('no', disallowed)), 201);
});

test('should be able to deny attaching pod', async () => {
  await register(validating, 'attaching', {
    name: 'deny-attaching-pod.k8s.io',
    rules: [ruleOf(['CONNECT'], 'core v1 pods/attach')],
    clientConfig: hook.at('/pods/attach'),
  });
  stored(await api.create(pods, pod('to-be-attached-pod', 'container1')), 201);
  const attach = `${pods}/to-be-attached-pod/attach?stdin=true&container=container1`;
  const why = "attaching to pod 'to-be-attached-pod' is not allowed";
  refused(await api.create(attach, ''), 400, undefined, denied('deny-attaching-pod.k8s.io', why));
  const { request } = hook.asked.at(-1) as Any;
  assert.deepEqual(request.kind, { group: '', version: 'v1', kind: 'PodAttachOptions' });
  assert.deepEqual(
    [request.operation, request.subResource, request.object.container, request.oldObject],
    ['CONNECT', 'attach', 'container1', null],
  );
});

test('should unconditionally reject operations on fail closed webhook', async () => {
  await namespace('fail-closed', { 'fail-closed-webhook': 'yes' });
  await register(validating, 'fail-closed', {
    name: 'fail-closed.k8s.io',
    rules: [ruleOf(['CREATE'], 'core v1 configmaps')],
    clientConfig: hook.unreachable('/configmaps'),
    failurePolicy: 'Fail',
    namespaceSelector: { matchLabels: { 'fail-closed-webhook': 'yes' } },
  });
  const reply = await api.create('/api/v1/namespaces/fail-closed/configmaps', configMap('foo', {}));
  const message =
    /^Internal error occurred: failed calling webhook "fail-closed\.k8s\.io": failed to call webhook: Post "https:\/\/127\.0\.0\.1:\d+\/configmaps\?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority$/;
  refused(reply, 500, 'InternalError', message);
});

const stage = (of: number, resource: string, path: string) => ({
  name: `adding-data-stage-${of}.k8s.io`,
  rules: [ruleOf(['CREATE'], resource)],
  clientConfig: hook.at(path),
});
const mutated = { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' };

test('should mutate configmap', async () => {
  const at = ['core v1 configmaps', '/mutating-configmaps'] as const;
  await register(mutating, 'stages', stage(1, ...at), stage(2, ...at));
  const made = await api.create(
    configMaps,
    configMap('to-be-mutated', { 'mutation-start': 'yes' }),
  );
  assert.deepEqual(stored(made, 201).data, mutated);
});

test('should mutate pod and apply defaults after mutation', async () => {
  await register(mutating, 'pods', {
    name: 'adding-init-container.k8s.io',
    rules: [ruleOf(['CREATE'], 'core v1 pods')],
    clientConfig: hook.at('/mutating-pods'),
  });
  const made = stored(await api.create(pods, pod('webhook-to-be-mutated')), 201);
  const [container] = made.spec.initContainers;
  assert.equal(container.name, 'webhook-added-init-container');
  assert.equal(container.terminationMessagePolicy, 'File');
});

test('should not be able to mutate or prevent deletion of webhook configuration objects', async () => {
  const all = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'];
  const rules = all.map((one) => ruleOf(['*'], `admissionregistration.k8s.io * ${one}`));
  const everywhere = { namespaceSelector: {}, rules };
  await register(validating, 'deny-own', {
    ...{ name: 'deny-own.k8s.io', ...everywhere, clientConfig: hook.at('/always-deny') },
  });
  await register(mutating, 'label-own', {
    ...{ name: 'label-own.k8s.io', ...everywhere, clientConfig: hook.at('/add-label') },
  });
  for (const path of [validating, mutating]) {
    await register(path, 'dummy', {
      name: 'dummy.k8s.io',
      rules: [ruleOf(['CREATE'], 'core v1 invalid')],
      clientConfig: hook.at('/always-allow'),
    });
    const made = stored(await api.get(`${path}/dummy`));
    assert.equal(made.metadata.labels?.['added-label'], undefined);
    assert.equal((await api.delete(`${path}/dummy`)).code, 200);
  }
});

test('should deny crd creation', async () => {
  await register(validating, 'crds', {
    name: 'deny-crd-with-unwanted-label.k8s.io',
    rules: [ruleOf(['CREATE'], 'apiextensions.k8s.io * customresourcedefinitions')],
    clientConfig: hook.at('/crd'),
    namespaceSelector: {},
  });
  const reply = await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'tests.e2e.example.com', labels: disallowed },
    spec: {
      group: 'e2e.example.com',
      scope: 'Namespaced',
      names: { plural: 'tests', kind: 'Test' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  });
  const why = 'the crd contains unwanted label';
  refused(reply, 400, undefined, denied('deny-crd-with-unwanted-label.k8s.io', why));
});

test('should honor timeout', async () => {
  const slow = (timeoutSeconds: number | undefined, failurePolicy: string) => ({
    name: 'allow-configmap-with-delay-webhook.k8s.io',
    rules: [ruleOf(['CREATE'], 'core v1 configmaps')],
    clientConfig: hook.at('/always-allow-delay-5s'),
    failurePolicy,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  });
  const attempt = async (name: string, webhook: object): Promise<Reply> => {
    await register(validating, name, webhook);
    const reply = await api.create(configMaps, configMap(name, {}));
    assert.equal((await api.delete(`${validating}/${name}`)).code, 200);
    return reply;
  };
  const late = await attempt('too-short', slow(1, 'Fail'));
  refused(
    late,
    500,
    'InternalError',
    /^Internal error occurred: failed calling webhook "allow-configmap-with-delay-webhook\.k8s\.io": failed to call webhook: Post "https:\/\/127\.0\.0\.1:\d+\/always-allow-delay-5s\?timeout=1s": context deadline exceeded$/,
  );
  stored(await attempt('ignored', slow(1, 'Ignore')), 201);
  stored(await attempt('long-enough', slow(10, 'Fail')), 201);
  stored(await attempt('default', slow(undefined, 'Fail')), 201);
});

test('dry run: asked where there are no side effects, refused where there may be', async () => {
  const rules = [ruleOf(['CREATE'], 'core v1 configmaps')];
  const clientConfig = hook.at('/add-label');
  await register(mutating, 'dry', { name: 'dry.k8s.io', rules, clientConfig });
  const dry = `${configMaps}?dryRun=All`;
  const labelled = stored(await api.create(dry, configMap('dry', {})), 201);
  assert.deepEqual(labelled.metadata.labels, { 'added-label': 'yes' });
  assert.equal((hook.asked.at(-1) as Any).request.dryRun, true);
  assert.equal((await api.get(`${configMaps}/dry`)).code, 404);
  const set = [{ op: 'replace', path: '/webhooks/0/sideEffects', value: 'Some' }];
  refused(
    await api.patch(`${mutating}/dry`, 'json', set),
    422,
    'Invalid',
    /sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"/,
  );
});

test('reinvocation: once more when a later one has changed what it saw', async () => {
  const rules = [ruleOf(['CREATE'], 'core v1 configmaps')];
  const reinvocationPolicy = 'IfNeeded';
  const clientConfig = hook.at('/mutating-configmaps');
  await register(
    mutating,
    'again',
    { name: 'first.k8s.io', rules, clientConfig, reinvocationPolicy },
    { name: 'second.k8s.io', rules, clientConfig: hook.at('/add-label') },
  );
  const before = hook.asked.length;
  const made = await api.create(configMaps, configMap('again', { 'mutation-start': 'yes' }));
  assert.deepEqual(stored(made, 201).data, mutated);
  assert.deepEqual(
    hook.asked.slice(before).map(({ path }) => path),
    ['/mutating-configmaps', '/add-label', '/mutating-configmaps'],
  );
});
