import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parseYaml } from '../../object/yaml.ts';
import { ApiClient, type Reply } from './api-client.ts';

let api: ApiClient;
const all = '/api/v1/configmaps?labelSelector=set';
const configMaps = '/api/v1/namespaces/pages/configmaps';

before(async () => {
  api = await ApiClient.start();
  for (const name of ['pages', 'pages-2']) {
    await api.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
  }
  for (let i = 0; i < 5; i++) {
    await api.create(configMaps, configMap(`m${i}`, { set: 'a', even: String(i % 2 === 0) }));
  }
  await api.create('/api/v1/namespaces/pages-2/configmaps', configMap('m0', { set: 'b' }));
});
after(() => api.stop());

const configMap = (name: string, labels: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data: { a: '1' },
});

function ok(reply: Reply) {
  assert.equal(reply.code, 200, reply.text);
  return reply.body;
}

const names = (list: { items: { metadata: { name: string } }[] }) =>
  list.items.map((item) => item.metadata.name);

test('a list has its kind, revision and items without type', async () => {
  const list = ok(await api.get(configMaps));
  assert.equal(list.kind, 'ConfigMapList');
  assert.equal(list.apiVersion, 'v1');
  assert.deepEqual(names(list), ['m0', 'm1', 'm2', 'm3', 'm4']);
  assert.equal(list.items[0].kind, undefined);
  assert.equal(list.items[0].apiVersion, undefined);
  assert.ok(
    Number(list.metadata.resourceVersion) >= Number(list.items[4].metadata.resourceVersion),
  );
  assert.equal(list.metadata.continue, undefined);
  assert.deepEqual(ok(await api.get('/api/v1/namespaces/absent/configmaps')).items, []);
});

test('pages show one revision, whatever is written between them', async () => {
  const first = ok(await api.get(`${configMaps}?limit=2`));
  assert.deepEqual(names(first), ['m0', 'm1']);
  assert.equal(first.metadata.remainingItemCount, 3);
  const added = await api.create(configMaps, configMap('m2b', {}));
  assert.equal(added.code, 201);
  const written = Buffer.from(first.metadata.continue, 'base64url').toString();
  assert.equal(JSON.parse(written).start, '/m1\0');
  const token = encodeURIComponent(first.metadata.continue);
  const second = ok(await api.get(`${configMaps}?limit=2&continue=${token}`));
  assert.deepEqual(names(second), ['m2', 'm3']);
  assert.equal(second.metadata.remainingItemCount, 1);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const last = ok(
    await api.get(`${configMaps}?limit=2&continue=${encodeURIComponent(second.metadata.continue)}`),
  );
  assert.deepEqual(names(last), ['m4']);
  assert.equal(last.metadata.continue, undefined);
  const exact = ok(
    await api.get(
      `${configMaps}?resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`,
    ),
  );
  assert.deepEqual(names(exact), ['m0', 'm1', 'm2', 'm3', 'm4']);
  await api.delete(`${configMaps}/m2b`);
});

test('pages across namespaces with a selector', async () => {
  const seen: string[] = [];
  let token = '';
  do {
    const page: {
      metadata: Record<string, string>;
      items: { metadata: Record<string, string> }[];
    } = ok(await api.get(`${all}&limit=2${token === '' ? '' : `&continue=${token}`}`));
    assert.equal(page.metadata['remainingItemCount'], undefined);
    seen.push(...page.items.map(({ metadata }) => `${metadata['namespace']}/${metadata['name']}`));
    token = encodeURIComponent(page.metadata['continue'] ?? '');
  } while (token !== '');
  assert.deepEqual(seen, [
    'pages-2/m0',
    'pages/m0',
    'pages/m1',
    'pages/m2',
    'pages/m3',
    'pages/m4',
  ]);
});

test('tokens and versions that are none', async () => {
  const refused = async (query: string, code: number, reason: string, message: RegExp) => {
    const reply = await api.get(`${configMaps}?${query}`);
    assert.equal(reply.code, code, reply.text);
    assert.equal(reply.body.reason, reason);
    assert.match(reply.body.message, message);
  };
  await refused(
    'continue=%20',
    400,
    'BadRequest',
    /^invalid continue token: continue key is not valid: illegal base64 data at input byte 0$/,
  );
  await refused(
    'continue=e30',
    400,
    'BadRequest',
    /server does not recognize this encoded version/,
  );
  const outside = Buffer.from(
    JSON.stringify({ v: 'meta.k8s.io/v1', rv: 1, start: '../secrets/x' }),
  ).toString('base64url');
  await refused(`continue=${outside}`, 400, 'BadRequest', /not valid: ..\/secrets\/x$/);
  for (const [token, why] of [
    [[], 'json: cannot unmarshal array into Go value of type storage.continueToken'],
    [{ v: 5 }, 'json: cannot unmarshal number into Go struct field continueToken.v of type string'],
    [
      { RV: 1.5 },
      'json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64',
    ],
  ] as const) {
    const sent = Buffer.from(JSON.stringify(token)).toString('base64url');
    await refused(`continue=${sent}`, 400, 'BadRequest', new RegExp(`not valid: ${why}$`));
  }
  await refused('limit=x', 400, 'BadRequest', /strconv.ParseInt: parsing "x": invalid syntax/);
  await refused(
    'resourceVersion=x',
    400,
    'BadRequest',
    /^invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax$/,
  );
  await refused(
    'resourceVersionMatch=Exact',
    422,
    'Invalid',
    /^ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided$/,
  );
  await refused('resourceVersion=1&resourceVersionMatch=Near', 422, 'Invalid', /Unsupported value/);
  await refused('resourceVersion=0&resourceVersionMatch=Exact', 422, 'Invalid', /is forbidden for/);
  await refused(
    'sendInitialEvents=true',
    422,
    'Invalid',
    /sendInitialEvents is forbidden for list/,
  );
  await refused(
    'resourceVersion=99999999&resourceVersionMatch=Exact',
    504,
    'Timeout',
    /^Timeout: Too large resource version: 99999999, current: \d+$/,
  );
});

