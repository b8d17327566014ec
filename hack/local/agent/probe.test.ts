import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { look, ProbeLoop } from './probe.ts';

let server: Server;
let port = 0;
const seen: (string | undefined)[] = [];

before(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers['user-agent']);
    if (request.url === '/never') return;
    response.writeHead(Number(request.url?.slice(1)) || 200);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const at = () => ({ podIP: '127.0.0.1', pid: 0, ports: new Map([['web', port]]) });

test('codes from 200 to 399 are success, as the kubelet has it', async () => {
  const get = (path: string) => look({ httpGet: { path, port: 'web' } }, at());
  const outcomes = await Promise.all(['/200', '/302', '/400', '/500'].map(get));
  assert.deepEqual(outcomes, [true, true, false, false]);
  assert.match(seen[0] ?? '', /^kube-probe\//);
});

test('no answer in time, no listener and no TLS are failures', async () => {
  assert.equal(
    await look({ httpGet: { path: '/never', port }, timeoutSeconds: 0.05 }, at()),
    false,
  );
  assert.equal(await look({ httpGet: { port, scheme: 'HTTPS' } }, at()), false);
  assert.equal(await look({ tcpSocket: { port } }, at()), true);
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const free = (closed.address() as AddressInfo).port;
  closed.close();
  await once(closed, 'close');
  assert.equal(await look({ tcpSocket: { port: free } }, at()), false);
});

/** Feeds a loop with outcomes, one after another; gives what it told. */
async function tellings(
  probe: object,
  outcomes: readonly boolean[],
  eager = false,
): Promise<string[]> {
  const told: string[] = [];
  let turn = 0;
  await new Promise<void>((resolve) => {
    const loop = new ProbeLoop(
      { periodSeconds: 0.001, ...probe },
      async () => {
        const outcome = outcomes[turn];
        turn += 1;
        if (outcome === undefined) {
          loop.stop();
          resolve();
        }
        return outcome ?? false;
      },
      (ok) => told.push(`${ok} after ${turn}`),
      eager,
    );
  });
  return told;
}

test('an outcome is told when it has come as often in a row as its threshold says', async () => {
  const [ok, no] = [true, false];
  assert.deepEqual(await tellings({ failureThreshold: 3 }, [ok, no, no, ok, no, no, no, no, ok]), [
    'true after 1',
    'false after 7',
    'true after 9',
  ]);
  assert.deepEqual(await tellings({ successThreshold: 2, failureThreshold: 1 }, [ok, no, ok, ok]), [
    'false after 2',
    'true after 4',
  ]);
});

test('one that hurries looks more often than its period, and then counts success, not failures', async () => {
  const outcomes = [false, false, false, true, true];
  const hour = { periodSeconds: 3600, failureThreshold: 2 };
  const told: string[] = [];
  let turn = 0;
  await new Promise<void>((resolve) => {
    const loop = new ProbeLoop(
      hour,
      async () => outcomes[turn++] ?? false,
      (ok) => {
        told.push(`${ok} after ${turn}`);
        loop.stop();
        resolve();
      },
      true,
    );
  });
  assert.deepEqual(told, ['true after 4']);
  assert.deepEqual(await tellings({ failureThreshold: 2 }, [false, false, false, true], true), [
    'false after 2',
    'true after 4',
  ]);
});
