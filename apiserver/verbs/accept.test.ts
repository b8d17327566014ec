import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeProtobufObject } from '../../schema/protobuf.ts';
import { ApiClient, refused, stored } from './api-client.ts';

/** What a client accepts, and where that is decided, as v1.36 answered the same requests. */
let api: ApiClient;
const configMaps = '/api/v1/namespaces/default/configmaps';
const widgets = '/apis/accept.example.com/v1/namespaces/default/widgets';
const protobuf = 'application/vnd.kubernetes.protobuf';
const meta = 'g=meta.k8s.io;v=v1';
const types = `application/json, application/yaml, ${protobuf}`;
const only = `only the following media types are accepted: ${types}`;

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.accept.example.com' },
  spec: {
    group: 'accept.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

before(async () => {
  api = await ApiClient.start();
  const at = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  stored(await api.create(at, definition), 201);
  for (let tries = 0; (await api.get(widgets)).code !== 200; tries++) {
    assert.ok(tries < 100, 'the resource is not served');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stored(await api.create(widgets, widget('shown', { spec: { replicas: 2 } })), 201);
});
after(() => api.stop());

function widget(name: string, more: object = {}): object {
  return {
    apiVersion: 'accept.example.com/v1',
    kind: 'Widget',
    metadata: { name },
    ...more,
  };
}

function configMap(name: string, data: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

test('who can take no answer is told so before anything is done', async () => {
  const accept = `application/json;as=Thing;${meta}`;
  for (const [path, object] of [
    [configMaps, configMap('never')],
    [widgets, widget('never')],
  ] as const) {
    refused(await api.ask('POST', path, { body: object, accept }), 406, 'NotAcceptable', only);
    assert.equal((await api.get(`${path}/never`)).code, 404);
    stored(await api.create(path, object), 201);
    for (const [method, ask] of [
      ['PATCH', { body: { data: { a: 'b' } }, type: 'application/merge-patch+json' }],
      ['PUT', { body: object }],
      ['DELETE', {}],
    ] as const) {
      const reply = await api.ask(method, `${path}/never`, { ...ask, accept });
      refused(reply, 406, 'NotAcceptable', only);
    }
    assert.equal(stored(await api.get(`${path}/never`)).data?.a, undefined);
    refused(await api.get(`${path}/absent`, { accept }), 406, 'NotAcceptable', only);
  }
});

test('custom objects have no protobuf, and upstream names it nevertheless', async () => {
  refused(await api.get(`${widgets}/shown`, { accept: 'text/html' }), 406, 'NotAcceptable', only);
  for (const path of [`${widgets}/shown`, `${widgets}/shown/scale`]) {
    const reply = await api.get(path, { accept: protobuf });
    assert.equal(reply.code, 406);
    assert.equal(decodeProtobufObject(reply.raw).message, only);
    const next = await api.get(path, { accept: `${protobuf}, application/json` });
    assert.deepEqual([next.code, next.headers['content-type']], [200, 'application/json']);
  }
  const stream = await api.get(`${widgets}?watch=1`, { accept: 'application/yaml' });
  assert.equal(stream.code, 406);
  assert.match(
    stream.text,
    /^message: 'only the following media types are accepted: application\/json;stream=watch,\n {2}application\/vnd\.kubernetes\.protobuf;stream=watch'$/m,
  );
  const accept = `application/json;as=PartialObjectMetadataList;${meta}`;
  const reply = await api.get(`${widgets}/shown`, { accept });
  refused(reply, 500, undefined, 'content is not a list');
});

test('types of bodies are read with their parameters', async () => {
  const unknown = `the body of the request was in an unknown format - accepted media types include: ${types}`;
  for (const type of [
    'application/json;;',
    'application/json; q',
    'application/json; charset="utf-8',
    '*/*',
    'text/plain',
  ]) {
    for (const [path, object] of [
      [configMaps, configMap('typed')],
      [widgets, widget('typed')],
    ] as const) {
      const reply = await api.create(path, object, { type });
      refused(reply, 415, 'UnsupportedMediaType', unknown);
      const gone = await api.ask('DELETE', `${path}/typed`, { body: {}, type });
      refused(gone, 415, 'UnsupportedMediaType', unknown);
    }
  }
  const written = [
    'application/json;',
    'Application/JSON; charset="a;b"; x=y',
    'application/json;a=b',
  ];
  for (const [index, type] of written.entries()) {
    stored(await api.create(configMaps, configMap(`typed-${index}`), { type }), 201);
  }
  const patched = await api.ask('PATCH', `${widgets}/shown`, {
    body: {},
    type: 'APPLICATION/merge-patch+json',
  });
  assert.equal(patched.code, 415);
});

test('a protobuf envelope without a kind is of the kind of the URL', async () => {
  const message = Buffer.from([0x0a, 6, 0x0a, 4, ...Buffer.from('bare')]);
  const body = Buffer.concat([
    Buffer.from('k8s\0'),
    Buffer.from([0x0a, 0, 0x12, message.length]),
    message,
  ]);
  const made = stored(await api.create(configMaps, body, { type: protobuf }), 201);
  assert.deepEqual([made.kind, made.metadata.name], ['ConfigMap', 'bare']);
  const options = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0a, 0])]);
  const gone = await api.ask('DELETE', `${configMaps}/bare`, { body: options, type: protobuf });
  assert.equal(stored(gone).status, 'Success');
});

