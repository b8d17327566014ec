import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, type Reply } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const configMaps = '/api/v1/namespaces/default/configmaps';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const limited = (cpu: unknown) => ({ resources: { limits: { cpu } } });

const deployment = (name: string, container: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name: 'web', image: 'nginx', ...limited('1'), ...container }],
      },
    },
  },
});

function ok(reply: Reply, code = 200) {
  assert.equal(reply.code, code, reply.text);
  return reply.body;
}

const manager = (object: { metadata: { managedFields: { manager: string }[] } }, name: string) =>
  // oxlint-disable-next-line no-explicit-any -- tries of field names
  object.metadata.managedFields.find((entry) => entry.manager === name) as any;

test('apply creates, changes and leaves alone', async () => {
  const at = `${deployments}/apply?fieldManager=me`;
  const made = ok(await api.patch(at, 'apply', deployment('apply')), 201);
  assert.equal(made.metadata.generation, 1);
  const same = ok(await api.patch(at, 'apply', deployment('apply')));
  assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion);
  const next = ok(await api.patch(at, 'apply', deployment('apply', { image: 'nginx:2' })));
  assert.equal(next.metadata.generation, 2);
  assert.equal(next.spec.template.spec.containers[0].image, 'nginx:2');
});

test('fields of others conflict unless forced, and go when nobody wants them', async () => {
  const at = (name: string) => `${configMaps}/shared?fieldManager=${name}`;
  const config = (data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shared' },
    data,
  });
  ok(await api.patch(at('one'), 'apply', config({ a: '1', b: '1' })), 201);
  const conflict = await api.patch(at('two'), 'apply', config({ a: '2' }));
  assert.equal(conflict.code, 409);
  assert.equal(conflict.body.reason, 'Conflict');
  assert.equal(conflict.body.message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
  assert.deepEqual(conflict.body.details.causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
  ]);
  const forced = ok(await api.patch(`${at('two')}&force=true`, 'apply', config({ a: '2' })));
  assert.deepEqual(forced.data, { a: '2', b: '1' });
  const without = ok(await api.patch(at('one'), 'apply', config({})));
  assert.deepEqual(without.data, { a: '2' });
});

test('what cannot be applied', async () => {
  const at = `${deployments}/bad`;
  const refused = async (path: string, body: unknown, code: number, message: RegExp) => {
    const reply = await api.patch(path, 'apply', body);
    assert.equal(reply.code, code, reply.text);
    assert.match(reply.body.message, message);
  };
  await refused(
    at,
    deployment('bad'),
    422,
    /PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch/,
  );
  const me = `${at}?fieldManager=me`;
  await refused(
    me,
    { ...deployment('bad'), spec: { ...deployment('bad').spec, replica: 1 } },
    500,
    /failed to create typed patch object \(default\/bad; apps\/v1, Kind=Deployment\): \.spec\.replica: field not declared in schema/,
  );
  await refused(
    me,
    { ...deployment('bad'), apiVersion: 'apps/v2' },
    400,
    /invalid object type: apps\/v2, Kind=Deployment/,
  );
  await refused(me, '{{{', 400, /error decoding YAML/);
  const unknown = { ...deployment('bad'), metadata: { name: 'bad', uid: 'x' } };
  await refused(me, unknown, 409, /uid mismatch: the provided object specified uid x, and no/);
  assert.equal((await api.get(at)).code, 404);
});

test('a manager owns the defaults of what it creates', async () => {
  const made = ok(
    await api.create(`${deployments}?fieldManager=maker`, deployment('defaults')),
    201,
  );
  const entry = manager(made, 'maker');
  assert.equal(entry.operation, 'Update');
  assert.ok('f:progressDeadlineSeconds' in entry.fieldsV1['f:spec']);
  assert.ok('f:strategy' in entry.fieldsV1['f:spec']);
  assert.equal(entry.fieldsV1['f:status'], undefined);
  const bare = await api.ask('POST', `${deployments}?dryRun=All`, {
    body: deployment('agent'),
    headers: { 'user-agent': 'kube-thing/v1.2 (linux)' },
  });
  assert.ok(manager(ok(bare, 201), 'kube-thing'));
});

