import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { ApiClient } from '../api-client.ts';
import { type FakeKubelet, startFakeKubelet } from './fake-kubelet.ts';

let api: ApiClient;
let kubelet: FakeKubelet;
const pods = '/api/v1/namespaces/default/pods';

before(async () => {
  api = await ApiClient.start();
  kubelet = await startFakeKubelet();
  await makeNode('node-1', kubelet.port);
  await makePod('web', { nodeName: 'node-1' });
  await makePod('two', { nodeName: 'node-1', containers: [named('a'), named('b'), named('none')] });
  await makePod('pending', {});
});
after(async () => {
  await api.stop();
  await kubelet.close();
});

const named = (name: string) => ({ name, image: 'busybox' });

async function makeNode(name: string, port: number): Promise<void> {
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name }, status };
  assert.equal((await api.create('/api/v1/nodes', node)).code, 201);
}

async function makePod(name: string, spec: object): Promise<void> {
  const account = '/api/v1/namespaces/default/serviceaccounts';
  await api.create(account, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [named('main')], automountServiceAccountToken: false, ...spec },
  };
  const made = await api.create(pods, body);
  assert.equal(made.code, 201, made.text);
}

interface Session {
  protocol: string;
  /** Text of each channel. */
  channels: Record<number, string>;
  code: number;
}

/** One WebSocket session: sends `input` when connected, and everything that came. */
function session(path: string, input: readonly Buffer[], protocols: string[]): Promise<Session> {
  const url = `${api.server.url.replace('https', 'wss')}${path}`;
  const headers = { authorization: `Bearer ${api.server.token}` };
  const webSocket = new WebSocket(url, protocols, { ca: api.server.ca, headers });
  const channels: Record<number, string> = {};
  webSocket.on('open', () => {
    for (const message of input) webSocket.send(message);
  });
  webSocket.on('message', (data: Buffer) => {
    const channel = data[0] ?? -1;
    channels[channel] = `${channels[channel] ?? ''}${data.subarray(1).toString()}`;
  });
  return new Promise((resolve, reject) => {
    webSocket.on('close', (code) => resolve({ protocol: webSocket.protocol, channels, code }));
    webSocket.on('error', reject);
  });
}

const v5 = ['v5.channel.k8s.io'];
const message = (channel: number, text: string) =>
  Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
const closeInput = Buffer.from([255, 0]);

test('a version 5 session is translated: input, its end, output, success', async () => {
  const path = `${pods}/web/exec?command=cat&stdin=true&stdout=true`;
  const input = [message(0, 'hello '), message(0, 'there'), closeInput];
  const seen = await session(path, input, v5);
  assert.equal(seen.protocol, 'v5.channel.k8s.io');
  assert.equal(seen.channels[1], 'hello there');
  assert.deepEqual(JSON.parse(seen.channels[3] ?? ''), { metadata: {}, status: 'Success' });
  assert.equal(seen.code, 1000);
  const asked = 'POST /exec/default/web/main?input=1&output=1&command=cat SPDY/3.1';
  assert.equal(kubelet.asked.at(-1), asked);
});

test('the exit code comes in the words of the API server', async () => {
  const path = `${pods}/web/exec?command=exit&command=3&stdout=true&stderr=true`;
  const seen = await session(path, [], v5);
  assert.equal(seen.channels[2], 'complaint\n');
  assert.deepEqual(JSON.parse(seen.channels[3] ?? ''), {
    metadata: {},
    status: 'Failure',
    message: 'command terminated with non-zero exit code: command terminated with exit code 3',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  });
});

test('the size of the terminal goes through, and large output arrives whole', async () => {
  const size = '{"Width":80,"Height":24}';
  const path = `${pods}/web/exec?command=size&stdout=true&tty=true`;
  assert.equal((await session(path, [message(4, size)], v5)).channels[1], size);
  const large = 'x'.repeat(200_000);
  const attach = `${pods}/web/attach?stdin=true&stdout=true`;
  const input = [1, 2, 3, 4, 5].map(() => message(0, large));
  const seen = await session(attach, [...input, closeInput], v5);
  assert.equal(seen.channels[1]?.length, 1_000_000);
});

