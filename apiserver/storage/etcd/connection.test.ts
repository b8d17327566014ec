import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, afterEach, before, describe, it, mock } from 'node:test';
import { ProtobufWriter } from '../../../schema/protobuf-writer.ts';
import { Connection } from './connection.ts';
import { frame, type Method } from './framing.ts';
import { code, GrpcError } from './status.ts';

/** Sends and reads bare text. */
const echo: Method<Buffer, Buffer> = {
  path: '/test.Echo/Echo',
  encode(request) {
    const writer = new ProtobufWriter();
    writer.bytes(request);
    return writer;
  },
  decode(message) {
    if (message.equals(Buffer.from('unreadable'))) throw new Error('proto: unexpected EOF');
    return message;
  },
};

type Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: Buffer) => void;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Peer {
  server: Http2Server;
  sessions: ServerHttp2Session[];
  url: string;
  connection: Connection;
}

async function peer(handler: Handler, port = 0): Promise<Peer> {
  const server = createServer();
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    let body = Buffer.alloc(0);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      body = Buffer.concat(chunks);
      if (!stream.destroyed) handler(stream, headers, body);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = new Connection(url, undefined);
  ends.push(() => {
    connection.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { server, sessions, url, connection };
}

function answer(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

function message(text: string): Buffer {
  return frame(echo.encode(Buffer.from(text)));
}

async function call(connection: Connection, text = 'hello', deadlineMs = 20_000): Promise<string> {
  return (await connection.unary(echo, Buffer.from(text), deadlineMs).response).toString();
}

/** Rejects with this status and these details. */
async function fails(promise: Promise<unknown>, status: number, details: RegExp): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert(error instanceof GrpcError, String(error));
    assert.deepEqual([error.code, details.test(error.details)], [status, true], error.message);
    return true;
  });
}

const fine = { 'grpc-status': '0' };

describe('gRPC calls', { timeout: 30_000 }, () => {
  it('sends what gRPC asks for, and gives the answer', async () => {
    let seen: IncomingHttpHeaders = {};
    const { connection, sessions } = await peer((stream, headers, body) => {
      seen = headers;
      answer(stream, body, fine);
    });
    assert.equal(await call(connection), 'hello');
    assert.equal(seen[':method'], 'POST');
    assert.equal(seen[':path'], '/test.Echo/Echo');
    assert.equal(seen['content-type'], 'application/grpc');
    assert.deepEqual([seen['te'], seen['hasleader']], ['trailers', 'true']);
    assert.equal(seen['grpc-timeout'], '20000m');
    assert.equal(sessions[0]?.remoteSettings.initialWindowSize, 8 * 1024 * 1024);
    await Promise.all(Array.from({ length: 200 }, (_, i) => call(connection, String(i))));
    assert.equal(sessions.length, 1, 'one connection for all');
  });

  it('carries large messages both ways', async () => {
    const { connection } = await peer((stream, _, body) => answer(stream, body, fine));
    const large = Buffer.alloc(40 * 1024 * 1024, 'x');
    const { response } = connection.unary(echo, large, 300_000);
    assert((await response).equals(large));
  });

  it('tells the status of the trailers, also without a message before them', async () => {
    const trailers = { 'grpc-status': '11', 'grpc-message': 'compacted %C3%BC 100%25' };
    const after = await peer((stream) => answer(stream, Buffer.alloc(0), trailers));
    await fails(call(after.connection), 11, /^compacted ü 100%$/);
    const only = await peer((stream) =>
      stream.respond({ ':status': 200, ...trailers }, { endStream: true }),
    );
    await fails(call(only.connection), 11, /^compacted ü 100%$/);
    const badly = await peer((stream) =>
      answer(stream, message('x'), { 'grpc-status': '5', 'grpc-message': '100%' }),
    );
    await fails(call(badly.connection), 5, /^100%$/);
  });

  it('makes a status of an answer that is none', async () => {
    const plain = async (status: number): Promise<Connection> => {
      const { connection } = await peer((stream) => {
        stream.respond({ ':status': status, 'content-type': 'text/html' });
        stream.end('<html>');
      });
      return connection;
    };
    await fails(call(await plain(503)), code.unavailable, /HTTP status 503/);
    await fails(call(await plain(404)), code.unimplemented, /HTTP status 404/);
    await fails(call(await plain(200)), code.internal, /not a plain gRPC message/);
    const empty = await peer((stream) => answer(stream, Buffer.alloc(0), fine));
    await fails(call(empty.connection), code.internal, /empty/);
    const odd = await peer((stream) => answer(stream, message('unreadable'), fine));
    await fails(call(odd.connection), code.internal, /cannot be read: proto/);
    const reset = await peer((stream) => stream.close(7));
    await fails(call(reset.connection), code.unavailable, /reset \(7\)/);
  });

  it('ends at the deadline or when cancelled, and the server learns of it', async () => {
    const codes: number[] = [];
    const over = Promise.withResolvers<void>();
    const { connection } = await peer((stream) => {
      stream.on('close', () => {
        codes.push(stream.rstCode);
        if (codes.length === 2) over.resolve();
      });
      if (codes.length === 0) return;
      cancel();
    });
    await fails(call(connection, 'x', 50), code.deadlineExceeded, /within 50 ms/);
    while (codes.length === 0) await new Promise(setImmediate);
    const second = connection.unary(echo, Buffer.from('y'), 20_000);
    const cancel = (): void => second.cancel();
    await fails(second.response, code.cancelled, /cancelled/);
    await over.promise;
    assert.deepEqual(codes, [8, 8]);
  });

  it('never sends a call that was cancelled before there was a connection', async () => {
    let calls = 0;
    const { connection } = await peer((stream, _, body) => {
      calls++;
      answer(stream, body, fine);
    });
    const first = connection.unary(echo, Buffer.from('x'), 20_000);
    first.cancel();
    await fails(first.response, code.cancelled, /cancelled/);
    assert.equal(await call(connection), 'hello');
    assert.equal(calls, 1);
  });
});

