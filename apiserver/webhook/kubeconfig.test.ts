import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { remoteService } from './kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-remote-'));
const file = join(folder, 'kubeconfig');
const codes: number[] = [];
let asked = 0;
let address = '';
let authorization: string | undefined;
let answer = '{"done":true}';
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    asked += 1;
    address = request.url ?? '';
    authorization = request.headers.authorization;
    const code = codes.shift() ?? 200;
    if (code === 0) return void request.socket.destroy();
    response.statusCode = code;
    response.end(code === 200 ? answer : 'not now');
  });
});

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}/hook` } }],
      users: [],
      contexts: [{ name: 'x', context: { cluster: 'c', user: '' } }],
      'current-context': 'x',
    }),
  );
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function post(attempts = 3): Promise<unknown> {
  asked = 0;
  const remote = remoteService(file, { attempts, firstWaitMs: 1 });
  try {
    return await remote.post({});
  } finally {
    remote.close();
  }
}

test('what fails for a moment is repeated, so many times', async () => {
  codes.push(500, 429);
  assert.deepEqual(await post(), { done: true });
  assert.equal(asked, 3);
  codes.push(500, 502, 504);
  await assert.rejects(post(), {
    message:
      'the server was unable to return a response in the time allotted, but may still be processing the request',
  });
  assert.equal(asked, 3);
});

test('the address says how long is waited', async () => {
  await post();
  assert.equal(address, '/hook?timeout=30s');
});

test('a connection that just ends is not repeated', async () => {
  codes.push(0);
  await assert.rejects(post(), /^Error: Post "http:\/\/127.0.0.1:\d+\/hook\?timeout=30s": EOF$/);
  assert.equal(asked, 1);
});

test('an answer may be YAML, but an object', async () => {
  answer = 'done: {a: [1]}\n';
  assert.deepEqual(await post(), { done: { a: [1] } });
  answer = 'nope';
  await assert.rejects(
    post(),
    /^Error: couldn't get version\/kind; json parse error: json: cannot/,
  );
  answer = '{"done":true}';
});

test('a refusal is final', async () => {
  codes.push(403);
  await assert.rejects(post(), /not now/);
  assert.equal(asked, 1);
});

test('a token in a file is read again, and stays while the file is not there', async () => {
  const token = join(folder, 'token');
  const rotated = join(folder, 'rotated.kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(token, 'one');
  writeFileSync(
    rotated,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}/hook` } }],
      users: [{ name: 'u', user: { tokenFile: 'token' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  const patient = remoteService(rotated);
  const remote = remoteService(rotated, { freshMs: 0 });
  const sent = async (by: typeof remote) => {
    await by.post({});
    return authorization;
  };
  try {
    assert.equal(await sent(remote), 'Bearer one');
    writeFileSync(token, 'two');
    assert.equal(await sent(remote), 'Bearer two');
    assert.equal(await sent(patient), 'Bearer one');
    rmSync(token);
    assert.equal(await sent(remote), 'Bearer two');
  } finally {
    remote.close();
    patient.close();
  }
});