test('status is managed through its own door', async () => {
  ok(await api.create(`${deployments}?fieldManager=maker`, deployment('doors')), 201);
  const next = ok(
    await api.patch(`${deployments}/doors/status?fieldManager=controller`, 'merge', {
      spec: { replicas: 5 },
      status: { replicas: 3 },
    }),
  );
  const entry = manager(next, 'controller');
  assert.equal(entry.subresource, 'status');
  assert.deepEqual(entry.fieldsV1, { 'f:status': { 'f:replicas': {} } });
  const scaled = ok(
    await api.put(`${deployments}/doors/scale?fieldManager=scaler`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'doors', namespace: 'default' },
      spec: { replicas: 4 },
    }),
  );
  assert.equal(scaled.spec.replicas, 4);
  const after = ok(await api.get(`${deployments}/doors`));
  const scaler = manager(after, 'scaler');
  assert.equal(scaler.subresource, 'scale');
  assert.deepEqual(scaler.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
});

test('from client-side to server-side apply: kubectl may, and an unchanged one changes nothing', async () => {
  const config = deployment('moved');
  // as kubectl writes it: keys in order, no annotations of its own
  const annotation = `${sortedJson(config)}\n`;
  const made = ok(
    await api.create(`${deployments}?fieldManager=kubectl-client-side-apply`, {
      ...config,
      metadata: { ...config.metadata, annotations: { [lastApplied]: annotation } },
    }),
    201,
  );
  const at = `${deployments}/moved?fieldManager=kubectl`;
  const first = ok(await api.patch(at, 'apply', config));
  assert.equal(first.metadata.annotations[lastApplied], annotation);
  assert.equal(first.metadata.generation, made.metadata.generation);
  const second = ok(await api.patch(at, 'apply', config));
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
});

test('values are compared as they are sent, and stored in their canonical form', async () => {
  const at = `${deployments}/sent?fieldManager`;
  const cpu = (reply: Reply) => ok(reply).spec.template.spec.containers[0].resources.limits.cpu;
  ok(await api.patch(`${at}=one`, 'apply', deployment('sent', limited('0.5'))), 201);
  const again = await api.patch(`${at}=one`, 'apply', deployment('sent', limited('0.5')));
  assert.equal(cpu(again), '500m');
  const unchanged = ok(await api.get(`${deployments}/sent`));
  assert.deepEqual(again.body, unchanged, 'a write of times alone is none');
  const other = await api.patch(`${at}=two`, 'apply', deployment('sent', limited('0.5')));
  assert.equal(
    other.body.message,
    'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="web"].resources.limits.cpu',
  );
  const same = await api.patch(`${at}=two`, 'apply', deployment('sent', limited('500m')));
  assert.equal(cpu(same), '500m');
});

test('nulls and empty maps that are applied are owned', async () => {
  const at = `${deployments}/nulls?fieldManager=me`;
  const made = ok(
    await api.patch(at, 'apply', deployment('nulls', { resources: {}, livenessProbe: null })),
    201,
  );
  const { 'f:spec': spec } = manager(made, 'me').fieldsV1;
  const container = spec['f:template']['f:spec']['f:containers']['k:{"name":"web"}'];
  assert.deepEqual(container['f:livenessProbe'], {});
  assert.deepEqual(container['f:resources'], {});
  assert.equal('livenessProbe' in made.spec.template.spec.containers[0], false);
});

test('what is merged and no object is an error of the server, as upstream', async () => {
  const secret = (data: object) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'text' },
    data,
  });
  const at = '/api/v1/namespaces/default/secrets/text?fieldManager=me';
  const reply = await api.patch(at, 'apply', secret({ x: '!!' }));
  assert.equal(reply.code, 500);
  assert.equal(
    reply.body.message,
    'failed to convert new object (/text; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 0',
  );
});

test('managedFields can be cleared and cannot be broken', async () => {
  ok(await api.create(`${deployments}?fieldManager=maker`, deployment('cleared')), 201);
  const cleared = ok(
    await api.patch(`${deployments}/cleared?fieldManager=me`, 'merge', {
      metadata: { managedFields: [{}] },
    }),
  );
  assert.equal(cleared.metadata.managedFields, undefined);
  const broken = await api.patch(`${deployments}/cleared`, 'merge', {
    metadata: { managedFields: [{ manager: 'x', operation: 'Sideways', apiVersion: 'v1' }] },
  });
  assert.equal(ok(broken).metadata.managedFields, undefined);
});

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}
