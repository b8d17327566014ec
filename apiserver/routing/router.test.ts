import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseYaml } from '../../object/yaml.ts';
import { ApiClient, refused, stored } from '../verbs/api-client.ts';

let api: ApiClient;
const namespace = '/api/v1/namespaces/default';
const configMaps = `${namespace}/configmaps`;
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

before(async () => {
  api = await ApiClient.start();
  stored(await api.create(configMaps, { metadata: { name: 'a' } }), 201);
});
after(() => api.stop());

const page = { code: 404, text: '404 page not found\n' };
const noPath = { code: 404, text: 'the server could not find the requested resource' };
const noMethod = {
  code: 405,
  text: 'the server does not allow this method on the requested resource',
};

async function answered(
  method: string,
  path: string,
  wanted: { code: number; text: string },
): Promise<void> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} };
  const reply = await api.ask(method, path, { type, ...body });
  const text: string = reply.body?.message ?? reply.text;
  assert.deepEqual({ code: reply.code, text }, wanted, `${method} ${path}`);
}

test('a path without a document is not there, whatever the method', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const path of ['/api/v2', '/apis/apps/v2']) await answered(method, path, noPath);
    if (method !== 'GET') await answered(method, '/apis/apps/v1', noMethod);
  }
});

test('aggregated discovery may be kept by anybody, and says so when nothing has changed', async () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  for (const path of ['/api', '/apis']) {
    const whole = await api.get(path, { accept });
    const { etag = '' } = whole.headers;
    const headers = { 'if-none-match': String(etag) };
    const same = await api.get(path, { accept, headers });
    assert.deepEqual([whole.code, same.code], [200, 304]);
    for (const { headers: told } of [whole, same]) {
      const { vary, etag: tag, 'cache-control': cached } = told;
      assert.deepEqual([cached, vary, tag], ['public', 'Accept', etag]);
    }
  }
});

