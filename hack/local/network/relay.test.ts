import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import type { Endpoint } from './endpoints.ts';
import { Relay } from './relay.ts';
import { relaySocketOptions } from './service-relays.ts';

const opened: { close(): void }[] = [];
after(() => {
  for (const each of opened) each.close();
});

interface Backend {
  endpoint: Endpoint;
  server: Server;
  sockets: Set<Socket>;
}

/** Says its name to whoever connects, then repeats what it hears. */
async function backend(name: string): Promise<Backend> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(name);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  opened.push({ close });
  return { endpoint: endpointAt(portOf(server)), server, sockets };
}

function endpointAt(port: number, more: Partial<Endpoint> = {}): Endpoint {
  const base = { address: '127.0.0.1', ready: true, terminating: false, hostname: undefined };
  return { ...base, port, ...more };
}

function portOf(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

async function relayTo(endpoints: () => Endpoint[], more: object = {}) {
  const relay = new Relay({ endpoints, ...more });
  const server = createServer(relaySocketOptions);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  relay.serve(server);
  opened.push(relay);
  return { relay, port: portOf(server) };
}

/** Connects and waits for the first words. */
async function dial(port: number): Promise<{ socket: Socket; first: string }> {
  const socket = connect(port, '127.0.0.1');
  const [first] = (await once(socket, 'data')) as [Buffer];
  return { socket, first: first.toString() };
}

async function namesOf(port: number, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { socket, first } = await dial(port);
    names.push(first);
    socket.destroy();
  }
  return names;
}

test('connections go to the ready endpoints in turn', async () => {
  const [a, b, c] = [await backend('a'), await backend('b'), await backend('c')];
  const unready = { ...c.endpoint, ready: false };
  const { port } = await relayTo(() => [a.endpoint, b.endpoint, unready]);
  assert.deepEqual((await namesOf(port, 4)).sort(), ['a', 'a', 'b', 'b']);
});

test('an endpoint that refuses is passed over', async () => {
  const a = await backend('a');
  const gone = await backend('gone');
  gone.server.close();
  const { port } = await relayTo(() => [gone.endpoint, a.endpoint]);
  assert.deepEqual(await namesOf(port, 3), ['a', 'a', 'a']);
});

test('with nobody ready a client is refused at once', async () => {
  const { port } = await relayTo(() => []);
  const socket = connect(port, '127.0.0.1');
  await assert.rejects(once(socket, 'data'), { code: 'ECONNRESET' });
});

test('a half-closed connection still carries the answer', async () => {
  const a = await backend('a');
  const { port } = await relayTo(() => [a.endpoint]);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end('x'.repeat(200_000));
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
  });
  await once(socket, 'end');
  assert.equal(length, 200_001);
});

test('a reset of the backend reaches the client as a reset', async () => {
  const a = await backend('a');
  const { port } = await relayTo(() => [a.endpoint]);
  const { socket } = await dial(port);
  for (const accepted of a.sockets) accepted.resetAndDestroy();
  await assert.rejects(once(socket, 'end'), { code: 'ECONNRESET' });
});

test('when an endpoint is no longer ready its connections end; one that is leaving keeps them', async () => {
  const [a, b] = [await backend('a'), await backend('b')];
  let endpoints = [a.endpoint, b.endpoint];
  const { relay, port } = await relayTo(() => endpoints);
  const dialled = [await dial(port), await dial(port)];
  const toA = dialled.find((d) => d.first === 'a')?.socket;
  const toB = dialled.find((d) => d.first === 'b')?.socket;
  assert.ok(toA !== undefined && toB !== undefined);
  endpoints = [
    { ...a.endpoint, ready: false },
    { ...b.endpoint, ready: false, terminating: true },
  ];
  const ended = assert.rejects(once(toA, 'end'), { code: 'ECONNRESET' });
  relay.refresh();
  await ended;
  toB.write('still here');
  const [echo] = (await once(toB, 'data')) as [Buffer];
  assert.equal(echo.toString(), 'still here');
  toB.destroy();
});

test('with affinity a client stays with its endpoint while that is ready', async () => {
  const [a, b] = [await backend('a'), await backend('b')];
  let endpoints = [a.endpoint, b.endpoint];
  const { port } = await relayTo(() => endpoints, { sticky: () => true });
  const names = await namesOf(port, 4);
  assert.equal(new Set(names).size, 1);
  const other = names[0] === 'a' ? b : a;
  endpoints = [other.endpoint];
  assert.deepEqual(await namesOf(port, 1), [names[0] === 'a' ? 'b' : 'a']);
});
