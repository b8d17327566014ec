import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { definition, definitions } from './definition-fixture.ts';
import { ApiClient, type Reply, refused, stored } from './api-client.ts';

/** Expectations are the answers of upstream's generic API server with apiextensions-apiserver 0.36.4. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
  const integer = { type: 'integer' };
  const spec = {
    type: 'object',
    properties: {
      int: integer,
      list: { type: 'array', items: integer, 'x-kubernetes-list-type': 'set' },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      bounded: { type: 'integer', maximum: 1e16 },
      ruled: {
        type: 'integer',
        'x-kubernetes-validations': [{ rule: 'self != 9007199254740992' }],
      },
    },
  };
  stored(
    await api.create(
      definitions,
      definition({
        plural: 'widgets',
        kind: 'Widget',
        schema: { type: 'object', properties: { spec } },
        version: {
          additionalPrinterColumns: [{ name: 'Int', type: 'integer', jsonPath: '.spec.int' }],
        },
      }),
    ),
    201,
  );
});
after(() => api.stop());

const widgets = '/apis/example.com/v1/namespaces/default/widgets';
const templates = '/api/v1/namespaces/default/podtemplates';
const widget = (name: string, spec: string) =>
  `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"${name}"},"spec":${spec}}`;

/** The spec in a reply, byte for byte. */
function specOf(reply: Reply): string | undefined {
  assert.ok(reply.code < 300, reply.text);
  return /"spec":(\{.*\})\}/.exec(reply.text)?.[1];
}

test('custom objects keep every digit of an int64, by whatever way they come and go', async () => {
  const spec =
    '{"free":{"a":[-9007199254740993]},"int":9223372036854775807,"list":[9007199254740993,9007199254740992]}';
  const stream = await api.watch(`${widgets}?watch=true`);
  assert.equal(specOf(await api.create(widgets, widget('a', spec))), spec);
  assert.equal(specOf(await api.get(`${widgets}/a`)), spec);
  assert.ok((await api.get(widgets)).text.includes(spec));
  assert.equal((await stream.next()).type, 'ADDED');
  stream.close();
  assert.ok(stream.text.includes(spec), stream.text);
  const table = await api.get(`${widgets}/a`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  assert.match(table.text, /"cells":\["a",9223372036854775807\]/);

  const merged = await api.patch(`${widgets}/a`, 'merge', '{"spec":{"int":9007199254740995}}');
  assert.equal(specOf(merged), spec.replace('9223372036854775807', '9007199254740995'));
  const test = '{"op":"test","path":"/spec/int","value":9007199254740995}';
  const patched = await api.patch(
    `${widgets}/a`,
    'json',
    `[${test},{"op":"replace","path":"/spec/int","value":9223372036854775807}]`,
  );
  assert.equal(specOf(patched), spec);
  assert.equal((await api.patch(`${widgets}/a`, 'json', `[${test}]`)).code, 422);
  assert.equal(specOf(await api.put(`${widgets}/a`, patched.text)), spec);
});

test('server-side apply tells such numbers apart', async () => {
  const at = `${widgets}/applied`;
  const applied = await api.patch(
    `${at}?fieldManager=x`,
    'apply',
    widget('applied', '{"int":9007199254740993,"list":[9007199254740993]}'),
  );
  assert.equal(specOf(applied), '{"int":9007199254740993,"list":[9007199254740993]}');
  assert.ok(applied.text.includes('"v:9007199254740993":{}'), applied.text);
  refused(
    await api.patch(
      `${at}?fieldManager=y`,
      'apply',
      'apiVersion: example.com/v1\nkind: Widget\nspec:\n  int: 9007199254740992\n',
    ),
    409,
    'Conflict',
    'Apply failed with 1 conflict: conflict with "x": .spec.int',
  );
  const more = await api.patch(
    `${at}?fieldManager=y`,
    'apply',
    widget('applied', '{"int":9007199254740993,"list":[9007199254740992]}'),
  );
  assert.ok(specOf(more)?.includes('"list":[9007199254740993,9007199254740992]'), more.text);
});

test('rules judge them exactly; beyond an int64 is no integer', async () => {
  const invalid = 'Widget.example.com "b" is invalid: ';
  const create = (spec: string): Promise<Reply> => api.create(widgets, widget('b', spec));
  refused(
    await create('{"bounded":10000000000000001}'),
    422,
    'Invalid',
    `${invalid}spec.bounded: Invalid value: 10000000000000001: spec.bounded in body should be less than or equal to 10000000000000000`,
  );
  refused(
    await create('{"ruled":9007199254740992}'),
    422,
    'Invalid',
    `${invalid}spec.ruled: Invalid value: 9007199254740992: failed rule: self != 9007199254740992`,
  );
  assert.equal((await create('{"int":9223372036854775808}')).code, 422);
  const floats = '{"free":{"a":18446744073709551616},"ruled":9007199254740993}';
  assert.equal(
    specOf(await create(floats)),
    '{"free":{"a":18446744073709552000},"ruled":9007199254740993}',
  );
});

test('built-in objects keep them, in JSON and in protobuf', async () => {
  const seconds = '"tolerationSeconds":9223372036854775807';
  const made = await api.create(
    templates,
    `{"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"a"},"template":{"spec":{"containers":[{"name":"a","image":"a"}],"tolerations":[{"key":"a","operator":"Exists","effect":"NoExecute",${seconds}}]}}}`,
  );
  assert.equal(made.code, 201, made.text);
  assert.ok(made.text.includes(seconds), made.text);
  const protobuf = await api.get(`${templates}/a`, {
    accept: 'application/vnd.kubernetes.protobuf',
  });
  const put = await api.put(`${templates}/a`, protobuf.raw, {
    type: 'application/vnd.kubernetes.protobuf',
  });
  assert.equal(put.code, 200, put.text);
  assert.ok(put.text.includes(seconds), put.text);
  assert.equal(put.body.metadata.resourceVersion, made.body.metadata.resourceVersion);
});
