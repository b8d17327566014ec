import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeProtobufObject } from '../../schema/protobuf.ts';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
const configMaps = '/api/v1/namespaces/default/configmaps';
const protobuf = 'application/vnd.kubernetes.protobuf';
const meta = 'g=meta.k8s.io;v=v1';

before(async () => {
  api = await ApiClient.start();
  const data = { b: '1', a: 'true', c: 'two\nlines\n' };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shown' }, data };
  stored(await api.create(configMaps, object), 201);
});
after(() => api.stop());

const typeOf = async (path: string, accept: string) =>
  (await api.get(path, { accept })).headers['content-type'];

test('the Accept header is a list with weights', async () => {
  const at = `${configMaps}/shown`;
  for (const [accept, type] of [
    ['*/*', 'application/json'],
    ['application/yaml;q=0.5, application/json;q=0.4', 'application/yaml'],
    ['*/*, application/yaml', 'application/yaml'],
    ['text/html, application/yaml;q=0.9, */*;q=0.8', 'application/yaml'],
    // a weight that is no number is none, a wildcard waits for what is said exactly
    [`${protobuf};q=x,application/json`, 'application/json'],
    ['*/*, application/yaml;q=0.1', 'application/yaml'],
    ['application/json;sv=v1beta1, application/yaml;sv=v1', 'application/yaml'],
    ['application/json;stream=;as=, application/yaml', 'application/json'],
    [`application/yaml;stream=watch, ${protobuf}`, protobuf],
    ['application/*, application/json;q=0.1', 'application/json'],
    ['application/json;stream=other, application/yaml', 'application/yaml'],
    ['application/cbor, application/yaml', 'application/yaml'],
    [`${protobuf};as=Table;${meta},application/yaml`, 'application/yaml'],
    [`${protobuf};as=PartialObjectMetadata;${meta}`, protobuf],
  ] as const) {
    assert.equal(await typeOf(at, accept), type, accept);
  }
  const types = `application/json, application/yaml, ${protobuf}`;
  const streams = `application/json;stream=watch, ${protobuf};stream=watch`;
  // these the router refuses, by what its route may give
  for (const accept of ['application/cbor', 'text/html', 'application/*', 'a b;;q=x']) {
    const text = `406: Not Acceptable\n\nAvailable representations: ${types}`;
    refused(await api.get(at, { accept }), 406, 'NotAcceptable', text);
    refused(await api.get(configMaps, { accept }), 406, 'NotAcceptable', `${text}, ${streams}`);
  }
  for (const accept of [
    `application/json;as=Thing;${meta}`,
    'application/json;as=Table;g=other;v=v1',
    `${protobuf};as=Table;${meta}`,
  ]) {
    const text = `only the following media types are accepted: ${types}`;
    refused(await api.get(at, { accept }), 406, 'NotAcceptable', text);
  }
});

