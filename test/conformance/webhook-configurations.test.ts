import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ApiClient, refused, stored } from '../../apiserver/verbs/api-client.ts';
import { type Any, until } from './cluster.ts';
import { startWebhookServer, type WebhookServer } from './webhook-server.ts';

/** Conformance of AdmissionWebhook: configurations that change, conditions, custom resources. */
let api: ApiClient;
let hook: WebhookServer;
const registration = '/apis/admissionregistration.k8s.io/v1';
const validating = `${registration}/validatingwebhookconfigurations`;
const mutating = `${registration}/mutatingwebhookconfigurations`;
const configMaps = '/api/v1/namespaces/default/configmaps';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

before(async () => {
  hook = await startWebhookServer();
  api = await ApiClient.start();
});
after(async () => {
  await api.stop();
  hook.stop();
});
afterEach(async () => {
  for (const path of [validating, mutating]) assert.equal((await api.delete(path)).code, 200);
});

const maps = (...operations: string[]) => ({
  ...{ operations, apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
});
const common = { sideEffects: 'None', admissionReviewVersions: ['v1'] };
const configuration = (name: string, ...webhooks: object[]) => ({
  metadata: { name, labels: { e2e: 'yes' } },
  webhooks: webhooks.map((one) => ({ ...common, ...one })),
});
const configMap = (name: string, data: Record<string, string>) => ({ metadata: { name }, data });
const disallowed = { 'webhook-e2e-test': 'webhook-disallow' };
const start = { 'mutation-start': 'yes' };
let made = 0;

/** Whether it is refused, or changed: asked until it is as it should be, since configurations take a moment. */
async function eventually(path: string, data: Record<string, string>, touched: boolean) {
  await until(`${path} ${touched ? 'is' : 'is not'} asked`, async () => {
    const { code, body } = await api.create(configMaps, configMap(`cm-${made++}`, data));
    const changed = code === 201 ? body.data['mutation-stage-1'] !== undefined : code === 400;
    return changed === touched;
  });
}

for (const [kind, path, at, data] of [
  ['validating', validating, '/configmaps', disallowed],
  ['mutating', mutating, '/mutating-configmaps', start],
] as const) {
  const webhook = (more: object = {}) => ({
    name: 'changed.k8s.io',
    rules: [maps('CREATE')],
    clientConfig: hook.at(at),
    ...more,
  });

  test(`patching/updating a ${kind} webhook should work`, async () => {
    const first = stored(await api.create(path, configuration('changing', webhook())), 201);
    await eventually(at, data, true);
    first.webhooks[0].rules[0].operations = ['UPDATE'];
    stored(await api.put(`${path}/changing`, first));
    await eventually(at, data, false);
    const back = [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }];
    stored(await api.patch(`${path}/changing`, 'json', back));
    await eventually(at, data, true);
  });

  test(`listing ${kind} webhooks should work`, async () => {
    for (const name of ['a', 'b', 'c']) {
      stored(await api.create(path, configuration(name, webhook())), 201);
    }
    const { items } = stored(await api.get(`${path}?labelSelector=e2e=yes`));
    assert.deepEqual(
      items.map(({ metadata }: Any) => metadata.name),
      ['a', 'b', 'c'],
    );
    await eventually(at, data, true);
    assert.equal((await api.delete(`${path}?labelSelector=e2e=yes`)).code, 200);
    await eventually(at, data, false);
  });

  test(`should be able to create and update ${kind} webhook configurations with match conditions`, async () => {
    const one = { name: 'expression-1', expression: "object.metadata.namespace == 'production'" };
    const with1 = configuration('conditions', webhook({ matchConditions: [one] }));
    const first = stored(await api.create(path, with1), 201);
    assert.deepEqual(first.webhooks[0].matchConditions, [one]);
    const two = { name: 'expression-2', expression: "object.metadata.namespace == 'staging'" };
    first.webhooks[0].matchConditions = [one, two];
    const second = stored(await api.put(`${path}/conditions`, first));
    assert.deepEqual(second.webhooks[0].matchConditions, [one, two]);
  });

  test(`should reject ${kind} webhook configurations with invalid match conditions`, async () => {
    const bad = { name: 'invalid-expression-1', expression: '... [] bad expression' };
    const reply = await api.create(path, configuration('bad', webhook({ matchConditions: [bad] })));
    refused(
      reply,
      422,
      'Invalid',
      /webhooks\[0\]\.matchConditions\[0\]\.expression: Invalid value: "\.\.\. \[\] bad expression": compilation failed/,
    );
  });
}

