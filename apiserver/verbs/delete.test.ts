import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, type Reply } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';

const configMap = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
});

const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'web', image: 'nginx' }], ...spec },
});

function ok(reply: Reply, code = 200) {
  assert.equal(reply.code, code, reply.text);
  return reply.body;
}

function refused(reply: Reply, code: number, reason: string, message: string | RegExp) {
  assert.equal(reply.code, code, reply.text);
  assert.equal(reply.body.reason, reason);
  if (typeof message === 'string') assert.equal(reply.body.message, message);
  else assert.match(reply.body.message, message);
}

async function newPod(name: string, spec: object = {}) {
  await api.create('/api/v1/namespaces/default/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
  return ok(await api.create(pods, pod(name, spec)), 201);
}

test('a plain object goes at once and the answer is a Status', async () => {
  const made = ok(await api.create(configMaps, configMap('plain')), 201);
  const gone = ok(await api.delete(`${configMaps}/plain`));
  assert.deepEqual(gone, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: 'plain', kind: 'configmaps', uid: made.metadata.uid },
  });
  refused(await api.delete(`${configMaps}/plain`), 404, 'NotFound', 'configmaps "plain" not found');
});

test('preconditions hold', async () => {
  const made = ok(await api.create(configMaps, configMap('pre')), 201);
  refused(
    await api.delete(`${configMaps}/pre`, { preconditions: { uid: 'x' } }),
    409,
    'Conflict',
    `Operation cannot be fulfilled on ConfigMap "pre": the UID in the precondition (x) does not match the UID in record (${made.metadata.uid}). The object might have been deleted and then recreated`,
  );
  refused(
    await api.delete(`${configMaps}/pre`, { preconditions: { resourceVersion: '1' } }),
    409,
    'Conflict',
    `Operation cannot be fulfilled on ConfigMap "pre": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${made.metadata.resourceVersion}). The object might have been modified`,
  );
  ok(await api.delete(`${configMaps}/pre`, { preconditions: { uid: made.metadata.uid } }));
});

test('the last finalizer is taken away while others write', async () => {
  for (let i = 0; i < 20; i++) {
    const path = `${configMaps}/raced-${i}`;
    const metadata = { name: `raced-${i}`, finalizers: ['example.com/a'] };
    ok(await api.create(configMaps, { metadata }), 201);
    ok(await api.delete(path));
    const note = (text: string) => api.patch(path, 'merge', { data: { text } });
    const before = Array.from({ length: 8 }, (_, k) => note(`${k}`));
    const last = await api.patch(path, 'merge', { metadata: { finalizers: null } });
    await Promise.all(before);
    assert.equal(last.code, 200, last.text);
    assert.equal((await api.get(path)).code, 404);
  }
});

test('finalizers hold an object until the last one is gone', async () => {
  const metadata = { finalizers: ['example.com/a', 'example.com/b'] };
  const made = ok(await api.create(configMaps, configMap('held', metadata)), 201);
  const marked = ok(await api.delete(`${configMaps}/held`));
  assert.equal(marked.kind, 'ConfigMap');
  assert.match(marked.metadata.deletionTimestamp, /Z$/);
  assert.equal(marked.metadata.deletionGracePeriodSeconds, 0);
  // again: nothing changes
  const twice = ok(await api.delete(`${configMaps}/held`));
  assert.equal(twice.metadata.resourceVersion, marked.metadata.resourceVersion);
  refused(
    await api.patch(`${configMaps}/held`, 'merge', {
      metadata: { finalizers: ['example.com/a', 'example.com/b', 'example.com/c'] },
    }),
    422,
    'Invalid',
    /metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers \[\]string\{"example.com\/c"\}/,
  );
  const stream = await api.watch(
    `${configMaps}?watch=1&fieldSelector=metadata.name%3Dheld&resourceVersion=${marked.metadata.resourceVersion}`,
  );
  const held = ok(
    await api.patch(`${configMaps}/held`, 'merge', { metadata: { finalizers: ['example.com/b'] } }),
  );
  const last = ok(
    await api.patch(`${configMaps}/held`, 'merge', { metadata: { finalizers: null } }),
  );
  assert.equal(last.metadata.uid, made.metadata.uid);
  assert.equal(last.metadata.resourceVersion, held.metadata.resourceVersion);
  refused(await api.get(`${configMaps}/held`), 404, 'NotFound', /not found/);
  assert.deepEqual(await stream.names(2), ['MODIFIED held', 'DELETED held']);
  stream.close();
});