test('what the kubelet refuses ends the session with its words', async () => {
  const path = `${pods}/two/exec?command=ls&container=none&stdout=true`;
  const status = JSON.parse((await session(path, [], v5)).channels[3] ?? '');
  const text = 'Internal error occurred: unable to upgrade connection: no such container';
  assert.equal(status.message, text);
  assert.equal(status.code, 500);
});

test('a kubelet that is not there: its address and why, for each kind of request', async () => {
  const gone = await startFakeKubelet();
  await gone.close();
  await makeNode('gone', gone.port);
  await makePod('lost', { nodeName: 'gone' });
  const dial = `dial tcp 127.0.0.1:${gone.port}: connect: connection refused`;
  const url = `https://127.0.0.1:${gone.port}/containerLogs/default/lost/main`;
  const log = await api.get(`${pods}/lost/log`);
  assert.equal(log.code, 500);
  assert.equal(log.body.message, `Get "${url}": ${dial}`);
  assert.equal(log.body.reason, undefined);
  const spdy = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
  const exec = await api.ask('POST', `${pods}/lost/exec?command=ls&stdout=1`, { headers: spdy });
  assert.deepEqual([exec.code, exec.body.message], [500, `error dialing backend: ${dial}`]);
  const seen = await session(`${pods}/lost/exec?command=ls&stdout=true`, [], v5);
  const sent = `error sending request: Post "https://127.0.0.1:${gone.port}/exec/default/lost/main?output=1&command=ls": ${dial}`;
  assert.equal(JSON.parse(seen.channels[3] ?? '').message, `Internal error occurred: ${sent}`);
  const proxied = await api.get('/api/v1/nodes/gone/proxy/x');
  assert.equal(proxied.body.message, `error trying to reach service: ${dial}`);
  assert.equal(proxied.code, 503);
});

test('a WebSocket goes on as it came to who understands it, and in protocols of before', async () => {
  const features = { status: { declaredFeatures: ['ExtendWebSocketsToKubelet'] } };
  const path = `${pods}/web/exec?command=ls&stdout=true`;
  await assert.rejects(session(path, [], ['v4.channel.k8s.io']), /404/);
  const asked = 'GET /exec/default/web/main?output=1&command=ls websocket';
  assert.equal(kubelet.asked.at(-1), asked);
  assert.equal(kubelet.headers()['sec-websocket-protocol'], 'v4.channel.k8s.io');
  await api.patch('/api/v1/nodes/node-1/status', 'merge', features);
  try {
    const before = kubelet.asked.length;
    await assert.rejects(session(path, [], v5), /404/);
    await assert.rejects(session(`${pods}/web/portforward`, [], v5), /404/);
    const forward = 'GET /portForward/default/web websocket';
    assert.deepEqual(kubelet.asked.slice(before), [asked, forward]);
  } finally {
    const none = { status: { declaredFeatures: null } };
    await api.patch('/api/v1/nodes/node-1/status', 'merge', none);
  }
});

test('which container, which node: refused as upstream does', async () => {
  const refusal = async (path: string) => {
    const { code, body } = await api.get(`${pods}/${path}`);
    return [code, body.message];
  };
  const choose = 'a container name must be specified for pod two, choose one of: [a b none]';
  assert.deepEqual(await refusal('two/log'), [400, choose]);
  const wrong = 'container c is not valid for pod two';
  assert.deepEqual(await refusal('two/exec?container=c'), [400, wrong]);
  const homeless = 'pod pending does not have a host assigned';
  assert.deepEqual(await refusal('pending/exec?command=ls'), [400, homeless]);
  assert.deepEqual(await refusal('pending/portforward'), [400, homeless]);
  assert.deepEqual(await refusal('web/exec?command=ls'), [400, 'Upgrade request required']);
  assert.deepEqual(await refusal('no/exec'), [404, 'pods "no" not found']);
  assert.equal((await api.get(`${pods}/pending/log`)).code, 204);
});

