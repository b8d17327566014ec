import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const configMaps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

const configMap = (name: string, data: object = { a: '1' }, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

const deployment = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image: 'nginx' }] },
    },
    ...spec,
  },
});

test('create gives what the system owns and answers 201', async () => {
  const made = stored(await api.create(configMaps, configMap('create-a')), 201);
  assert.match(made.metadata.uid, /^[0-9a-f-]{36}$/);
  assert.match(made.metadata.resourceVersion, /^[1-9][0-9]*$/);
  assert.match(made.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(made.metadata.namespace, 'default');
  assert.equal(made.metadata.generation, undefined);
  assert.deepEqual(stored(await api.get(`${configMaps}/create-a`)), made);
});

test('what cannot be created is refused in upstream words', async () => {
  await api.create(configMaps, configMap('create-b'));
  const again = await api.create(configMaps, configMap('create-b'));
  refused(again, 409, 'AlreadyExists', 'configmaps "create-b" already exists');
  assert.deepEqual(again.body.details, { name: 'create-b', kind: 'configmaps' });
  refused(
    await api.create(configMaps, configMap('', {})),
    422,
    'Invalid',
    /ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required/,
  );
  refused(
    await api.create(configMaps, configMap('Upper_Case')),
    422,
    'Invalid',
    /^ConfigMap "Upper_Case" is invalid: metadata.name: Invalid value: "Upper_Case": a lowercase RFC 1123 subdomain/,
  );
  refused(
    await api.create(configMaps, configMap('x', {}, { namespace: 'other' })),
    400,
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
  );
  refused(
    await api.create('/api/v1/namespaces/absent/configmaps', configMap('x')),
    404,
    'NotFound',
    'namespaces "absent" not found',
  );
  refused(
    await api.create(configMaps, configMap('x', {}, { resourceVersion: '5' })),
    500,
    undefined,
    'resourceVersion should not be set on objects to be created',
  );
  refused(
    await api.create(configMaps, deployment('x')),
    400,
    'BadRequest',
    'Deployment in version "v1" cannot be handled as a ConfigMap: converting (v1.Deployment) to (core.ConfigMap): unknown conversion',
  );
  refused(
    await api.create(configMaps, { ...configMap('x'), kind: 'Secret' }),
    400,
    'BadRequest',
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  );
  refused(
    await api.create(configMaps, { ...configMap('x'), kind: 'Nothing' }),
    400,
    'BadRequest',
    'Nothing in version "v1" cannot be handled as a ConfigMap: no kind "Nothing" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  );
  for (const [group, of, version, kind] of [
    ['autoscaling', 'autoscaling/v1', 'v2', 'HorizontalPodAutoscaler'],
    ['batch', 'batch/v1beta1', 'v1', 'CronJob'],
    ['networking.k8s.io', 'extensions/v1beta1', 'v1', 'Ingress'],
  ] as const) {
    const resource = kind === 'Ingress' ? 'ingresses' : `${kind.toLowerCase()}s`;
    const path = `/apis/${group}/${version}/namespaces/default/${resource}`;
    refused(
      await api.create(path, { ...configMap('x'), apiVersion: of, kind }),
      400,
      'BadRequest',
      `the API version in the data (${of}) does not match the expected API version (${group}/${version})`,
    );
  }
  refused(
    await api.create(configMaps, { apiVersion: 'apps/v1beta1', kind: 'Scale' }),
    400,
    'BadRequest',
    'Scale in version "v1beta1" cannot be handled as a ConfigMap: converting (v1beta1.Scale) to (core.ConfigMap): unknown conversion',
  );
});

test('a name that is taken is one that could not be made where generateName stands beside it', async () => {
  const both = configMap('both', {}, { generateName: 'gen-' });
  assert.equal((await api.create(configMaps, both)).code, 201);
  const { code, body, headers } = await api.create(configMaps, both);
  assert.deepEqual([code, headers['retry-after'], body.details.retryAfterSeconds], [409, '1', 1]);
  assert.match(
    body.message,
    /^configmaps "both" already exists, the server was not able to generate/,
  );
});

test('generateName finds a free name', async () => {
  const made = stored(
    await api.create(configMaps, configMap('', {}, { generateName: 'gen-' })),
    201,
  );
  assert.match(made.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.equal(made.metadata.generateName, 'gen-');
});

test('a dry run stores nothing and answers as if', async () => {
  const made = stored(await api.create(`${configMaps}?dryRun=All`, configMap('dry')), 201);
  assert.notEqual(made.metadata.uid, undefined);
  assert.equal(made.metadata.resourceVersion, undefined);
  refused(await api.get(`${configMaps}/dry`), 404, 'NotFound', 'configmaps "dry" not found');
  stored(await api.create(configMaps, configMap('dry')), 201);
  const before = stored(await api.get(`${configMaps}/dry`));
  refused(
    await api.create(`${configMaps}?dryRun=All`, configMap('dry')),
    409,
    'AlreadyExists',
    'configmaps "dry" already exists',
  );
  const put = stored(await api.put(`${configMaps}/dry?dryRun=All`, configMap('dry', { b: '2' })));
  assert.deepEqual(put.data, { b: '2' });
  const patched = await api.patch(`${configMaps}/dry?dryRun=All`, 'merge', { data: { c: '3' } });
  assert.deepEqual(stored(patched).data, { a: '1', c: '3' });
  stored(await api.delete(`${configMaps}/dry?dryRun=All`));
  assert.deepEqual(stored(await api.get(`${configMaps}/dry`)), before);
  refused(
    await api.create(`${configMaps}?dryRun=Some`, configMap('dry2')),
    422,
    'Invalid',
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  );
});

test('update: stale versions conflict, missing objects are not made', async () => {
  const made = stored(await api.create(configMaps, configMap('update-a')), 201);
  const next = stored(await api.put(`${configMaps}/update-a`, { ...made, data: { a: '2' } }));
  assert.notEqual(next.metadata.resourceVersion, made.metadata.resourceVersion);
  refused(
    await api.put(`${configMaps}/update-a`, { ...made, data: { a: '3' } }),
    409,
    'Conflict',
    'Operation cannot be fulfilled on configmaps "update-a": the object has been modified; please apply your changes to the latest version and try again',
  );
  refused(
    await api.put(`${configMaps}/absent`, configMap('absent')),
    404,
    'NotFound',
    'configmaps "absent" not found',
  );
  refused(
    await api.put(`${configMaps}/update-a`, configMap('other')),
    400,
    'BadRequest',
    'the name of the object (other) does not match the name on the URL (update-a)',
  );
  refused(
    await api.put(`${configMaps}/update-a`, configMap('update-a', {}, { uid: 'wrong' })),
    409,
    'Conflict',
    /Precondition failed: UID in precondition: wrong, UID in object meta: /,
  );
  // without a version: the last one wins
  stored(await api.put(`${configMaps}/update-a`, configMap('update-a', { z: '9' })));
  // the same again changes nothing
  const same = stored(await api.get(`${configMaps}/update-a`));
  assert.deepEqual(stored(await api.put(`${configMaps}/update-a`, same)), same);
});

test('a RuntimeClass is made by an update of one that is not there', async () => {
  const body = { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', handler: 'runc' };
  const path = '/apis/node.k8s.io/v1/runtimeclasses/put';
  stored(await api.put(path, { ...body, metadata: { name: 'put' } }), 201);
});

test('system metadata survives any update', async () => {
  const made = stored(await api.create(deployments, deployment('meta')), 201);
  assert.equal(made.metadata.generation, 1);
  const sent = structuredClone(made);
  sent.metadata.creationTimestamp = '2001-01-01T00:00:00Z';
  sent.metadata.generation = 77;
  sent.metadata.selfLink = '/x';
  sent.status = { replicas: 9 };
  const next = stored(await api.put(`${deployments}/meta`, sent));
  assert.equal(next.metadata.creationTimestamp, made.metadata.creationTimestamp);
  assert.equal(next.metadata.generation, 1);
  assert.equal(next.metadata.deletionTimestamp, undefined);
  assert.equal(next.metadata.selfLink, undefined);
  assert.deepEqual(next.status, {});
  const going = { ...sent.metadata, deletionTimestamp: '2001-01-01T00:00:00Z' };
  refused(
    await api.put(`${deployments}/meta`, { ...sent, metadata: going }),
    422,
    'Invalid',
    'Deployment.apps "meta" is invalid: metadata.deletionTimestamp: Invalid value: "2001-01-01T00:00:00Z": field is immutable',
  );
  const scaled = stored(await api.patch(`${deployments}/meta`, 'merge', { spec: { replicas: 3 } }));
  assert.equal(scaled.metadata.generation, 2);
});

test('status and spec have a door each', async () => {
  const made = stored(await api.create(deployments, deployment('doors')), 201);
  const status = { ...made, spec: { ...made.spec, replicas: 9 }, status: { replicas: 4 } };
  const put = stored(await api.put(`${deployments}/doors/status`, status));
  assert.equal(put.spec.replicas, 1);
  assert.equal(put.status.replicas, 4);
  assert.equal(put.metadata.generation, 1);
  const patched = await api.patch(`${deployments}/doors/status`, 'strategic', {
    metadata: { labels: { seen: 'yes' } },
    spec: { replicas: 8 },
    status: { readyReplicas: 2 },
  });
  assert.equal(stored(patched).spec.replicas, 1);
  assert.deepEqual(patched.body.status, { replicas: 4, readyReplicas: 2 });
  const main = stored(
    await api.patch(`${deployments}/doors`, 'merge', { status: { replicas: 1 } }),
  );
  assert.equal(main.status.replicas, 4);
  refused(
    await api.create(`${deployments}/doors/status`, made),
    405,
    'MethodNotAllowed',
    /not allow/,
  );
  refused(await api.delete(`${deployments}/doors/status`), 405, 'MethodNotAllowed', /not allow/);
});

test('patches of every type', async () => {
  await api.create(deployments, deployment('patch'));
  const at = `${deployments}/patch`;
  const json = stored(
    await api.patch(at, 'json', [
      { op: 'test', path: '/spec/replicas', value: 1 },
      { op: 'replace', path: '/spec/replicas', value: 2 },
      { op: 'add', path: '/metadata/labels', value: { x: 'y' } },
    ]),
  );
  assert.equal(json.spec.replicas, 2);
  assert.deepEqual(json.metadata.labels, { x: 'y' });
  const merge = stored(await api.patch(at, 'merge', { metadata: { labels: { x: null, z: '1' } } }));
  assert.deepEqual(merge.metadata.labels, { z: '1' });
  const strategic = stored(
    await api.patch(at, 'strategic', {
      spec: { template: { spec: { containers: [{ name: 'side', image: 'busybox' }] } } },
    }),
  );
  const names = strategic.spec.template.spec.containers.map((c: { name: string }) => c.name);
  assert.deepEqual(names.sort(), ['side', 'web']);
  refused(
    await api.patch(at, 'json', [{ op: 'test', path: '/spec/replicas', value: 9 }]),
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
  );
  refused(await api.patch(at, 'json', '{"op":"add"}'), 400, 'BadRequest', /./);
  refused(await api.patch(at, 'merge', '{"a":'), 400, 'BadRequest', /error decoding patch/);
  refused(
    await api.patch(at, 'merge', { metadata: { name: 'other' } }),
    400,
    'BadRequest',
    /the name of the object \(other\) does not match the name on the URL \(patch\)/,
  );
  const unknown = await api.ask('PATCH', at, { body: {}, type: 'application/json' });
  refused(unknown, 415, 'UnsupportedMediaType', '415: Unsupported Media Type');
  refused(
    await api.patch(`${deployments}/absent`, 'merge', {}),
    404,
    'NotFound',
    'deployments.apps "absent" not found',
  );
  refused(
    await api.patch(at, 'merge', { metadata: { resourceVersion: '1' } }),
    409,
    'Conflict',
    /the object has been modified/,
  );
});

test('field validation: strict refuses, warn tells, ignore drops in silence', async () => {
  const body = { ...configMap('fields'), spec: { a: 1 } };
  refused(
    await api.create(`${configMaps}?fieldValidation=Strict`, body),
    400,
    'BadRequest',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "spec"',
  );
  const warned = await api.create(configMaps, body);
  stored(warned, 201);
  assert.equal(warned.headers['warning'], '299 - "unknown field \\"spec\\""');
  const silent = await api.put(`${configMaps}/fields?fieldValidation=Ignore`, body);
  assert.equal(stored(silent).spec, undefined);
  assert.equal(silent.headers['warning'], undefined);
  const twice =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"}}';
  refused(
    await api.create(`${configMaps}?fieldValidation=Strict`, twice),
    400,
    'BadRequest',
    /strict decoding error: duplicate field "data\.a"/,
  );
  const apart =
    '{"metadata":{"name":"apart"},"data":{"a":"1","b":"2"},"metadata":{"labels":{}},"data":{"a":"3"}}';
  const merged = await api.create(configMaps, apart);
  assert.deepEqual(stored(merged, 201).data, { a: '3', b: '2' });
  assert.equal(
    merged.headers['warning'],
    '299 - "duplicate field \\"metadata\\"", 299 - "duplicate field \\"data\\""',
  );
  for (const type of ['merge', 'strategic'] as const) {
    refused(
      await api.patch(`${configMaps}/fields?fieldValidation=Strict`, type, { spec: { a: 1 } }),
      422,
      'Invalid',
      /^ "" is invalid: patch: Invalid value: .*strict decoding error: unknown field "spec"$/s,
    );
  }
});

test('a hundred increments at once lose nothing', async () => {
  await api.create(configMaps, configMap('counter', { n: '0' }));
  const at = `${configMaps}/counter`;
  let conflicts = 0;
  const increment = async (): Promise<void> => {
    for (;;) {
      const now = stored(await api.get(at));
      const reply = await api.patch(at, 'merge', {
        metadata: { resourceVersion: now.metadata.resourceVersion },
        data: { n: String(Number(now.data.n) + 1) },
      });
      if (reply.code === 200) return;
      assert.equal(reply.code, 409, reply.text);
      conflicts += 1;
    }
  };
  const workers = Array.from({ length: 5 }, async () => {
    for (let i = 0; i < 20; i++) await increment();
  });
  await Promise.all(workers);
  assert.equal(stored(await api.get(at)).data.n, '100');
  assert.ok(conflicts > 0, 'the writers never met');
});

test('patches without a version of their own all get through', async () => {
  await api.create(configMaps, configMap('many', {}));
  const at = `${configMaps}/many`;
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, i) => api.patch(at, 'merge', { data: { [`k${i}`]: 'v' } })),
  );
  for (const reply of replies) stored(reply);
  assert.equal(Object.keys(stored(await api.get(at)).data).length, 20);
});
