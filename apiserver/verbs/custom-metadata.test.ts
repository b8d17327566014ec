import assert from 'node:assert/strict';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { ApiClient, type Reply, refused, stored } from './api-client.ts';

/** Expectations are the answers of upstream's generic API server with apiextensions-apiserver 0.36.4. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
  const definition = (plural: string, kind: string, scope: string) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope,
      names: { plural, kind },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  });
  for (const made of [
    definition('widgets', 'Widget', 'Namespaced'),
    definition('gadgets', 'Gadget', 'Cluster'),
  ]) {
    stored(await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', made), 201);
  }
});
after(() => api.stop());

const widgets = '/apis/example.com/v1/namespaces/default/widgets';

const widget = (name: string, metadata: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, ...metadata },
});

test('metadata of custom objects has the types of ObjectMeta', async () => {
  const wrong: [object, string][] = [
    [{ labels: 5 }, 'number into Go struct field ObjectMeta.labels of type map[string]string'],
    [{ labels: { a: 5 } }, 'number into Go struct field ObjectMeta.labels of type string'],
    [
      { annotations: { a: true } },
      'bool into Go struct field ObjectMeta.annotations of type string',
    ],
    [{ finalizers: 'x' }, 'string into Go struct field ObjectMeta.finalizers of type []string'],
    [{ generateName: 5 }, 'number into Go struct field ObjectMeta.generateName of type string'],
    [{ name: 5 }, 'number into Go struct field ObjectMeta.name of type string'],
    [
      { managedFields: 'x' },
      'string into Go struct field ObjectMeta.managedFields of type []v1.ManagedFieldsEntry',
    ],
    [
      { deletionGracePeriodSeconds: 'x' },
      'string into Go struct field ObjectMeta.deletionGracePeriodSeconds of type int64',
    ],
  ];
  for (const [metadata, words] of wrong) {
    refused(
      await api.create(widgets, widget('wrong', metadata)),
      400,
      'BadRequest',
      `Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal ${words}`,
    );
  }
  refused(
    await api.create(widgets, widget('wrong', { creationTimestamp: 'x' })),
    400,
    'BadRequest',
    /cannot be handled as a Widget: parsing time "x" as /,
  );
});

test('an object that a patch leaves without metadata has no name', async () => {
  stored(await api.create(widgets, widget('nameless')), 201);
  const why =
    'the name of the object (nameless based on URL) was undeterminable: name must be provided';
  const at = `${widgets}/nameless`;
  refused(await api.patch(at, 'merge', { metadata: null }), 400, 'BadRequest', why);
  const remove = [{ op: 'remove', path: '/metadata' }];
  refused(await api.patch(at, 'json', remove), 400, 'BadRequest', why);
});

test('unknown metadata is dropped with a warning, null labels are empty', async () => {
  const made = await api.create(widgets, widget('odd', { unknown: 1, labels: { a: null } }));
  const { metadata } = stored(made, 201);
  assert.equal('unknown' in metadata, false);
  assert.deepEqual(metadata.labels, { a: '' });
  assert.equal(made.headers['warning'], '299 - "unknown field \\"metadata.unknown\\""');
  refused(
    await api.create(`${widgets}?fieldValidation=Strict`, widget('strict', { unknown: 1 })),
    400,
    'BadRequest',
    /strict decoding error: unknown field "metadata.unknown"$/,
  );
  const managers = await api.patch(`${widgets}/odd`, 'merge', { metadata: { managedFields: 'x' } });
  assert.equal('kind' in managers.body.details, false);
  refused(
    managers,
    422,
    'Invalid',
    /json: cannot unmarshal string into Go struct field ObjectMeta.managedFields of type \[\]v1.ManagedFieldsEntry$/,
  );
});

test('finalizers of custom objects are warned of, and may stand twice', async () => {
  const path = (name: string, path: string) =>
    `299 - "metadata.finalizers: \\"${name}\\": prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers"`;
  const bare = await api.create(widgets, widget('bare', { finalizers: ['bad', 'orphan'] }));
  stored(bare, 201);
  assert.equal(bare.headers['warning'], path('bad', ''));
  const dotted = await api.create(widgets, widget('dotted', { finalizers: ['a.b'] }));
  assert.equal(dotted.headers['warning'], path('a.b', ' including a path (/)'));
  const kept = await api.patch(`${widgets}/bare`, 'merge', { metadata: { labels: { a: 'b' } } });
  assert.equal(kept.headers['warning'], undefined);
  const twice = await api.create(widgets, widget('twice', { finalizers: ['a.b/c', 'a.b/c'] }));
  assert.deepEqual(stored(twice, 201).metadata.finalizers, ['a.b/c', 'a.b/c']);
});

/** A GET of a path that a URL would not hold as it is. */
function asWritten(path: string): Promise<{ code: number; message: string }> {
  const { hostname, port } = new URL(api.server.url);
  const headers = { authorization: `Bearer ${api.server.token}` };
  const options = { hostname, port, path, headers, ca: api.server.ca, agent: false };
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
      void json(response).then(
        (body) => resolve(body as { code: number; message: string }),
        reject,
      );
    });
    call.on('error', reject);
    call.end();
  });
}