test('logs: parameters, refusals of the kubelet, WebSockets', async () => {
  const log = await api.get(`${pods}/web/log?follow=true&tailLines=5&previous=false`);
  assert.equal(log.text, 'log follow=true&tailLines=5\n');
  assert.equal(log.headers['content-type'], 'text/plain');
  const none = await api.get(`${pods}/two/log?container=none`);
  assert.equal(none.code, 404);
  const words = 'the server could not find the requested resource ( pods/log two)';
  assert.equal(none.body.message, words);
  const invalid = await api.get(`${pods}/web/log?tailLines=-1&limitBytes=0`);
  assert.equal(
    invalid.body.message,
    'PodLogOptions "web" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0]',
  );
  const socket = (protocols: string[]) =>
    new Promise<string[]>((resolve, reject) => {
      const url = `${api.server.url.replace('https', 'wss')}${pods}/web/log`;
      const headers = { authorization: `Bearer ${api.server.token}` };
      const webSocket = new WebSocket(url, protocols, { ca: api.server.ca, headers });
      const messages: string[] = [];
      webSocket.on('message', (data: Buffer) => messages.push(data.toString()));
      webSocket.on('close', () => resolve(messages));
      webSocket.on('error', reject);
    });
  assert.deepEqual(await socket([]), ['', 'log \n']);
  assert.deepEqual(await socket(['base64.binary.k8s.io']), ['', 'bG9nIAo=']);
  await assert.rejects(socket(['else.k8s.io']), /403/);
});

test('who may only read opens no session over a WebSocket', async () => {
  const reader = { headers: { 'impersonate-user': 'reader' } };
  const role = (verbs: string[]) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs }],
  });
  const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  await api.create(`${roles}/roles`, role(['get']));
  await api.create(`${roles}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
  });
  const refused = await api.get(`${pods}/web/exec?command=ls`, reader);
  assert.equal(refused.code, 403);
  assert.match(refused.body.message, /^pods "web" is forbidden/);
  await api.put(`${roles}/roles/reader`, role(['get', 'create']));
  const allowed = await api.get(`${pods}/web/exec?command=ls`, reader);
  assert.deepEqual([allowed.code, allowed.body.message], [400, 'Upgrade request required']);
});

test('a node is proxied to its kubelet: any method, path and query; the client stays anonymous', async () => {
  const node = '/api/v1/nodes/node-1/proxy';
  const headers = { 'x-remote-user': 'root', 'x-own': 'kept' };
  const got = await api.get(`${node}/stats/a%20b/?q=1&q=2`, { headers });
  assert.equal(got.text, `GET /stats/a%20b/?q=1&q=2 ${node}/stats/a%20b/`);
  const { authorization, 'x-remote-user': remote, 'x-own': own } = kubelet.headers();
  assert.deepEqual([authorization, remote, own], [undefined, undefined, 'kept']);
  assert.match(String(kubelet.headers()['x-forwarded-for']), /127\.0\.0\.1$/);
  for (const method of ['PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS']) {
    const reply = await api.ask(method, `${node}/x`, { body: 'data' });
    assert.equal(reply.text, `${method} /x ${node}/x`, method);
  }
  const posted = await api.create(node, 'data');
  assert.equal(posted.text, `POST / ${node}/`);
  const asked = await api.get(`${node}/x?`);
  assert.equal(asked.text, `GET /x ${node}/x`);
  const bare = await api.get(`${node}?a=1`);
  assert.deepEqual([bare.code, bare.headers['location']], [301, `${node}/?a=1`]);
  const other = await api.get('/api/v1/nodes/node-1:9/proxy/');
  assert.deepEqual([other.code, other.body.message], [400, 'address not allowed']);
  const bad = await api.get('/api/v1/nodes/a:b:c:d/proxy/');
  assert.deepEqual([bad.code, bad.body.message], [400, 'invalid node request "a:b:c:d"']);
});

test('what a backend says of itself leads through the proxy again', async () => {
  const node = '/api/v1/nodes/node-1/proxy';
  const moved = await api.get(`${node}/moved`);
  assert.deepEqual([moved.code, moved.headers['location']], [302, `${node}/else?a=1`]);
  assert.equal(moved.headers['access-control-allow-origin'], undefined);
  const lost = await api.get(`${node}/lost`);
  assert.equal(lost.code, 500);
  assert.equal(
    lost.body.message,
    'Internal error occurred: error trying to parse Location header: parse "/%zz": invalid URL escape "%zz"',
  );
  const page = await api.get(`${node}/page`);
  assert.equal(gunzipSync(page.raw).toString(), `<p>ü<a href="${node}/next">n</a></p>`);
});