test('CBOR is no type of a body', async () => {
  refused(
    await api.create(configMaps, 'x', { type: 'application/cbor' }),
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${protobuf}`,
  );
  refused(
    await api.ask('PATCH', `${configMaps}/shown`, {
      body: 'x',
      type: 'application/apply-patch+cbor',
    }),
    415,
    'UnsupportedMediaType',
    '415: Unsupported Media Type',
  );
});

test('metadata alone in protobuf', async () => {
  const one = await api.get(`${configMaps}/shown`, {
    accept: `${protobuf};as=PartialObjectMetadata;${meta}`,
  });
  const object = decodeProtobufObject(one.raw);
  assert.equal(object.kind, 'PartialObjectMetadata');
  assert.equal(object.apiVersion, 'meta.k8s.io/v1');
  assert.equal(object.metadata.name, 'shown');
  const all = await api.get(configMaps, {
    accept: `${protobuf};as=PartialObjectMetadataList;${meta}`,
  });
  const list = decodeProtobufObject(all.raw) as unknown as { kind: string; items: object[] };
  assert.equal(list.kind, 'PartialObjectMetadataList');
  assert.ok(list.items.length > 0);
});

test('one is not many', async () => {
  refused(
    await api.get(`${configMaps}/shown`, {
      accept: `application/json;as=PartialObjectMetadataList;${meta}`,
    }),
    406,
    'NotAcceptable',
    'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
  );
  refused(
    await api.get('/apis/apps/v1/deployments', {
      accept: `application/json;as=PartialObjectMetadata;${meta}`,
    }),
    406,
    'NotAcceptable',
    'you requested PartialObjectMetadata, but the requested object is a list (*apps.DeploymentList)',
  );
});

test('what a Table holds of its objects', async () => {
  const ask = async (include: string) =>
    api.get(`${configMaps}/shown?includeObject=${include}`, {
      accept: `application/json;as=Table;${meta}`,
    });
  assert.equal(stored(await ask('None')).rows[0].object, null);
  assert.equal(stored(await ask('')).rows[0].object.kind, 'PartialObjectMetadata');
  assert.equal(stored(await ask('Object')).rows[0].object.kind, 'ConfigMap');
  refused(
    await ask('All'),
    400,
    'BadRequest',
    `Unable to convert to Table as requested: includeObject: Invalid value: "All": must be 'Metadata', 'Object', 'None', or empty`,
  );
});

test('columns of built-in kinds are described', async () => {
  const accept = `application/json;as=Table;${meta}`;
  const described = async (path: string): Promise<Record<string, string>> => {
    const { columnDefinitions } = stored(await api.get(path, { accept }));
    const pairs = columnDefinitions.map((one: { name: string; description: string }) => [
      one.name,
      one.description,
    ]);
    return Object.fromEntries(pairs);
  };
  const pods = await described('/api/v1/pods');
  assert.equal(pods['Ready'], 'The aggregate readiness state of this pod for accepting traffic.');
  assert.match(pods['Node'] ?? '', /^NodeName indicates in which node this pod is scheduled/);
  const events = await described('/apis/events.k8s.io/v1/events');
  assert.equal(events['Object'], 'The object that this event is about.');
  const silent: string[] = [];
  for (const { name } of (await api.get('/apis')).body.groups) {
    const { body } = await api.get(`/apis/${name}/v1`);
    for (const { name: resource, verbs } of body?.resources ?? []) {
      if (!verbs.includes('list')) continue;
      const columns = await described(`/apis/${name}/v1/${resource}`);
      for (const [column, text] of Object.entries(columns)) {
        if (text === '') silent.push(`${resource} ${column}`);
      }
    }
  }
  // upstream looks for it where it is not
  assert.deepEqual(silent, ['runtimeclasses Handler']);
});

test('refusals have the form that was asked for', async () => {
  const yaml = await api.get(`${configMaps}/absent`, { accept: 'application/yaml' });
  assert.equal(yaml.code, 404);
  assert.equal(
    yaml.text,
    'apiVersion: v1\ncode: 404\ndetails:\n  kind: configmaps\n  name: absent\nkind: Status\nmessage: configmaps "absent" not found\nmetadata: {}\nreason: NotFound\nstatus: Failure\n',
  );
  const bytes = await api.get(`${configMaps}/absent`, { accept: protobuf });
  assert.equal(bytes.headers['content-type'], protobuf);
  const status = decodeProtobufObject(bytes.raw);
  assert.equal(status.kind, 'Status');
  assert.equal(status.code, 404);
  const templates = '/api/v1/namespaces/default/podtemplates';
  const gone = await api.get(`${templates}?watch=1&resourceVersion=1`, { accept: protobuf });
  assert.equal(gone.code, 200);
  assert.equal(gone.headers['content-type'], `${protobuf};stream=watch`);
  assert.equal(gone.raw.readUInt32BE(0), gone.raw.length - 4);
  assert.match(gone.text, /ERROR.*Expired/s);
});

test('YAML has upstream order and style, pretty JSON no newline at its end', async () => {
  const yaml = await api.get(`${configMaps}/shown`, { accept: 'application/yaml' });
  assert.match(
    yaml.text,
    /^apiVersion: v1\ndata:\n {2}a: "true"\n {2}b: "1"\n {2}c: \|\n {4}two\n {4}lines\nkind: ConfigMap\nmetadata:\n {2}creationTimestamp: /,
  );
  assert.match(yaml.text, /\n {2}managedFields:\n {2}- apiVersion: v1\n/);
  const plain = await api.get(`${configMaps}/shown`);
  assert.ok(plain.text.endsWith('}\n'));
  for (const ask of [
    { headers: { 'user-agent': 'curl/8' } },
    { accept: 'application/json;pretty=1' },
  ]) {
    const pretty = await api.get(`${configMaps}/shown`, ask);
    assert.ok(pretty.text.startsWith('{\n  "kind": "ConfigMap",\n'), pretty.text);
    assert.ok(pretty.text.endsWith('\n}'));
  }
  const not = await api.get(`${configMaps}/shown?pretty=false`, {
    headers: { 'user-agent': 'curl/8' },
  });
  assert.equal(not.text, plain.text);
});

test('only large answers are compressed, only for those who name gzip', async () => {
  const large = { a: 'x'.repeat(128 * 1024) };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'large' }, data: large };
  stored(await api.create(configMaps, object), 201);
  const encoding = async (name: string, accepted: string) =>
    (await api.get(`${configMaps}/${name}`, { headers: { 'accept-encoding': accepted } })).headers[
      'content-encoding'
    ];
  assert.equal(await encoding('large', 'gzip'), 'gzip');
  assert.equal(await encoding('large', 'br, gzip'), 'gzip');
  assert.equal(await encoding('large', 'gzip;q=0'), undefined);
  assert.equal(await encoding('large', 'br'), undefined);
  assert.equal(await encoding('shown', 'gzip'), undefined);
});

test('text has the escapes of upstream, in every form of JSON', async () => {
  const escaped = '\\u003ca \\u0026 b\\u003e \\u2028\\u2029 \u00fc';
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'escaped', annotations: { text: '<a & b> \u2028\u2029 \u00fc' } },
  };
  const sent = await api.create(configMaps, object);
  assert.ok(stored(sent, 201) && sent.text.includes(escaped), sent.text);
  const at = `${configMaps}/escaped`;
  const table = `application/json;as=Table;${meta}`;
  for (const [path, accept] of [
    [at, 'application/json'],
    [`${at}?pretty=true`, 'application/json'],
    [configMaps, 'application/json'],
    [configMaps, table],
    [`${configMaps}?watch=true&timeoutSeconds=1`, 'application/json'],
    [`${configMaps}?watch=true&timeoutSeconds=1`, table],
  ] as const) {
    const { text } = await api.get(path, { accept });
    assert.ok(text.includes(escaped), `${path} ${accept}: ${text}`);
  }
  const refusal = await api.get(`${configMaps}?fieldSelector=${encodeURIComponent('a<b')}`);
  assert.ok(refusal.text.includes('a\\u003cb'), refusal.text);
  assert.ok((await api.get(at, { accept: 'application/yaml' })).text.includes('<a & b>'));
});
