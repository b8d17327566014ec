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