test('propagation policies become finalizers', async () => {
  for (const [policy, finalizer] of [
    ['Orphan', 'orphan'],
    ['Foreground', 'foregroundDeletion'],
  ] as const) {
    await api.create(configMaps, configMap('policy'));
    const marked = ok(await api.delete(`${configMaps}/policy`, { propagationPolicy: policy }));
    assert.deepEqual(marked.metadata.finalizers, [finalizer]);
    ok(await api.patch(`${configMaps}/policy`, 'merge', { metadata: { finalizers: [] } }));
    assert.equal((await api.get(`${configMaps}/policy`)).code, 404);
  }
  await api.create(configMaps, configMap('policy'));
  refused(
    await api.delete(`${configMaps}/policy?propagationPolicy=Sideways`),
    422,
    'Invalid',
    /propagationPolicy: Unsupported value: "Sideways"/,
  );
  ok(await api.delete(`${configMaps}/policy?propagationPolicy=Background`));
  // nothing is written anew for the order of finalizers
  const finalizers = ['foregroundDeletion', 'a/b'];
  await api.create(configMaps, configMap('policy', { finalizers }));
  const body = { propagationPolicy: 'Foreground' };
  const first = ok(await api.delete(`${configMaps}/policy`, body));
  assert.deepEqual(first.metadata.finalizers, finalizers);
  const second = ok(await api.delete(`${configMaps}/policy`, body));
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  ok(await api.patch(`${configMaps}/policy`, 'merge', { metadata: { finalizers: [] } }));
});

test('a pod without a node goes at once, one on a node gets its grace', async () => {
  await newPod('loose');
  const gone = ok(await api.delete(`${pods}/loose`));
  assert.equal(gone.kind, 'Pod');
  assert.equal((await api.get(`${pods}/loose`)).code, 404);

  await newPod('placed', { nodeName: 'n1', terminationGracePeriodSeconds: 40 });
  const marked = ok(await api.delete(`${pods}/placed`));
  assert.equal(marked.metadata.deletionGracePeriodSeconds, 40);
  const shorter = ok(await api.delete(`${pods}/placed`, { gracePeriodSeconds: 5 }));
  assert.equal(shorter.metadata.deletionGracePeriodSeconds, 5);
  for (const options of [{ gracePeriodSeconds: 50 }, {}, { propagationPolicy: 'Foreground' }]) {
    const same = ok(await api.delete(`${pods}/placed`, options));
    assert.equal(same.metadata.resourceVersion, shorter.metadata.resourceVersion);
  }
  const negative = ok(await api.delete(`${pods}/placed`, { gracePeriodSeconds: -3 }));
  assert.equal(negative.metadata.deletionGracePeriodSeconds, 1);
  const stream = await api.watch(
    `${pods}?watch=1&fieldSelector=metadata.name%3Dplaced&resourceVersion=${negative.metadata.resourceVersion}`,
  );
  const last = ok(await api.delete(`${pods}/placed`, { gracePeriodSeconds: 0 }));
  assert.equal(last.metadata.deletionGracePeriodSeconds, 0);
  assert.equal((await api.get(`${pods}/placed`)).code, 404);
  assert.deepEqual(await stream.names(2), ['MODIFIED placed', 'DELETED placed']);
  stream.close();
});

test('a namespace waits for its own finalizer', async () => {
  ok(
    await api.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'leaving' },
    }),
    201,
  );
  const marked = ok(await api.delete('/api/v1/namespaces/leaving'));
  assert.equal(marked.status.phase, 'Terminating');
  assert.deepEqual(marked.spec.finalizers, ['kubernetes']);
  refused(
    await api.create('/api/v1/namespaces/leaving/configmaps', configMap('late')),
    403,
    'Forbidden',
    'configmaps "late" is forbidden: unable to create new content in namespace leaving because it is being terminated',
  );
  // an ordinary write does not take it away
  const put = ok(
    await api.put('/api/v1/namespaces/leaving', { ...marked, spec: { finalizers: [] } }),
  );
  assert.deepEqual(put.spec.finalizers, ['kubernetes']);
  ok(await api.put('/api/v1/namespaces/leaving/finalize', { ...put, spec: { finalizers: [] } }));
  assert.equal((await api.get('/api/v1/namespaces/leaving')).code, 404);
});

test('a collection: selected objects go, others stay', async () => {
  for (const name of ['c1', 'c2', 'c3']) {
    await api.create(
      configMaps,
      configMap(name, { labels: { drop: name === 'c3' ? 'no' : 'yes' } }),
    );
  }
  refused(
    await api.delete(`${configMaps}?labelSelector=%3D%3D`),
    400,
    'BadRequest',
    "found '==', expected: !, identifier, or 'end of string'",
  );
  const dry = ok(await api.delete(`${configMaps}?labelSelector=drop%3Dyes&dryRun=All`));
  assert.equal(dry.items.length, 2);
  const gone = ok(await api.delete(`${configMaps}?labelSelector=drop%3Dyes`));
  assert.equal(gone.kind, 'ConfigMapList');
  assert.equal(gone.items.length, 2);
  const left = ok(await api.get(`${configMaps}?labelSelector=drop`));
  assert.deepEqual(
    left.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['c3'],
  );
});

