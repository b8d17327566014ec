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

test('a float is none of the integers of a built-in kind, whole or not', async () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const deployment = (replicas: string, more = ''): string =>
    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":${replicas},${more}"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","image":"a"}]}}}}`;
  const cannot =
    'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal';
  for (const replicas of ['2.0', '1.0e1', '20E-1', '1e999']) {
    const field = 'Go struct field DeploymentSpec.spec.replicas of type int32';
    refused(
      await api.create(deployments, deployment(replicas)),
      400,
      'BadRequest',
      `${cannot} number ${replicas} into ${field}`,
    );
  }
  refused(
    await api.create(
      deployments,
      deployment('1', '"strategy":{"rollingUpdate":{"maxSurge":1.0}},'),
    ),
    400,
    'BadRequest',
    `${cannot} number 1.0 into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32`,
  );
  stored(await api.create(deployments, deployment('1', '"other":1e999,')), 201);
  const change = (type: 'merge' | 'strategic', replicas: string): Promise<Reply> =>
    api.patch(`${deployments}/a`, type, `{"spec":{"replicas":${replicas}}}`);
  refused(
    await change('merge', '2.0'),
    422,
    'Invalid',
    /\\?"replicas\\?":2\.0,.*: json: cannot unmarshal number 2\.0 into Go struct field DeploymentSpec\.spec\.replicas of type int32$/,
  );
  const tooLarge = 'json: cannot unmarshal number 1e999 into Go value of type float64';
  refused(await change('merge', '1e999'), 400, 'BadRequest', `error decoding patch: ${tooLarge}`);
  refused(await change('strategic', '1e999'), 400, 'BadRequest', tooLarge);
  assert.equal(stored(await change('strategic', '2.0')).spec.replicas, 2);
  const operation = '[{"op":"replace","path":"/spec/replicas","value":3.0}]';
  assert.equal((await api.patch(`${deployments}/a`, 'json', operation)).code, 422);
  const limits = stored(
    await api.create(
      '/api/v1/namespaces/default/limitranges',
      '{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"a"},"spec":{"limits":[{"type":"Pod","max":{"cpu":2.0,"memory":1e3}}]}}',
    ),
    201,
  );
  assert.deepEqual(limits.spec.limits[0].max, { cpu: '2', memory: '1e3' });
  const revision = await api.create(
    '/apis/apps/v1/namespaces/default/controllerrevisions',
    '{"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"a"},"revision":1,"data":{"a":[1.0]}}',
  );
  assert.ok(revision.text.includes('"data":{"a":[1]}'), revision.text);
});

test('a float of a custom object is one to its rules until it is stored', async () => {
  const field = { type: 'object', properties: { replicas: { type: 'integer' } } };
  const properties = { half: { type: 'number', minimum: 1.5 }, ...field.properties };
  stored(
    await api.create(
      definitions,
      definition({
        plural: 'gadgets',
        kind: 'Gadget',
        schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties }, status: field },
        },
        version: {
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
          },
        },
      }),
    ),
    201,
  );
  const gadgets = '/apis/example.com/v1/namespaces/default/gadgets';
  const gadget = (more: string): string =>
    `{"apiVersion":"example.com/v1","kind":"Gadget","metadata":{"name":"a"},${more}}`;
  const invalid = 'Gadget.example.com "a" is invalid: ';
  const noInteger = (path: string): string =>
    `${invalid}${path}: Invalid value: 0: ${path} accessor error: 2 is of the type float64, expected int64`;
  const create = (more: string): Promise<Reply> => api.create(gadgets, gadget(more));
  refused(await create('"spec":{"replicas":2.0}'), 422, 'Invalid', noInteger('.spec.replicas'));
  refused(
    await create('"spec":{"half":1.0}'),
    422,
    'Invalid',
    `${invalid}spec.half: Invalid value: 1: spec.half in body should be greater than or equal to 1.5`,
  );
  refused(
    await create('"spec":{"half":-1e400}'),
    400,
    'BadRequest',
    'Gadget in version "v1" cannot be handled as a Gadget: json: cannot unmarshal number -1e400 into Go value of type float64',
  );
  const made = stored(await create('"spec":{"replicas":2,"half":2e0}'), 201);
  const at = `${gadgets}/a`;
  const version = `"resourceVersion":"${made.metadata.resourceVersion}"`;
  const put = (path: string, more: string): Promise<Reply> =>
    api.put(path, gadget(more).replace('"name"', `${version},"name"`));
  const half = '"half":2';
  refused(
    await put(at, `"spec":{"replicas":2.0,${half}}`),
    422,
    'Invalid',
    noInteger('.spec.replicas'),
  );
  refused(
    await api.patch(at, 'merge', '{"spec":{"replicas":2.0}}'),
    422,
    'Invalid',
    noInteger('.spec.replicas'),
  );
  const status = await put(`${at}/status`, '"status":{"replicas":2.0}');
  refused(status, 422, 'Invalid', noInteger('.status.replicas'));
  const written = stored(await api.patch(at, 'merge', '{"spec":{"half":3.0}}'));
  assert.deepEqual(written.spec, { half: 3, replicas: 2 });
});
