import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, test } from 'node:test';
import { ClientConnection } from './client-connection.ts';
import { errorCode, type HeaderList } from './protocol.ts';

/** Against Node's own server; gRPC's side of it is tested with the etcd client. */

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function dial(server: Http2Server): Promise<ClientConnection> {
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const connection = new ClientConnection(socket, {
    streamWindow: 100_000,
    connectionWindow: 200_000,
    headerListBytes: 10_000,
  });
  ends.push(() => {
    socket.destroy();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return connection;
}

const headers: HeaderList = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'x'];

interface Got {
  headers: HeaderList[];
  body: string;
  reset: number | undefined;
  lost: boolean;
}

function ask(connection: ClientConnection, body: string): Promise<Got> {
  const got: Got = { headers: [], body: '', reset: undefined, lost: false };
  return new Promise((resolve) => {
    connection.whenRoom(() => {
      if (connection.closed) return resolve({ ...got, lost: true });
      const stream = connection.request(headers, {
        onHeaders: (list) => got.headers.push(list),
        onData(chunk) {
          got.body += chunk.toString();
          stream.consumed(chunk.length);
        },
        onEnd() {},
        onClose: (reset, lost) => resolve({ ...got, reset, lost }),
      });
      stream.end(Buffer.from(body));
    });
  });
}

test('no more requests at once than the server takes, and all of them in the end', async () => {
  let open = 0;
  let most = 0;
  const server = createServer({ settings: { maxConcurrentStreams: 2 } });
  server.on('stream', (stream) => {
    most = Math.max(most, ++open);
    stream.resume().on('end', () =>
      setImmediate(() => {
        stream.respond({ ':status': 200 });
        stream.end('ok', () => open--);
      }),
    );
  });
  const connection = await dial(server);
  // its limit comes with its first words
  await ask(connection, '');
  const all = await Promise.all(Array.from({ length: 9 }, () => ask(connection, 'x')));
  assert.deepEqual(new Set(all.map((got) => got.body)), new Set(['ok']));
  assert(most <= 2, String(most));
});

test('a lost connection ends what is under way and what waits', async () => {
  const server = createServer({ settings: { maxConcurrentStreams: 1 } });
  let calls = 0;
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    if (++calls === 1) {
      stream.respond({ ':status': 200 }, { endStream: true });
      stream.close();
    } else stream.session?.destroy();
  });
  const connection = await dial(server);
  await ask(connection, '');
  const all = await Promise.all(Array.from({ length: 3 }, () => ask(connection, 'x')));
  assert.deepEqual(
    all.map((got) => got.lost),
    [true, true, true],
  );
  assert.equal(connection.usable, false);
});

test('trailers, large bodies, resets and GOAWAY', async () => {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    let body = '';
    stream.on('data', (part: Buffer) => (body += part.toString()));
    stream.on('end', () => {
      if (body === 'reset') return stream.close(errorCode.internal);
      if (body === 'leave') stream.session?.goaway(0, stream.id ?? 0);
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-last': 'yes' }));
      stream.end(body);
    });
  });
  const connection = await dial(server);
  const large = 'x'.repeat(500_000);
  const got = await ask(connection, large);
  assert.equal(got.body, large);
  assert.deepEqual(got.headers.at(-1), ['x-last', 'yes']);
  assert.deepEqual([got.reset, got.lost], [undefined, false]);
  assert.equal((await ask(connection, 'reset')).reset, errorCode.internal);
  assert.equal(connection.usable, true);
  assert.equal((await ask(connection, 'leave')).body, 'leave');
  assert.equal(connection.usable, false);
});
