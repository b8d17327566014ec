import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { ApiClient } from '../verbs/api-client.ts';

/** Expectations are the bytes that upstream's generic API server 0.36.4 sends. */

let api: ApiClient;

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

/** The head of what comes, without the values that differ each time. */
function headOf(request: string): Promise<string[]> {
  const { hostname, port } = new URL(api.server.url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(
      { host: hostname, port: Number(port), ca: api.server.ca, ALPNProtocols: ['http/1.1'] },
      () => socket.write(request.replace('TOKEN', api.server.token)),
    );
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.destroy();
      resolve(text.slice(0, end).split('\r\n').map(withoutValue));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`ended after ${JSON.stringify(text)}`)));
  });
}

const withoutValue = (line: string): string =>
  line.replace(/^(Audit-Id|Date|X-Kubernetes-Pf-\w+-Uid|Content-Length): .*/, '$1');

const whole = [
  'Audit-Id',
  'Cache-Control: no-cache, private',
  'Content-Type: application/json',
  'X-Kubernetes-Pf-Flowschema-Uid',
  'X-Kubernetes-Pf-Prioritylevel-Uid',
  'Date',
  'Content-Length',
];

test('HTTP/1.1: names begin with capitals and stand in order; nothing is said of a connection that stays', async () => {
  const ask = 'GET /version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n';
  assert.deepEqual(await headOf(`${ask}\r\n`), ['HTTP/1.1 200 OK', ...whole]);
  assert.deepEqual(await headOf(`${ask}Connection: close\r\n\r\n`), [
    'HTTP/1.1 200 OK',
    ...whole,
    'Connection: close',
  ]);
});

test('HTTP/1.1: what is served as a document says its length itself', async () => {
  const ask = 'GET /openapi/v3 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n\r\n';
  const names = (await headOf(ask)).slice(1).map((line) => line.split(':')[0]);
  assert.equal(names.at(-1), 'Date');
  assert.equal(names[names.indexOf('Content-Length') + 1], 'Content-Type');
});

test('HTTP/1.1: a type that Go has to guess stands behind the length', async () => {
  const ask = 'GET /livez/ping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n\r\n';
  const behind = ['Date', 'Content-Length', 'Content-Type: text/plain; charset=utf-8'];
  assert.deepEqual((await headOf(ask)).slice(-3), behind);
  const { headers } = await api.get('/livez/ping');
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
});

test('HTTP/1.0: nothing is said of a connection that ends', async () => {
  const ask = 'GET /version HTTP/1.0\r\nAuthorization: Bearer TOKEN\r\n';
  const [, ...headers] = await headOf(`${ask}\r\n`);
  assert.deepEqual(headers, whole);
  const [, ...kept] = await headOf(`${ask}Connection: keep-alive\r\n\r\n`);
  assert.deepEqual(kept, [...whole, 'Connection: keep-alive']);
});