test('lists of metadata: none is null, and v1beta1 has its fields the other way round', async () => {
  const kind = 'as=PartialObjectMetadataList;g=meta.k8s.io';
  const empty = await api.get(`${configMaps}?labelSelector=none`, {
    accept: `application/json;${kind};v=v1`,
  });
  assert.equal(empty.body.items, null);
  const ask = async (version: string): Promise<Buffer> => {
    const accept = `${protobuf};${kind};v=${version}`;
    const { raw } = await api.get(`${widgets}?fieldSelector=metadata.name%3Dshown`, { accept });
    // behind the magic and the type: the number of the first field of the message itself
    const start = raw.indexOf('PartialObjectMetadataList') + 'PartialObjectMetadataList'.length;
    return raw.subarray(start);
  };
  const name = (bytes: Buffer): number => bytes.indexOf('shown');
  const revision = (bytes: Buffer): number => bytes.lastIndexOf(0x12);
  const [now, before] = [await ask('v1'), await ask('v1beta1')];
  assert.ok(name(now) > name(before), 'the version of the list stands before the items in v1');
  assert.ok(revision(before) > name(before), 'and behind them in v1beta1');
});

test('a review is no row of a Table, its metadata is', async () => {
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { nonResourceAttributes: { path: '/', verb: 'get' } },
  };
  const ask = (as: string, more = '') =>
    api.create(reviews, body, { accept: `application/json;as=${as};${meta}${more}` });
  refused(await ask('Table'), 406, 'NotAcceptable', only);
  assert.equal(stored(await ask('Table', ',application/json'), 201).kind, body.kind);
  assert.equal(stored(await ask('PartialObjectMetadata'), 201).kind, 'PartialObjectMetadata');
});

test('discovery in every form, and /version in JSON alone', async () => {
  for (const [path, kind] of [
    ['/api', 'APIVersions'],
    ['/apis', 'APIGroupList'],
    ['/apis/apps', 'APIGroup'],
    ['/apis/apps/v1', 'APIResourceList'],
    ['/apis/accept.example.com/v1', 'APIResourceList'],
  ] as const) {
    const reply = await api.get(path, { accept: protobuf });
    assert.deepEqual([reply.code, reply.headers['content-type']], [200, protobuf], path);
    assert.ok(reply.raw.includes(kind), path);
    const pretty = await api.get(`${path}?pretty=1`);
    assert.ok(pretty.text.startsWith('{\n  "kind"'), pretty.text);
  }
  const available = '406: Not Acceptable\n\nAvailable representations: ';
  for (const path of ['/api', '/api/v1', '/apis/apps/v1']) {
    const reply = await api.get(path, { accept: 'text/html' });
    refused(reply, 406, 'NotAcceptable', `${available}${types}`);
  }
  // these have no route
  for (const path of ['/apis', '/apis/accept.example.com/v1']) {
    refused(await api.get(path, { accept: 'text/html' }), 406, 'NotAcceptable', only);
  }
  const version = await api.get('/version', { accept: 'application/*' });
  refused(version, 406, 'NotAcceptable', `${available}application/json`);
});

