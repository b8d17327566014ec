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
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    asked += 1;
    response.statusCode = codes.shift() ?? 200;
    response.end(response.statusCode === 200 ? '{"done":true}' : 'not now');
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
  codes.push(500, 500, 500);
  await assert.rejects(post(), /^Error: Post "http:\/\/127.0.0.1:\d+\/hook": not now$/);
  assert.equal(asked, 3);
});

test('a refusal is final', async () => {
  codes.push(403);
  await assert.rejects(post(), /not now/);
  assert.equal(asked, 1);
});
