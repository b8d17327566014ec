import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { Relay } from './network/relay.ts';
import { relaySocketOptions } from './network/service-relays.ts';
import { OutsidePorts } from './outside-ports.ts';

/** The way of a connection from outside: TCP port, Unix socket, relay, the pod's TCP port. */

const folder = mkdtempSync(join(tmpdir(), 'quorate-ports-'));
const ports = new OutsidePorts();
const servers: Server[] = [];
const relays: Relay[] = [];
let paths = 0;

after(() => {
  for (const relay of relays) relay.close();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(server: Server, where: string | { host: string; port: number }) {
  server.listen(where as never);
  await once(server, 'listening');
  servers.push(server);
}

/** A port outside that leads to `serve`. */
async function way(serve: (pod: Socket) => void): Promise<number> {
  const pod = createServer({ allowHalfOpen: true }, serve);
  await listen(pod, { host: '127.0.0.1', port: 0 });
  const { port } = pod.address() as AddressInfo;
  const inside = createServer(relaySocketOptions);
  const path = join(folder, `${paths++}.sock`);
  await listen(inside, path);
  const endpoint = { address: '127.0.0.1', port, ready: true, terminating: false };
  const relay = new Relay({ endpoints: () => [{ ...endpoint, hostname: undefined }] });
  relay.serve(inside);
  relays.push(relay);
  const outside = await ports.open('127.0.0.1', 0, path);
  return outside;
}

test('everything arrives, also what is sent after the client has said all it had', async () => {
  const answer = Buffer.alloc(8 * 1024 * 1024, 'x');
  const port = await way((pod) => {
    pod.resume();
    pod.on('end', () => pod.end(answer));
  });
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  client.end('question');
  assert.equal((await buffer(client)).length, answer.length);
  ports.close('127.0.0.1', port);
});

test('a pod that breaks the connection ends it for the client, and the way stays open', async () => {
  let breaking = true;
  const port = await way((pod) => {
    pod.on('error', () => {});
    if (breaking) pod.once('data', () => pod.resetAndDestroy());
    else pod.pipe(pod);
  });
  const first = connect({ host: '127.0.0.1', port });
  first.on('error', () => {});
  first.write('hello');
  await once(first, 'close');
  breaking = false;
  const second = connect({ host: '127.0.0.1', port });
  second.end('again');
  assert.equal(String(await buffer(second)), 'again');
  ports.close('127.0.0.1', port);
});

test('a client that vanishes ends the connection for the pod', async () => {
  let gone: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const port = await way((pod) => {
    pod.on('error', () => {});
    pod.on('end', () => pod.end());
    pod.on('close', gone);
    pod.write('hello');
    pod.resume();
  });
  const client = connect({ host: '127.0.0.1', port });
  await once(client, 'data');
  client.resetAndDestroy();
  await closed;
  ports.close('127.0.0.1', port);
});

test('a port that is taken is refused with EADDRINUSE, a closed one is free again', async () => {
  const port = await ports.open('127.0.0.1', 0, join(folder, 'nobody.sock'));
  await assert.rejects(ports.open('127.0.0.1', port, join(folder, 'nobody.sock')), {
    code: 'EADDRINUSE',
  });
  ports.close('127.0.0.1', port);
  assert.equal(await ports.open('127.0.0.1', port, join(folder, 'nobody.sock')), port);
  ports.close('127.0.0.1', port);
});