test("should mutate everything except 'skip-me' configmaps", async () => {
  const matchConditions = [{ name: 'skip-me', expression: "object.metadata.name != 'skip-me'" }];
  const webhook = {
    name: 'adding-configmap-data.k8s.io',
    rules: [maps('CREATE')],
    clientConfig: hook.at('/mutating-configmaps'),
    matchConditions,
  };
  stored(await api.create(mutating, configuration('skipping', webhook)), 201);
  await eventually('/mutating-configmaps', start, true);
  const skipped = stored(await api.create(configMaps, configMap('skip-me', start)), 201);
  assert.deepEqual(skipped.data, start);
});

const apiVersionOf = (version: string) => `webhook.example.com/${version}`;

/** A definition of two versions, `v1` stored; the schema knows only what is named. */
async function define(plural: string, kind: string, fields?: string[]): Promise<string> {
  const data =
    fields === undefined
      ? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
      : {
          type: 'object',
          properties: Object.fromEntries(fields.map((name) => [name, { type: 'string' }])),
        };
  const schema = { openAPIV3Schema: { type: 'object', properties: { data } } };
  const definition = {
    metadata: { name: `${plural}.webhook.example.com` },
    spec: {
      group: 'webhook.example.com',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [
        { name: 'v1', served: true, storage: true, schema },
        { name: 'v2', served: true, storage: false, schema },
      ],
    },
  };
  stored(await api.create(definitions, definition), 201);
  const path = `/apis/webhook.example.com/v1/namespaces/default/${plural}`;
  await until(plural, async () => (await api.get(path)).code === 200);
  return path;
}

const custom = (plural: string, operations: string[], apiVersions = ['v1']) => ({
  ...{ operations, apiVersions, apiGroups: ['webhook.example.com'], resources: [plural] },
});
const object = (kind: string, name: string, data: Record<string, string>, version = 'v1') => ({
  ...{ apiVersion: apiVersionOf(version), kind, metadata: { name }, data },
});

test('should be able to deny custom resource creation, update and deletion', async () => {
  const path = await define('denieds', 'Denied');
  const webhook = {
    name: 'deny-unwanted-custom-resource-data.k8s.io',
    rules: [custom('denieds', ['CREATE', 'UPDATE', 'DELETE'])],
    clientConfig: hook.at('/custom-resource'),
  };
  const one = stored(await api.create(path, object('Denied', 'before', disallowed)), 201);
  stored(await api.create(validating, configuration('custom', webhook)), 201);
  const why =
    'admission webhook "deny-unwanted-custom-resource-data.k8s.io" denied the request: the custom resource contains unwanted key and value';
  await until('it is asked', async () => (await api.delete(`${path}/before`)).code === 400);
  refused(await api.create(path, object('Denied', 'after', disallowed)), 400, undefined, why);
  refused(
    await api.put(`${path}/before`, { ...one, metadata: { ...one.metadata, labels: { a: 'b' } } }),
    400,
    undefined,
    why,
  );
  refused(await api.delete(`${path}/before`), 400, undefined, why);
  stored(await api.patch(`${path}/before`, 'merge', { data: { 'webhook-e2e-test': 'allow' } }));
  stored(await api.delete(`${path}/before`));
});

