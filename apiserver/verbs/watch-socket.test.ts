import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { ApiClient } from './api-client.ts';

let api: ApiClient;
const configMaps = '/api/v1/namespaces/default/configmaps';

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

interface Message {
  data: Buffer;
  binary: boolean;
}

class Socket {
  readonly webSocket: WebSocket;
  readonly messages: Message[] = [];
  #waiting: (() => void) | undefined;
  closed: number | undefined;

  constructor(path: string, protocols: string[], headers: Record<string, string>) {
    const url = `${api.server.url.replace('https', 'wss')}${path}`;
    const origin = 'https://dashboard.example';
    this.webSocket = new WebSocket(url, protocols, { ca: api.server.ca, origin, headers });
    this.webSocket.on('message', (data: Buffer, binary) => {
      this.messages.push({ data, binary });
      this.#waiting?.();
    });
    this.webSocket.on('close', (code) => {
      this.closed = code;
      this.#waiting?.();
    });
  }

  open(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.webSocket.on('open', () => resolve(this));
      this.webSocket.on('error', reject);
    });
  }

  async next(): Promise<Message | undefined> {
    while (this.messages.length === 0 && this.closed === undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.messages.shift();
  }

  async event() {
    const message = await this.next();
    return JSON.parse(message?.data.toString('utf8') ?? 'null');
  }
}

const bearer = (): Record<string, string> => ({ authorization: `Bearer ${api.server.token}` });
const configMap = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
});

test('every event is one text message, the initial state too', async () => {
  await api.create(configMaps, configMap('a1', { in: 'yes' }));
  const patched = { metadata: { labels: { in: 'yes' } } };
  await api.create(configMaps, configMap('a2'));
  await api.patch(`${configMaps}/a2`, 'merge', patched);
  const socket = await new Socket(`${configMaps}?watch=1&labelSelector=in`, [], bearer()).open();
  const first = await socket.next();
  assert.equal(first?.binary, false);
  assert.equal(first?.data.at(-1), 0x0a, 'JSON ends with a new line, as in a body');
  assert.equal(JSON.parse(first?.data.toString('utf8') ?? '').object.metadata.name, 'a1');
  assert.equal((await socket.event()).object.metadata.name, 'a2');
  await api.patch(`${configMaps}/a1`, 'merge', { data: { k: 'v' } });
  assert.deepEqual((await socket.event()).object.data, { k: 'v' });
  await api.patch(`${configMaps}/a1`, 'merge', { metadata: { labels: null } });
  assert.equal((await socket.event()).type, 'DELETED');
  socket.webSocket.close();
});

test('protobuf comes in binary messages, without the length that a body has', async () => {
  const headers = { ...bearer(), accept: 'application/vnd.kubernetes.protobuf' };
  const socket = await new Socket(`${configMaps}?watch=1`, [], headers).open();
  const message = await socket.next();
  assert.equal(message?.binary, true);
  // field 1 of WatchEvent, its type
  assert.equal(message?.data.subarray(0, 7).toString('latin1'), '\n\u0005ADDED');
  socket.webSocket.close();
});

test('a Table carries its columns in the first message only', async () => {
  const headers = { ...bearer(), accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
  const socket = await new Socket(`${configMaps}?watch=1`, [], headers).open();
  assert.equal((await socket.event()).object.columnDefinitions[0].name, 'Name');
  assert.equal((await socket.event()).object.columnDefinitions, null);
  socket.webSocket.close();
});

test('a browser brings its token in a subprotocol, which is not answered', async () => {
  const token = Buffer.from(api.server.token).toString('base64url');
  const carrier = `base64url.bearer.authorization.k8s.io.${token}`;
  const socket = await new Socket(`${configMaps}?watch=1`, [carrier, 'binary.k8s.io'], {}).open();
  assert.equal(socket.webSocket.protocol, 'binary.k8s.io');
  assert.equal((await socket.event()).type, 'ADDED');
  socket.webSocket.close();
  const wrong = `base64url.bearer.authorization.k8s.io.${Buffer.from('x').toString('base64url')}`;
  await assert.rejects(new Socket(`${configMaps}?watch=1`, [wrong, 'binary.k8s.io'], {}).open(), {
    message: 'Unexpected server response: 401',
  });
});

test('the time asked for ends it with a close frame', async () => {
  const socket = await new Socket(`${configMaps}?watch=1&timeoutSeconds=1`, [], bearer()).open();
  while ((await socket.next()) !== undefined);
  assert.equal(socket.closed, 1000);
});

test('refusals are ordinary answers', async () => {
  const refused = (path: string, headers: Record<string, string>, origin?: string) =>
    new Promise<string>((resolve, reject) => {
      const url = `${api.server.url.replace('https', 'wss')}${path}`;
      const options = { ca: api.server.ca, headers, ...(origin === undefined ? {} : { origin }) };
      const webSocket = new WebSocket(url, [], options);
      webSocket.on('error', (error) => resolve(error.message));
      webSocket.on('open', () => reject(new Error('was opened')));
    });
  assert.match(await refused(`${configMaps}?watch=1`, bearer()), /403/);
  assert.match(await refused(`${configMaps}?watch=1`, {}, 'https://x.example'), /403/);
  const badly = `${configMaps}?watch=1&resourceVersionMatch=Exact`;
  assert.match(await refused(badly, bearer(), 'https://x.example'), /422/);
});

/** All that comes, once the server has ended it. */
function raw(lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(api.server.url);
  const head = [
    `GET ${configMaps}?watch=1&timeoutSeconds=1 HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${api.server.token}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    ...lines,
  ];
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(
      { host: hostname, port: Number(port), ca: api.server.ca, ALPNProtocols: ['http/1.1'] },
      () => socket.write(`${head.join('\r\n')}\r\n\r\n`),
    );
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

test('a handshake that is none is refused as by upstream, and a watch that ends waits for nobody', async () => {
  const origin = 'Origin: https://x';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const version = 'Sec-WebSocket-Version: 13';
  for (const sent of ['null', ':', 'x y']) {
    assert.equal(await raw([key, version, `Origin: ${sent}`]), 'HTTP/1.1 403 Forbidden\r\n\r\n');
  }
  const two = await raw([key, version, origin, 'Sec-WebSocket-Protocol: a, b']);
  assert.equal(two, 'HTTP/1.1 400 Bad Request\r\n\r\n');
  assert.equal(
    await raw(['Sec-WebSocket-Version: 8']),
    'HTTP/1.1 400 Bad Request\r\n\r\nmismatch challenge/response',
  );
  for (const other of ['Sec-WebSocket-Version: 8', origin]) {
    assert.equal(
      await raw([key, other]),
      'HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\n\r\nmissing or bad WebSocket Version',
    );
  }
  // ends with the frame that says so, without any of the client's
  const whole = await raw([key, version, origin]);
  assert.ok(whole.startsWith('HTTP/1.1 101 ') && whole.endsWith('\x88\x02\x03\xe8'), whole);
});