test('a collection goes page by page', async () => {
  const pages = '/api/v1/namespaces/default/secrets';
  for (let i = 0; i < 5; i++) {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `p${i}`, labels: { p: '' } },
    };
    ok(await api.create(pages, secret), 201);
  }
  const named = (list: { items: { metadata: { name: string } }[] }) =>
    list.items.map((item) => item.metadata.name);
  refused(
    await api.delete(`${pages}?resourceVersionMatch=Exact`),
    422,
    'Invalid',
    /^ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden/,
  );
  refused(await api.delete(`${pages}?limit=x`), 400, 'BadRequest', /strconv.ParseInt/);
  const first = ok(await api.delete(`${pages}?labelSelector=p&limit=2`));
  assert.deepEqual(named(first), ['p0', 'p1']);
  const token = encodeURIComponent(first.metadata.continue);
  const second = ok(await api.delete(`${pages}?labelSelector=p&limit=2&continue=${token}`));
  assert.deepEqual(named(second), ['p2', 'p3']);
  assert.deepEqual(named(ok(await api.get(`${pages}?labelSelector=p`))), ['p4']);
  // a version in the query is a precondition of each, as of a single delete
  const newer = 'resourceVersion=1&resourceVersionMatch=NotOlderThan';
  refused(await api.delete(`${pages}?labelSelector=p&${newer}`), 409, 'Conflict', /./);
  const last = ok(await api.delete(`${pages}?labelSelector=p&limit=2`));
  assert.deepEqual(named(last), ['p4']);
});

test('options of a delete that are none', async () => {
  await api.create(configMaps, configMap('options'));
  const at = `${configMaps}/options`;
  const bad = async (body: unknown, message: string) =>
    refused(await api.delete(at, body), 400, 'BadRequest', message);
  await bad(
    { kind: 'Pod', apiVersion: 'v1' },
    'no kind "Pod" is registered for version "v1" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"',
  );
  await bad(
    '{"kind":true}',
    "couldn't get version/kind; json parse error: json: cannot unmarshal bool into Go struct field .kind of type string",
  );
  await bad('{', "couldn't get version/kind; json parse error: unexpected end of JSON input");
  await bad(
    { gracePeriodSeconds: 'x' },
    'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
  );
  await bad(
    { dryRun: 'All' },
    'json: cannot unmarshal string into Go struct field DeleteOptions.dryRun of type []string',
  );
  await bad({ apiVersion: 'a/b/c' }, 'unexpected GroupVersion string: a/b/c');
  refused(await api.delete(at, '[]'), 400, 'BadRequest', /cannot unmarshal array into Go value/);
  const text = await api.ask('DELETE', at, { body: '{}', type: 'text/plain' });
  assert.equal(text.code, 415);
  refused(await api.delete(`${at}?gracePeriodSeconds=x`), 400, 'BadRequest', /strconv/);
  refused(await api.delete(`${at}?uid=other`), 409, 'Conflict', /the UID in the precondition/);
  assert.equal((await api.get(at)).code, 200);
  // a body is all there is, and what it says besides is nobody's concern
  ok(
    await api.delete(`${at}?dryRun=All`, {
      kind: 'DeleteOptions',
      apiVersion: 'apps/v1',
      odd: 1,
    }),
  );
  assert.equal((await api.get(at)).code, 404);
});

test('a dry run shows what would be left, and keeps what there is', async () => {
  await api.create(configMaps, configMap('dry', { finalizers: ['a/b'] }));
  const at = `${configMaps}/dry`;
  const held = ok(await api.delete(`${at}?dryRun=All`));
  assert.equal(held.kind, 'ConfigMap');
  assert.ok(held.metadata.deletionTimestamp);
  const foreground = ok(await api.delete(`${at}?dryRun=All&propagationPolicy=Foreground`));
  assert.deepEqual(foreground.metadata.finalizers, ['a/b', 'foregroundDeletion']);
  const now = ok(await api.get(at));
  assert.equal(now.metadata.deletionTimestamp, undefined);
  ok(await api.put(at, { ...now, metadata: { ...now.metadata, finalizers: [] } }));
  assert.equal(ok(await api.delete(`${at}?dryRun=All`)).kind, 'Status');
  ok(await api.delete(at));
});

test('Jobs leave their pods behind unless told otherwise, and say so', async () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const containers = [{ name: 'a', image: 'x' }];
  const made = (name: string) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template: { spec: { restartPolicy: 'Never', containers } } },
  });
  ok(await api.create(jobs, made('kept')), 201);
  const orphaning = ok(await api.delete(`${jobs}/kept`));
  assert.deepEqual(orphaning.metadata.finalizers, ['orphan']);
  ok(await api.create(jobs, made('gone')), 201);
  const gone = ok(await api.delete(`${jobs}/gone`, { propagationPolicy: 'Background' }));
  assert.equal(gone.kind, 'Status');
});