test('selectors', async () => {
  const of = async (query: string) => names(ok(await api.get(`${configMaps}?${query}`)));
  assert.deepEqual(await of('labelSelector=even%3Dtrue'), ['m0', 'm2', 'm4']);
  assert.deepEqual(await of('labelSelector=even%20notin%20(true),set'), ['m1', 'm3']);
  assert.deepEqual(await of('labelSelector=%21set'), []);
  assert.deepEqual(await of('fieldSelector=metadata.name%3Dm3'), ['m3']);
  assert.deepEqual(await of('fieldSelector=metadata.name%21%3Dm3,metadata.namespace%3Dpages'), [
    'm0',
    'm1',
    'm2',
    'm4',
  ]);
  for (const everything of ['fieldSelector=%3D', 'fieldSelector=,', 'labelSelector=%20']) {
    const { metadata } = ok(await api.get(`${configMaps}?limit=2&${everything}`));
    assert.equal(metadata.remainingItemCount, 3, everything);
  }
  const unknown = await api.get(`${configMaps}?fieldSelector=data.a%3D1`);
  assert.equal(unknown.code, 400);
  assert.equal(
    unknown.body.message,
    '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
  );
  for (const [path, message] of [
    ['/api/v1/nodes?fieldSelector=toString%3D1', 'field label not supported: toString'],
    [
      '/api/v1/nodes?fieldSelector=metadata.namespace%3D1',
      'field label not supported: metadata.namespace',
    ],
    ['/apis/batch/v1/jobs?fieldSelector=a%3D1', 'field label "a" not supported for batchv1.Job'],
    [
      '/apis/resource.k8s.io/v1/resourceslices?fieldSelector=a%3D1',
      'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: a',
    ],
    [
      '/apis/apps/v1/replicasets?fieldSelector=status.replicas%3D1',
      '"status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ] as const) {
    const reply = await api.get(path);
    assert.equal(reply.code, 400, reply.text);
    assert.equal(reply.body.message, message);
  }
  ok(await api.get('/apis/storage.k8s.io/v1/storageclasses?fieldSelector=metadata.namespace%3Da'));
  const bad = await api.get(`${configMaps}?labelSelector=a%20in%20x`);
  assert.equal(bad.code, 400);
  assert.match(bad.body.message, /unable to parse requirement/);
  const pods = await api.get('/api/v1/pods?fieldSelector=status.phase%3DRunning');
  assert.deepEqual(ok(pods).items, []);
});

test('tables, metadata only, YAML and pretty JSON', async () => {
  const table = ok(
    await api.get(`${configMaps}?limit=1`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    }),
  );
  assert.equal(table.kind, 'Table');
  assert.equal(table.apiVersion, 'meta.k8s.io/v1');
  assert.notEqual(table.metadata.continue, undefined);
  assert.deepEqual(
    table.columnDefinitions.map((c: { name: string }) => c.name),
    ['Name', 'Data', 'Age'],
  );
  assert.deepEqual(table.rows[0].cells.slice(0, 2), ['m0', 1]);
  assert.equal(table.rows[0].object.kind, 'PartialObjectMetadata');

  const partial = ok(
    await api.get(configMaps, {
      accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    }),
  );
  assert.equal(partial.kind, 'PartialObjectMetadataList');
  assert.equal(partial.items[0].data, undefined);
  assert.deepEqual(partial.items[0].metadata.labels, { set: 'a', even: 'true' });

  const one = ok(
    await api.get(`${configMaps}/m0`, {
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    }),
  );
  assert.equal(one.kind, 'PartialObjectMetadata');

  const yaml = await api.get(`${configMaps}/m0`, { accept: 'application/yaml' });
  assert.equal(yaml.headers['content-type'], 'application/yaml');
  assert.equal((parseYaml(yaml.text) as { kind: string }).kind, 'ConfigMap');

  const pretty = await api.get(`${configMaps}/m0?pretty=true`);
  assert.match(pretty.text, /^\{\n {2}"kind"/);
  assert.equal((await api.get(`${configMaps}/m0`)).text.split('\n').length, 2);

  const protobuf = await api.get(configMaps, { accept: 'application/vnd.kubernetes.protobuf' });
  assert.equal(protobuf.headers['content-type'], 'application/vnd.kubernetes.protobuf');
  assert.equal(protobuf.raw.subarray(0, 4).toString('latin1'), 'k8s\0');

  const none = await api.get(configMaps, { accept: 'text/html' });
  assert.equal(none.code, 406);
  assert.equal(
    none.body.message,
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  );
  assert.equal(ok(await api.get(configMaps, { accept: 'text/html, */*;q=0.1' })).items.length, 5);
});

test('large answers are compressed for those who take it', async () => {
  const body = configMap('large', {});
  Object.assign(body.data, { text: 'x'.repeat(200_000) });
  assert.equal((await api.create(configMaps, body)).code, 201);
  const packed = await api.get(`${configMaps}/large`, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  const plain = await api.get(`${configMaps}/large`);
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.deepEqual(JSON.parse(gunzipSync(packed.raw).toString()), plain.body);
  const small = await api.get(`${configMaps}/m0`, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(small.headers['content-encoding'], undefined);
  await api.delete(`${configMaps}/large`);
});

test('a page is full before anybody knows what follows; of any state there are no pages', async () => {
  const even = ok(await api.get(`${configMaps}?labelSelector=even%3Dfalse&limit=2`));
  assert.deepEqual(names(even), ['m1', 'm3']);
  const token = encodeURIComponent(even.metadata.continue);
  const rest = ok(
    await api.get(`${configMaps}?labelSelector=even%3Dfalse&limit=2&continue=${token}`),
  );
  assert.deepEqual(rest.items, []);
  assert.equal(rest.metadata.continue, undefined);
  const whole = ok(await api.get(`${configMaps}?limit=2&resourceVersion=0`));
  assert.deepEqual(names(whole), ['m0', 'm1', 'm2', 'm3', 'm4']);
  assert.equal(whole.metadata.continue, undefined);
});

test('a page by an indexed field goes on only where more of its value follow', async () => {
  const pods = '/api/v1/namespaces/pages/pods';
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  await api.create('/api/v1/namespaces/pages/serviceaccounts', account);
  for (const [name, nodeName] of [
    ['a', 'one'],
    ['b', 'two'],
    ['c', 'one'],
    ['d', 'two'],
  ]) {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { pod: name } },
      spec: { nodeName, containers: [{ name: 'a', image: 'a' }] },
    };
    assert.equal((await api.create(pods, pod)).code, 201);
  }
  const page = async (query: string) => {
    const { items, metadata } = ok(await api.get(`${pods}?${query}`));
    assert.equal(metadata.remainingItemCount, undefined);
    return [names({ items }).join(), metadata.continue !== undefined];
  };
  const on = (node: string, limit: number): string =>
    `fieldSelector=spec.nodeName%3D${node}&limit=${limit}`;
  assert.deepEqual(await page(on('one', 1)), ['a', true]);
  assert.deepEqual(await page(on('one', 2)), ['a,c', false]);
  assert.deepEqual(await page(on('two', 2)), ['b,d', false]);
  // by nothing but the index does upstream look
  assert.deepEqual(await page(`${on('one', 1)}&labelSelector=pod%3Da`), ['a', true]);
  assert.deepEqual(await page('labelSelector=pod%3Da&limit=1'), ['a', true]);
});

test('each group of Events knows the fields of its own names', async () => {
  const core = '/api/v1/namespaces/pages/events';
  const other = '/apis/events.k8s.io/v1/namespaces/pages/events';
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', namespace: 'pages', name: 'a' },
    reportingComponent: 'tester',
  };
  assert.equal((await api.create(core, event)).code, 201);
  const select = (path: string, field: string, value: string): Promise<Reply> =>
    api.get(`${path}?fieldSelector=${field}%3D${value}`);
  for (const [path, own, foreign] of [
    [core, 'involvedObject.name', 'regarding.name'],
    [other, 'regarding.name', 'involvedObject.name'],
  ] as const) {
    assert.deepEqual(names(ok(await select(path, own, 'a'))), ['e']);
    assert.deepEqual(names(ok(await select(path, 'source', 'tester'))), ['e']);
    const refusal = await select(path, foreign, 'a');
    assert.deepEqual(
      [refusal.code, refusal.body.message],
      [400, `field label not supported: ${foreign}`],
    );
  }
  assert.deepEqual(names(ok(await select(core, 'reportingComponent', 'tester'))), ['e']);
  assert.equal((await select(core, 'reportingController', 'tester')).code, 400);
  assert.deepEqual(names(ok(await select(other, 'reportingController', 'tester'))), ['e']);
  assert.equal((await select(other, 'reportingComponent', 'tester')).code, 400);
});