test('should mutate custom resource with different stored version', async () => {
  const path = await define('versions', 'Versioned');
  const rules = [custom('versions', ['CREATE', 'UPDATE'])];
  const clientConfig = hook.at('/mutating-custom-resource');
  const webhook = { name: 'mutate-custom-resource-data.k8s.io', rules, clientConfig };
  stored(await api.create(mutating, configuration('versions', webhook)), 201);
  await until('it is asked', async () => {
    const probe = await api.create(`${path}?dryRun=All`, object('Versioned', 'probe', start));
    return probe.body.data['mutation-stage-1'] === 'yes';
  });
  const first = stored(await api.create(path, object('Versioned', 'a', start)), 201);
  assert.deepEqual(first.data, { ...start, 'mutation-stage-1': 'yes' });
  // the version that is stored changes, the object is written anew
  const storing = [0, 1].map((i) => ({
    ...{ op: 'replace', path: `/spec/versions/${i}/storage`, value: i === 1 },
  }));
  stored(await api.patch(`${definitions}/versions.webhook.example.com`, 'json', storing));
  await until('objects are stored as v2', async () => {
    const { status } = (await api.get(`${definitions}/versions.webhook.example.com`)).body;
    return status.storedVersions.includes('v2');
  });
  const second = stored(await api.patch(`${path}/a`, 'merge', { data: { other: 'x' } }));
  assert.equal(second.data['mutation-stage-2'], 'yes');
  // asked in the version of its rules, whatever version the client speaks
  const v2 = path.replace('/v1/', '/v2/');
  const third = stored(await api.create(v2, object('Versioned', 'b', start, 'v2')), 201);
  assert.deepEqual([third.apiVersion, third.data['mutation-stage-1']], [apiVersionOf('v2'), 'yes']);
  const { request } = hook.asked.at(-1) as Any;
  assert.deepEqual(
    [request.object.apiVersion, request.resource.version, request.requestResource.version],
    [apiVersionOf('v1'), 'v1', 'v2'],
  );
});

test('matchPolicy Exact: only the version of the rules is asked about', async () => {
  const path = await define('exacts', 'Exact');
  const webhook = {
    name: 'exact.k8s.io',
    rules: [custom('exacts', ['CREATE'])],
    clientConfig: hook.at('/mutating-custom-resource'),
    matchPolicy: 'Exact',
  };
  stored(await api.create(mutating, configuration('exacts', webhook)), 201);
  await until('it is asked', async () => {
    const probe = await api.create(`${path}?dryRun=All`, object('Exact', 'probe', start));
    return probe.body.data['mutation-stage-1'] === 'yes';
  });
  const v2 = path.replace('/v1/', '/v2/');
  const made2 = stored(await api.create(v2, object('Exact', 'b', start, 'v2')), 201);
  assert.deepEqual(made2.data, start);
});

test('should mutate custom resource with pruning', async () => {
  const path = await define('pruneds', 'Pruned', ['mutation-start', 'mutation-stage-1']);
  const stage = (of: number) => ({
    name: `mutate-custom-resource-data-stage-${of}.k8s.io`,
    rules: [custom('pruneds', ['CREATE'])],
    clientConfig: hook.at('/mutating-custom-resource'),
  });
  stored(await api.create(mutating, configuration('pruning', stage(1), stage(2))), 201);
  await until('it is pruned', async () => {
    const probe = await api.create(`${path}?dryRun=All`, object('Pruned', 'probe', start));
    return probe.body.data['mutation-stage-1'] === 'yes';
  });
  const pruned = stored(await api.create(path, object('Pruned', 'a', start)), 201);
  assert.deepEqual(pruned.data, { ...start, 'mutation-stage-1': 'yes' });
});

test('a webhook for everything, and one for objects with a label', async () => {
  const objectSelector = { matchLabels: { watched: 'yes' } };
  const webhook = {
    name: 'selected.k8s.io',
    rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }],
    clientConfig: hook.at('/always-deny'),
    objectSelector,
  };
  stored(await api.create(validating, configuration('selected', webhook)), 201);
  const labelled = (name: string) => ({ metadata: { name, labels: { watched: 'yes' } } });
  await until('it is asked', async () => {
    return (await api.create(configMaps, labelled(`l-${made++}`))).code === 400;
  });
  const plain = stored(await api.create(configMaps, configMap('plain', {})), 201);
  // the old object counts as well as the new one
  const put = { ...plain, metadata: { ...plain.metadata, labels: { watched: 'yes' } } };
  refused(
    await api.put(`${configMaps}/plain`, put),
    400,
    undefined,
    'admission webhook "selected.k8s.io" denied the request: this webhook denies all requests',
  );
  stored(await api.delete(`${configMaps}/plain`));
});
