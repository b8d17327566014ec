import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { type Ask, ApiClient } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };

/** An object in its envelope of protobuf. */
function sent(apiVersion: string, kind: string, message: number[]): Buffer {
  const field = (number: number, bytes: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const type = Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, Buffer.from(message))]);
}

const handled = (why: string): RegExp =>
  new RegExp(`^ConfigMap in version "v1" cannot be handled as a ConfigMap: ${why}`);

async function untouched(): Promise<void> {
  const list = await api.get(configMaps);
  assert.equal(list.code, 200);
  assert.deepEqual(list.body.items, []);
}

test('bodies that are none', async () => {
  const yaml = 'application/yaml';
  const protobuf = 'application/vnd.kubernetes.protobuf';
  const rubbish = Buffer.from([0, 1, 2, 255, 254]);
  const refused: [body: Ask['body'], type: string, code: number, message: RegExp][] = [
    [
      '',
      '',
      400,
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: unexpected end of JSON input \(<empty>\)$/,
    ],
    ['{', '', 400, /: unexpected end of JSON input \({\)$/],
    ['null', '', 422, /name or generateName is required/],
    ['{"kind":1}', '', 400, /cannot unmarshal number into Go struct field .kind of type string/],
    ['[]', '', 400, /cannot unmarshal array/],
    ['"x"', '', 400, /cannot unmarshal string/],
    [rubbish, '', 400, /invalid character/],
    ['{"a":'.repeat(20_000), '', 400, /json parse error/],
    [{ ...configMap, metadata: 'x' }, '', 400, /field ConfigMap.metadata of type v1.ObjectMeta/],
    [{ ...configMap, metadata: { name: 5 } }, '', 400, /metadata.name of type string/],
    [{ ...configMap, metadata: null }, '', 422, /name or generateName is required/],
    [{ ...configMap, kind: 'ConfigMapList' }, '', 400, /cannot be handled as a ConfigMap/],
    [{ ...configMap, apiVersion: 'a/b/c' }, '', 400, /ConfigMap/],
    [{ ...configMap, metadata: { name: 'x', namespace: 'y' } }, '', 400, /namespace/],
    [{ ...configMap, data: { 'bad key': '1' } }, '', 422, /data\[bad key\]: Invalid value/],
    [{ ...configMap, data: { a: 1 } }, '', 400, /cannot unmarshal number/],
    [{ ...configMap, data: { a: 'x'.repeat(2 << 20) } }, '', 422, /\[\]: Too long: may not be/],
    [Buffer.alloc(10 << 20, 0x20), '', 413, /Request entity too large: limit is 3145728/],
    ['a: b: c', yaml, 400, /: yaml: mapping values are not allowed .* \(613a20623a2063\)$/],
    [rubbish, protobuf, 400, /does not appear to be a protobuf message/],
    ['k8s\0rubbish', protobuf, 400, /\(must be of type ConfigMap\): unexpected EOF \(6b3873/],
    ['k8s\0', protobuf, 400, /\(must be of type ConfigMap\): empty body \(6b387300\)$/],
    [sent('v1', 'ConfigMap', [0x0a, 0x50]), protobuf, 400, handled('unexpected EOF')],
    [sent('v1', 'ConfigMap', [7]), protobuf, 400, handled('proto: ConfigMap: illegal tag 0 ')],
    [sent('v1', 'ConfigMap', [0x7c]), protobuf, 400, handled('proto: ConfigMap: wiretype end ')],
    [
      sent('v1', 'Nope', []),
      protobuf,
      400,
      /^Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "pkg\//,
    ],
    [
      sent('v9', 'ConfigMap', []),
      protobuf,
      400,
      /^ConfigMap in version "v9" cannot be handled as a ConfigMap: no kind /,
    ],
    [sent('a/b/c', 'ConfigMap', []), protobuf, 422, /name or generateName is required/],
    [configMap, 'text/plain', 415, /accepted media types include: application\/json, /],
  ];
  for (const [body, type, code, message] of refused) {
    const reply = await api.create(configMaps, body, type === '' ? {} : { type });
    assert.equal(reply.code, code, reply.text);
    assert.equal(reply.body.kind, 'Status');
    assert.match(reply.body.message, message);
  }
  await untouched();
});

test('paths and methods that are none', async () => {
  const unknown = 'the server could not find the requested resource';
  const method = 'the server does not allow this method on the requested resource';
  const refused: [method: string, path: string, code: number, message: string][] = [
    ['GET', '/api/v1/nothings', 404, unknown],
    ['GET', '/api/v9/configmaps', 404, unknown],
    ['GET', '/apis/apps/v9/deployments', 404, unknown],
    ['GET', `${configMaps}/a/b`, 404, unknown],
    ['GET', `${configMaps}/a%2Fb`, 404, unknown],
    ['GET', '/api/v1/configmaps/a', 404, unknown],
    ['GET', '/api/v1/namespaces/default/nodes', 404, unknown],
    ['GET', `${configMaps}/%ff`, 404, 'configmaps "\ufffd" not found'],
    ['POST', '/api/v1/configmaps', 405, method],
    ['POST', `${configMaps}/a`, 405, method],
    ['PUT', configMaps, 405, method],
    ['PATCH', configMaps, 405, method],
    ['OPTIONS', configMaps, 405, method],
    ['TRACE', configMaps, 405, method],
    ['PROPFIND', configMaps, 405, method],
    ['POST', '/api/v1', 405, method],
    ['DELETE', '/apis/apps/v1', 405, method],
    ['OPTIONS', '/api', 405, method],
    ['PUT', '/version', 405, method],
    ['POST', '/openid/v1/jwks', 405, method],
  ];
  for (const [verb, path, code, message] of refused) {
    const reply = await api.ask(verb, path);
    assert.equal(reply.code, code, `${verb} ${path}: ${reply.text}`);
    assert.equal(reply.body.message, message);
    assert.deepEqual(reply.body.details ?? {}, path.endsWith('%ff') ? reply.body.details : {});
  }
  for (const path of ['/healthz', '/apis', '/apis/apps', '/openapi/v2']) {
    assert.equal((await api.ask('POST', path)).code, 200, path);
  }
  for (const path of ['/nowhere', '/apis/none/v1', '/apis/none/v1/things']) {
    const reply = await api.get(path);
    assert.equal(reply.code, 404);
    assert.equal(reply.text, '404 page not found\n');
  }
});

test('queries that are none', async () => {
  const refused: [query: string, code: number, message: RegExp][] = [
    ['limit=1x', 400, /parsing "1x": invalid syntax/],
    ['limit=99999999999999999999', 400, /value out of range/],
    ['watch=1&timeoutSeconds=x', 400, /strconv.ParseInt/],
    ['labelSelector=%00', 400, /unable to parse requirement/],
    [`labelSelector=${'a,'.repeat(1000)}`, 400, /expected: identifier after ','/],
    ['fieldSelector=metadata.name', 400, /invalid selector/],
    ['timeout=x', 400, /invalid timeout specified in the request URL/],
  ];
  for (const [query, code, message] of refused) {
    const reply = await api.get(`${configMaps}?${query}`);
    assert.equal(reply.code, code, `${query}: ${reply.text}`);
    assert.match(reply.body.message, message);
  }
  for (const name of ['kept', 'none']) {
    const one = await api.get(`${configMaps}/${name}?export=true`);
    assert.equal(one.code, 400);
    assert.match(one.body.message, /^the export parameter, deprecated since v1.14, is no longer/);
  }
  const manager = await api.create(`${configMaps}?fieldManager=${'x'.repeat(200)}`, configMap);
  assert.equal(manager.code, 422);
  assert.match(manager.body.message, /fieldManager: Too long: may not be more than 128 bytes/);
  await untouched();
});

test('names from JavaScript are names like others', async () => {
  const body = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto","labels":{"constructor":"a"}},"data":{"__proto__":"1","toString":"2"}}`;
  assert.equal((await api.create(configMaps, body)).code, 201);
  const patched = await api.patch(`${configMaps}/proto`, 'merge', '{"data":{"__proto__":"3"}}');
  assert.equal(patched.code, 200);
  const found = await api.get(`${configMaps}/proto?`);
  assert.match(found.text, /"data":\{"__proto__":"3","toString":"2"\}/);
  const selected = await api.get(`${configMaps}?labelSelector=toString`);
  assert.deepEqual(selected.body.items, []);
  await api.delete(`${configMaps}/proto`);
});

test('a body that breaks off, comes slowly or lies about its length stores nothing', async () => {
  const head = (length: number, more = '') =>
    `POST ${configMaps}?${more} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.server.token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const body = JSON.stringify(configMap);
  const sendAnd = (text: string, then: (socket: ReturnType<typeof connectTls>) => void) =>
    new Promise<string>((resolve) => {
      const { port } = new URL(api.server.url);
      const socket = connectTls(
        { port: Number(port), host: '127.0.0.1', ca: api.server.ca, ALPNProtocols: ['http/1.1'] },
        () => socket.write(text, () => then(socket)),
      );
      let seen = '';
      socket.on('data', (part: Buffer) => (seen += part.toString()));
      socket.on('error', () => {});
      socket.on('close', () => resolve(seen));
    });
  await sendAnd(head(body.length + 10) + body, (socket) => socket.destroy());
  await sendAnd(head(body.length + 10) + body, (socket) => socket.end());
  const slow = await sendAnd(head(body.length, 'timeout=300ms') + body.slice(0, 9), (socket) => {
    setTimeout(() => socket.end(body.slice(9)), 600);
  });
  assert.match(slow, /^HTTP\/1\.1 504 /);
  // as upstream's filter writes it: no kind, and no media type of an API
  assert.match(slow, /\r\ncontent-type: text\/plain; charset=utf-8\r\n/i);
  assert.match(
    slow,
    /\r\n\{"metadata":\{\},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout","details":\{\},"code":504\}\n$/,
  );
  await sendAnd('\x16\x03rubbish\r\n\r\n', (socket) => socket.end());
  await untouched();
});

test('over HTTP/2 it is the same', async () => {
  const session = connectHttp2(api.server.url, { ca: api.server.ca });
  const call = (headers: Record<string, string>, body?: string | Buffer) =>
    new Promise<{ code: number; text: string }>((resolve, reject) => {
      const stream = session.request({
        authorization: `Bearer ${api.server.token}`,
        ...headers,
      });
      let code = 0;
      let text = '';
      stream.on('response', (response) => {
        code = Number(response[':status']);
      });
      stream.on('data', (part: Buffer) => (text += part.toString()));
      stream.on('error', reject);
      stream.on('end', () => resolve({ code, text }));
      stream.end(body);
    });
  const post = { ':method': 'POST', ':path': configMaps, 'content-type': 'application/json' };
  assert.equal((await call(post, '{')).code, 400);
  assert.equal((await call(post, Buffer.alloc(4 << 20, 0x20))).code, 413);
  assert.equal((await call({ ':path': `${configMaps}/%ff` })).code, 404);
  assert.equal((await call({ ':path': '/nowhere' })).text, '404 page not found\n');
  const cut = session.request({ ...post, authorization: `Bearer ${api.server.token}` });
  cut.on('error', () => {});
  cut.write('{"apiVersion"');
  await new Promise((resolve) => setTimeout(resolve, 50));
  cut.destroy();
  assert.equal((await call({ ':path': '/readyz' })).text, 'ok');
  session.close();
  await untouched();
});

test('a name with characters that do not print is quoted as Go quotes it', async () => {
  const message = async (method: string, path: string, body?: object) =>
    (await api.ask(method, path, body === undefined ? {} : { body })).body.message;
  assert.equal(
    await message('GET', `${configMaps}/a%00%E2%80%A8`),
    String.raw`configmaps "a\x00\u2028" not found`,
  );
  const named = { ...configMap, metadata: { name: 'a\u0007b' } };
  assert.match(
    await message('POST', configMaps, named),
    /^ConfigMap "a\\ab" is invalid: metadata.name: Invalid value: "a\\ab": /,
  );
});

/** What upstream, too, answers with 500: an apply configuration that does not fit its schema. */
const notTyped = /"message":"failed to create typed patch object/;

test('whatever comes is answered, and never with a 500', async () => {
  const path = fc.oneof(
    fc.constantFrom(configMaps, `${configMaps}/x`, '/api/v1/namespaces', '/apis/apps/v1'),
    fc.webPath(),
  );
  const query = fc.webQueryParameters();
  const body = fc.oneof(
    fc.json(),
    fc.string(),
    fc.jsonValue().map((data) => JSON.stringify({ ...configMap, data, metadata: data })),
    fc.jsonValue().map((metadata) => JSON.stringify({ ...configMap, metadata })),
  );
  const type = fc.constantFrom(
    'application/json',
    'application/yaml',
    'application/merge-patch+json',
    'application/json-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
  );
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
  await fc.assert(
    fc.asyncProperty(method, path, query, body, type, async (verb, at, asked, sent, media) => {
      const timed = `${at}?${asked}&timeoutSeconds=1&dryRun=All&fieldManager=fuzz`;
      const reply = await api.ask(verb, timed, verb === 'GET' ? {} : { body: sent, type: media });
      const expected = reply.code >= 200 && (reply.code < 500 || notTyped.test(reply.text));
      assert.ok(expected, `${verb} ${timed}: ${reply.text}`);
    }),
    { numRuns: 300 },
  );
  await untouched();
});