test('aggregated discovery in each form that is served', async () => {
  const wanted = ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const json = await api.get('/apis', { accept: `*/*${wanted}` });
  assert.equal(json.headers['content-type'], `application/json${wanted}`);
  const yaml = await api.get('/apis', { accept: `application/yaml${wanted}` });
  assert.equal(yaml.headers['content-type'], `application/yaml${wanted}`);
  assert.deepEqual(parseYaml(yaml.text), json.body);
  const protobuf = `application/vnd.kubernetes.protobuf${wanted}`;
  const bytes = await api.get('/apis', { accept: protobuf });
  assert.equal(bytes.headers['content-type'], protobuf);
  assert.match(
    bytes.raw.toString('latin1'),
    /^k8s\0[^]*apidiscovery\.k8s\.io\/v2[^]*admissionregist/,
  );
  const pretty = await api.get('/apis?pretty=1', { accept: `application/json${wanted}` });
  assert.match(pretty.text, /^\{\n {2}"kind": "APIGroupDiscoveryList",\n/);
  const tags = [json, yaml, bytes, pretty].map(({ headers }) => headers['etag']);
  assert.equal(new Set(tags).size, 1);
});

test('paths are what they decode to', async () => {
  for (const path of ['/%61pi/v1', '/version%2f', '/healthz/%70ing', '/api%2fv1/nodes']) {
    assert.equal((await api.get(path)).code, 200, path);
  }
  for (const path of ['/apis//', '/apis//apps']) await answered('GET', path, page);
  await answered('GET', '/version/x', noPath);
});

test('a namespace that would lead elsewhere among the keys has none', async () => {
  for (const [method, path, key] of [
    ['GET', '/api/v1/namespaces%2f../configmaps', '/configmaps/..'],
    ['GET', '/api/v1/namespaces%2f../configmaps?watch=1', '/configmaps/..'],
    ['DELETE', '/api/v1/namespaces%2f./services/x', '/services/specs/./x'],
    ['GET', '/apis/apps/v1/namespaces%2f./deployments/x/scale', '/deployments/./x'],
  ] as const) {
    const { code, body } = await api.ask(method, path);
    assert.deepEqual([code, body.message, body.reason], [500, `invalid key: "${key}"`, undefined]);
  }
});

test('methods and segments that have no route', async () => {
  const watched = '/api/v1/watch/namespaces/default/configmaps';
  for (const method of ['POST', 'DELETE', 'PUT']) await answered(method, watched, noMethod);
  for (const method of ['GET', 'PATCH', 'POST']) {
    await answered(method, `${namespace}/finalize`, noMethod);
  }
  await answered('POST', `${namespace}/pods/x/ephemeralcontainers`, noMethod);
  for (const method of ['POST', 'DELETE']) {
    await answered(method, '/apis/apps/v1/namespaces/default/deployments/x/scale', noMethod);
  }
  await answered('GET', `${namespace}/pods/x/status/y`, noPath);
});

test('metrics are compressed for whoever takes it', async () => {
  const encoded = async (encoding: string) => {
    const { headers } = await api.get('/metrics', { headers: { 'accept-encoding': encoding } });
    return headers['content-encoding'];
  };
  for (const one of ['gzip', 'br, gzip', 'gzip;q=0.5, x']) assert.equal(await encoded(one), 'gzip');
  for (const one of ['gzip;q=0', 'GZIP', '*', ',gzip,'])
    assert.equal(await encoded(one), undefined);
});

test('a special verb of nothing is nothing that can be described', async () => {
  for (const path of ['/api/v1/watch', '/apis/apps/v1/watch/', '/api/v1/proxy?a=b&c']) {
    const { code, text, headers } = await api.get(path);
    assert.equal(code, 500);
    const shown = path.replace('&', '&amp;');
    const why = 'failed to create RequestInfo: unable to determine kind and namespace from url';
    assert.equal(text, `Internal Server Error: "${shown}": ${why}, ${shown}\n`);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(headers['cache-control'], undefined);
  }
  await answered('GET', '/api/v1/proxy/nodes/x', noPath);
});

test('a slash at the end is not seen where there are routes', async () => {
  for (const path of [
    '/api/',
    '/api/v1/',
    '/apis/',
    '/apis/apps/',
    '/apis/apps/v1/',
    '/version/',
  ]) {
    assert.equal((await api.get(path)).text, (await api.get(path.slice(0, -1))).text, path);
  }
  for (const path of [
    '/api/v1/namespaces/',
    `${configMaps}/`,
    `${configMaps}/a/`,
    `${namespace}/`,
  ]) {
    assert.equal((await api.get(path)).code, 200, path);
  }
  for (const path of ['/healthz/', '/metrics/', '/healthz/nope', '//api/v1/namespaces']) {
    await answered('GET', path, page);
  }
});

test('all namespaces together can be read, and nothing else', async () => {
  for (const method of ['DELETE', 'POST', 'PUT', 'PATCH']) {
    await answered(method, '/api/v1/configmaps', noMethod);
  }
  assert.equal((await api.get(`${configMaps}/a`)).code, 200);
  const path = '/apis/authorization.k8s.io/v1/localsubjectaccessreviews';
  await answered('POST', path, noPath);
});

test('of custom resources the RequestInfo decides', async () => {
  stored(
    await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition),
    201,
  );
  const things = '/apis/example.com/v1/namespaces/default/things';
  for (let i = 0; i < 100 && (await api.get(things)).code !== 200; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal((await api.get(`${things}/`)).code, 200);
  assert.equal((await api.get('/apis/example.com/v1/')).code, 200);
  assert.equal((await api.ask('HEAD', things)).code, 200);
  const name = { code: 404, text: 'things.example.com "a\\x00" not found' };
  await answered('GET', `${things}/a%00`, name);
  assert.equal((await api.ask('POST', '/apis/example.com/v1', { body: {} })).code, 200);
  await answered('GET', '/apis/example.com/v9', page);
  await answered('POST', '/apis/example.com/v9', page);
  await answered('DELETE', '/apis/example.com/v1/things', page);
  await answered('GET', '/apis/example.com/v1/things/a', page);
  for (const path of ['/apis/example.com/v9', '/apis/example.com/v9/', '/apis/none.example/v1']) {
    await answered('GET', path, page);
    await answered('POST', path, page);
  }
  await answered('GET', '/apis/apps/v9', noPath);
  assert.equal((await api.ask('POST', '/apis/example.com/v1')).body.kind, 'APIResourceList');
  await answered('PATCH', things, { code: 400, text: 'name must be provided' });
  refused(
    await api.patch(things, 'strategic', {}),
    415,
    'UnsupportedMediaType',
    /^the body of the request was in an unknown format - accepted media types include: application\/json-patch/,
  );
  const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'b' } };
  stored(await api.create(`${things}/a`, thing), 201);
  assert.equal((await api.get(`${things}/a`)).code, 404);
  assert.equal((await api.get(`${things}/b`)).code, 200);
  const nameless = await api.create(`${things}/a`, { ...thing, metadata: {} });
  refused(nameless, 422, 'Invalid', /name or generateName is required$/);
});

test('HEAD is a method of paths without routes alone, and tells the length', async () => {
  const long = (await api.get('/apis')).raw.length;
  const head = await api.ask('HEAD', '/apis');
  assert.deepEqual(
    [head.code, head.headers['content-length'], head.raw.length],
    [200, `${long}`, 0],
  );
  for (const path of [
    '/api',
    '/version',
    configMaps,
    `${configMaps}/a`,
    '/api/v1/nodes/a/status',
  ]) {
    assert.equal((await api.ask('HEAD', path)).code, 405, path);
  }
  assert.equal((await api.ask('HEAD', '/api/v1/configmaps/a')).code, 404);
});

test('a refusal by the authorizer and a single check have the headers of upstream', async () => {
  const refusal = await api.get('/metrics', { headers: { authorization: '' } });
  assert.deepEqual([refusal.code, refusal.headers['x-content-type-options']], [403, 'nosniff']);
  const check = await api.get('/livez/ping');
  assert.deepEqual([check.text, check.headers['x-content-type-options']], ['ok', undefined]);
});

test('a time limit that is not above 0 asks for nothing', async () => {
  for (const limit of ['0', '-1s', '', '10s']) {
    assert.equal((await api.get(`${configMaps}?timeout=${limit}`)).code, 200, limit);
  }
  const text = 'invalid timeout specified in the request URL - time: invalid duration "x"';
  refused(await api.get(`${configMaps}?timeout=x`), 400, 'BadRequest', text);
  const rune = 'invalid field selector: unescaped character in value: 61';
  const selector = encodeURIComponent('metadata.name===a');
  refused(await api.get(`${configMaps}?fieldSelector=${selector}`), 400, 'BadRequest', rune);
});