test('HTTP/1.1: a watch comes in chunks', async () => {
  const path = '/api/v1/namespaces?watch=1&timeoutSeconds=1';
  const ask = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n\r\n`;
  const head = await headOf(ask);
  const behind = ['Date', 'Transfer-Encoding: chunked'];
  assert.deepEqual(head, ['HTTP/1.1 200 OK', ...whole.slice(0, -2), ...behind]);
});

test('HTTP/1.1: the words beside a code are those of Go', async () => {
  const ask = [
    'POST /api/v1/namespaces HTTP/1.1',
    'Host: x',
    'Authorization: Bearer TOKEN',
    'Content-Type: application/json',
    'Content-Length: 4000000',
  ].join('\r\n');
  const [line] = await headOf(`${ask}\r\n\r\n${'x'.repeat(4_000_000)}`);
  assert.equal(line, 'HTTP/1.1 413 Request Entity Too Large');
});

test('the first of several Accept headers counts, as for Go', async () => {
  const lines = [
    'GET /api/v1/namespaces/default HTTP/1.1',
    'Host: x',
    'Authorization: Bearer TOKEN',
  ];
  const typeOf = async (...accepted: string[]) => {
    const asked = [...lines, ...accepted.map((type) => `Accept: ${type}`)].join('\r\n');
    const head = await headOf(`${asked}\r\n\r\n`);
    return head.find((line) => line.startsWith('Content-Type: '));
  };
  const [json, yaml] = ['application/json', 'application/yaml'];
  assert.equal(await typeOf(yaml, json), 'Content-Type: application/yaml');
  assert.equal(await typeOf(json, yaml), 'Content-Type: application/json');
});

test('HTTP/1.1: a body is asked for when somebody wants it, and other expectations are not met', async () => {
  const ask = (line: string, token: string, expect: string, length: number): Promise<string[]> =>
    headOf(
      `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nExpect: ${expect}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`,
    );
  const post = 'POST /api/v1/namespaces';
  const [wanted] = await ask(post, 'TOKEN', '100-continue', 2);
  assert.equal(wanted, 'HTTP/1.1 100 Continue');
  const unknown = await ask(post, 'nobody', '100-continue', 2);
  assert.deepEqual(
    [unknown[0], unknown.at(-1)],
    ['HTTP/1.1 401 Unauthorized', 'Connection: close'],
  );
  const [none] = await ask('GET /version', 'TOKEN', '100-continue', 0);
  assert.equal(none, 'HTTP/1.1 200 OK');
  const [wonders] = await ask(post, 'TOKEN', 'wonders', 2);
  assert.equal(wonders, 'HTTP/1.1 417 Expectation Failed');
});

test('HTTP/1.1: what is no request is told so in words', async () => {
  const refused = ['Content-Type: text/plain; charset=utf-8', 'Connection: close'];
  assert.deepEqual(await headOf('garbage\r\n\r\n'), ['HTTP/1.1 400 Bad Request', ...refused]);
  const long = await headOf(
    `GET /version HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(1_100_000)}\r\n\r\n`,
  );
  assert.deepEqual(long, ['HTTP/1.1 431 Request Header Fields Too Large', ...refused]);
  const many = Array.from({ length: 3_000 }, (_, i) => `X-${i}: v\r\n`).join('');
  const [line] = await headOf(
    `GET /version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n${many}\r\n`,
  );
  assert.equal(line, 'HTTP/1.1 200 OK');
});

test('what a client calls its request it is called in the answer', async () => {
  const id = 'x'.repeat(300);
  const { headers } = await api.ask('GET', '/version', { headers: { 'audit-id': id } });
  assert.equal(headers['audit-id'], id);
});

test('a token behind two spaces is none, and the client is told', async () => {
  const authorization = `Bearer  ${api.server.token}`;
  const { headers } = await api.ask('GET', '/api/v1/nodes', { headers: { authorization } });
  assert.match(
    String(headers['warning']),
    /^299 - "the provided Authorization header contains extra/,
  );
});

test('a limit that is none is refused in the words of Go', async () => {
  for (const [text, why] of [
    ['1', 'missing unit in duration \\"1\\"'],
    ['1x', 'unknown unit \\"x\\" in duration \\"1x\\"'],
    ['x', 'invalid duration \\"x\\"'],
    ['1h2', 'missing unit in duration \\"1h2\\"'],
  ]) {
    const reply = await api.get(`/api/v1/nodes?timeout=${text}`);
    assert.equal(reply.code, 400);
    assert.ok(reply.text.includes(`request URL - time: ${why}`), reply.text);
  }
});

test("HTTP/2: the settings are those of Go with upstream's sizes, in its order", async () => {
  const { hostname, port } = new URL(api.server.url);
  const frame = await new Promise<Buffer>((resolve, reject) => {
    const socket = connect(
      { host: hostname, port: Number(port), ca: api.server.ca, ALPNProtocols: ['h2'] },
      () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
    );
    socket.on('data', (bytes: Buffer) => {
      socket.destroy();
      resolve(bytes);
    });
    socket.on('error', reject);
  });
  const settings: number[][] = [];
  for (let at = 9; at < 9 + frame.readUIntBE(0, 3); at += 6) {
    settings.push([frame.readUInt16BE(at), frame.readUInt32BE(at + 2)]);
  }
  assert.deepEqual(settings, [
    [5, 262_144],
    [3, 100],
    [6, 1_048_896],
    [1, 4_096],
    [4, 262_144],
    [9, 1],
  ]);
});