test('the router refuses a write by its types and its length before anybody reads it', async () => {
  const of = (available: string) =>
    `415: Unsupported Media Type\n\nAvailable representations: ${available}`;
  const html = { accept: 'text/html' };
  const patches = [
    [undefined, {}, of('')],
    [undefined, { accept: 'text/html' }, of('')],
    ['application/merge-patch+json', html, of(types)],
  ] as const;
  // without one, Node.js says that the length is zero
  const unsaid = { 'transfer-encoding': 'chunked' };
  for (const [type, ask, message] of patches) {
    const headers = { ...unsaid, ...(type === undefined ? {} : { 'content-type': type }) };
    const reply = await api.ask('PATCH', `${configMaps}/none`, { ...ask, headers });
    refused(reply, 415, 'UnsupportedMediaType', message);
  }
  const sent = { body: '{}', type: 'foo/bar' };
  const wrong = await api.ask('PATCH', `${configMaps}/none`, { ...html, ...sent });
  refused(wrong, 415, 'UnsupportedMediaType', '415: Unsupported Media Type');
  const none = await api.ask('PATCH', `${configMaps}/none`);
  const nothing = '406: Not Acceptable\n\nAvailable representations: ';
  refused(none, 406, 'NotAcceptable', nothing);
  const several = 'foo/bar, application/merge-patch+json';
  const list = await api.ask('PATCH', `${configMaps}/none`, { body: '{}', type: several });
  refused(list, 415, 'UnsupportedMediaType', /^the body of the request was in an unknown format/);
  refused(
    await api.ask('POST', configMaps, { ...html, headers: unsaid }),
    415,
    'UnsupportedMediaType',
    of(types),
  );
  const full = await api.create(configMaps, {}, html);
  refused(full, 406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${types}`);
  const nameless = await api.create(configMaps, {}, { type: ';charset=utf-8' });
  refused(nameless, 415, 'UnsupportedMediaType', /^the body of the request/);
});

test('128 KiB are not compressed, a byte more is', async () => {
  const threshold = 128 * 1024;
  const ask = async (letters: number, encoding: string): ReturnType<typeof api.get> => {
    const at = `${configMaps}/edge`;
    const data = { a: 'x'.repeat(letters) };
    const body = { ...configMap('edge', data) };
    const { code } = await api.get(at);
    if (code === 404) stored(await api.create(configMaps, body), 201);
    else stored(await api.ask('PUT', at, { body }));
    return api.get(at, { headers: { 'accept-encoding': encoding } });
  };
  let letters = threshold - 1000;
  // once more where the version has got a digit more
  for (let tries = 0; tries < 3; tries++) {
    letters += threshold - (await ask(letters, 'identity')).raw.length;
  }
  const exact = await ask(letters, 'gzip');
  assert.deepEqual(
    [exact.raw.length, exact.headers['content-encoding'], exact.headers['vary']],
    [threshold, undefined, undefined],
  );
  const more = await ask(letters + 1, 'gzip');
  assert.deepEqual(
    [more.headers['content-encoding'], more.headers['vary']],
    ['gzip', 'Accept-Encoding'],
  );
});

test('the columns of every Table are described as the fields they show', async () => {
  for (const path of [configMaps, widgets]) {
    const { body } = await api.get(path, { accept: `application/json;as=Table;${meta}` });
    const described = (name: string): string =>
      body.columnDefinitions.find((column: { name: string }) => column.name === name).description;
    assert.match(described('Name'), /^Name must be unique within a namespace\. Is required when/);
    assert.match(
      described('Age'),
      /^CreationTimestamp is a timestamp representing the server time/,
    );
  }
});