function noPage(reply: Reply): void {
  assert.equal(reply.code, 404, reply.text);
  assert.equal(reply.text, '404 page not found\n');
  assert.equal(reply.headers['content-type'], 'text/plain; charset=utf-8');
}

test('paths of custom resources that are none', async () => {
  noPage(await api.get('/apis/example.com/v1/nothing'));
  noPage(await api.get('/apis/example.com/v1/namespaces/default/gadgets'));
  noPage(await api.get('/apis/example.com/v1/widgets/a'));
  noPage(await api.create('/apis/example.com/v1/widgets', widget('a')));
  noPage(await api.delete('/apis/example.com/v1/widgets'));
  refused(await api.get(`${widgets}/a/nope`), 404, 'NotFound', 'widgets.example.com "a" not found');
  refused(
    await api.delete(`${widgets}/a/status`),
    405,
    'MethodNotAllowed',
    'delete is not supported on resources of kind "widgets.example.com"',
  );
  refused(
    await api.ask('OPTIONS', widgets),
    405,
    'MethodNotAllowed',
    ' is not supported on resources of kind "widgets.example.com"',
  );
  refused(await api.put(widgets, widget('a')), 400, 'BadRequest', 'name must be provided');
});

test('nothing is deleted across namespaces', async () => {
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stays' } };
  stored(await api.create(configMaps, made), 201);
  refused(
    await api.delete('/api/v1/configmaps'),
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );
  stored(await api.get(`${configMaps}/stays`));
});

test('the path of old watches a custom resource, whatever the method', async () => {
  const of = '/apis/example.com/v1/watch/namespaces/default/widgets';
  stored(await api.create(widgets, widget('watched')), 201);
  for (const method of ['POST', 'PUT', 'PATCH']) {
    const all = await api.ask(method, `${of}?timeoutSeconds=1`);
    assert.match(all.text, /^\{"type":"ADDED".*"name":"watched"/m);
    const none = await api.ask(method, `${of}/nobody?timeoutSeconds=1`);
    assert.deepEqual([none.code, none.text], [200, '']);
  }
});

test('dots are no names, and no name has a percent sign', async () => {
  for (const at of ['/api/v1/namespaces/default/configmaps', widgets]) {
    const reply = await asWritten(`${at}/..`);
    assert.equal(reply.code, 400);
    assert.equal(reply.message, `Name parameter invalid: "..": may not be '..'`);
    const why = `Name parameter invalid: "a%b": may not contain '%'`;
    refused(await api.get(`${at}/a%25b`), 400, 'BadRequest', why);
    assert.equal((await api.get(`${at}/a%25b`, { accept: 'text/html' })).code, 406);
  }
  // what is not there has no name to look at
  assert.equal((await api.get(`${widgets}/a%25b/parts`)).code, 404);
});

test('what only the system sets is gone before fields are owned; an apply that creates starts anew', async () => {
  const sent = widget('fresh', {
    deletionTimestamp: '2020-01-01T00:00:00Z',
    deletionGracePeriodSeconds: 3,
  });
  assert.equal(stored(await api.create(widgets, sent), 201).metadata.managedFields, undefined);
  const applied = widget('applied', { resourceVersion: '1' });
  stored(await api.patch(`${widgets}/applied?fieldManager=m`, 'apply', applied), 201);
  refused(
    await api.create(widgets, widget('posted', { resourceVersion: '1' })),
    500,
    undefined,
    'resourceVersion should not be set on objects to be created',
  );
});