describe('gRPC connections', { timeout: 30_000 }, () => {
  it('says that nobody is there, and connects when somebody is', async () => {
    const first = await peer((stream, _, body) => answer(stream, body, fine));
    const { port } = first.server.address() as AddressInfo;
    first.server.close();
    await once(first.server, 'close');
    const { connection } = first;
    await fails(call(connection), code.unavailable, /ECONNREFUSED/);
    await fails(call(connection), code.unavailable, /ECONNREFUSED/);
    await peer((stream, _, body) => answer(stream, body, fine), port);
    for (;;) {
      const answered = await call(connection).catch(() => undefined);
      if (answered === 'hello') break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  it('ends all calls when the connection is lost, and makes another', async () => {
    let alive = false;
    const { connection, sessions } = await peer((stream, _, body) => {
      if (alive) answer(stream, body, fine);
      else stream.session?.socket.destroy();
    });
    const both = [call(connection, 'a'), call(connection, 'b')];
    await Promise.all(both.map((one) => fails(one, code.unavailable, /lost|reset|closed/)));
    alive = true;
    assert.equal(await call(connection), 'hello');
    assert.equal(sessions.length, 2);
  });

  it('leaves a connection that the server wants to end, and ends the calls on it in peace', async () => {
    const held: (() => void)[] = [];
    const { connection, sessions } = await peer((stream, _, body) => {
      const end = (): void => answer(stream, body, fine);
      if (body.includes('wait')) held.push(end);
      else end();
    });
    const old = call(connection, 'wait');
    while (held.length === 0) await new Promise(setImmediate);
    sessions[0]?.close();
    while (sessions.length < 2) await call(connection).catch(() => undefined);
    assert.equal(await call(connection), 'hello');
    held[0]?.();
    assert.equal(await old, 'wait');
    sessions[1]?.goaway(11);
    while (sessions.length < 3) await call(connection).catch(() => undefined);
    assert.equal(await call(connection), 'hello');
  });

  it('ends what is under way and begins nothing new once closed', async () => {
    const arrived = Promise.withResolvers<() => void>();
    const { connection } = await peer((stream, _, body) =>
      arrived.resolve(() => answer(stream, body, fine)),
    );
    const last = call(connection);
    const end = await arrived.promise;
    connection.close();
    await fails(call(connection), code.unavailable, /closed/);
    end();
    assert.equal(await last, 'hello');
  });

  it('carries messages both ways on a stream, until either side ends it', async () => {
    const { connection, server } = await peer(() => undefined);
    server.removeAllListeners('stream');
    server.on('stream', (stream: ServerHttp2Stream) => {
      const options = { waitForTrailers: true };
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, options);
      stream.on('wantTrailers', () => stream.sendTrailers(fine));
      stream.on('data', (chunk: Buffer) => {
        stream.write(chunk);
        if (chunk.includes('bye')) stream.end();
      });
    });
    const seen: string[] = [];
    const ended = Promise.withResolvers<GrpcError | undefined>();
    const stream = connection.stream(echo, {
      onMessage(text) {
        seen.push(text.toString());
        if (seen.length === 1) stream.send(Buffer.from('bye'));
      },
      onEnd: ended.resolve,
    });
    stream.send(Buffer.from('hi'));
    assert.equal(await ended.promise, undefined);
    assert.deepEqual(seen, ['hi', 'bye']);
    const other = Promise.withResolvers<GrpcError | undefined>();
    const cancelled = connection.stream(echo, { onMessage() {}, onEnd: other.resolve });
    cancelled.cancel();
    assert.equal((await other.promise)?.code, code.cancelled);
  });
});

describe('gRPC keepalive', { timeout: 30_000 }, () => {
  before(() => mock.timers.enable({ apis: ['setInterval', 'setTimeout'] }));
  after(() => mock.timers.reset());

  it('pings while there are calls, and not without', async () => {
    const { connection, sessions } = await peer((stream, _, body) => {
      if (body.includes('wait')) stream.respond({ ':status': 200 });
      else answer(stream, body, fine);
    });
    await call(connection);
    let pings = 0;
    sessions[0]?.on('ping', () => pings++);
    mock.timers.tick(6_000);
    await call(connection);
    assert.equal(pings, 0);
    const long = connection.unary(echo, Buffer.from('wait'), 60_000);
    const pinged = once(sessions[0] as ServerHttp2Session, 'ping');
    mock.timers.tick(6_000);
    await pinged;
    long.cancel();
    await fails(long.response, code.cancelled, /cancelled/);
  });

  it('gives up a connection on which pings are not answered', async () => {
    const requested = Promise.withResolvers<void>();
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])); // SETTINGS, then silence
      socket.on('data', (bytes) => {
        if (bytes.includes('Echo') || bytes.length > 100) requested.resolve();
      });
      ends.push(() => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connection = new Connection(url, undefined);
    const { response } = connection.unary(echo, Buffer.from('x'.repeat(200)), 60_000);
    const failed = fails(response, code.unavailable, /no answer to a ping/);
    await requested.promise;
    mock.timers.tick(6_000);
    mock.timers.tick(2_000);
    await failed;
    connection.close();
  });
});
