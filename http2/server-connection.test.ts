import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { numberFrame, settingsFrame } from './frame-writer.ts';
import { errorCode, frameType, type HeaderList } from './protocol.ts';
import {
  answer,
  begin,
  data,
  dial,
  maxStreams,
  plain,
  request,
  serve,
  served,
} from './raw-peer.ts';
import type { ServerConnection } from './server-connection.ts';
import type { Stream } from './stream.ts';

/** With Node's own client, and with peers of bare frames. */
serve();

function client(settings = {}): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${served.port}`, { settings });
  session.on('error', () => {});
  return session;
}

async function ask(
  session: ClientHttp2Session,
  headers: Record<string, string | string[]>,
  body?: Buffer,
): Promise<Buffer> {
  const stream = session.request(
    { ':method': 'POST', ...headers },
    { endStream: body === undefined },
  );
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  if (body !== undefined) stream.end(body);
  await new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('close', resolve);
  });
  return Buffer.concat(parts);
}

test('many requests at once, with bodies larger than every window', async () => {
  const session = client();
  const body = Buffer.alloc(1_000_000, 'abcdefg');
  const bodies = await Promise.all(
    Array.from({ length: 8 }, (_, i) => ask(session, {}, body.subarray(i))),
  );
  bodies.forEach((got, i) => assert(got.equals(body.subarray(i))));
  assert.deepEqual(
    new Set((await Promise.all(Array.from({ length: 200 }, () => ask(session, {})))).map(String)),
    new Set(['ok']),
  );
  session.destroy();
});

test('windows as small as a client likes, opened as it reads', async () => {
  const session = client({ initialWindowSize: 10 });
  const body = Buffer.alloc(2_000, 'x');
  assert((await ask(session, {}, body)).equals(body));
  session.destroy();
});

test('headers as they were sent', async () => {
  let seen: HeaderList | undefined;
  served.onRequest = (stream, headers) => {
    seen = headers;
    return answer(stream);
  };
  const session = client();
  const value = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
    maxLength: 200,
  });
  const names = fc.uniqueArray(fc.stringMatching(/^x-[a-z0-9-]{1,10}$/), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(names, value, async (given, text) => {
      await ask(session, Object.fromEntries(given.map((name) => [name, `${text}${name}`])));
      const list = seen ?? [];
      for (const name of given) assert.equal(list[list.indexOf(name) + 1], `${text}${name}`);
    }),
  );
  session.destroy();
});

test('more headers than allowed reach the handler as such', async () => {
  const lists: (HeaderList | undefined)[] = [];
  served.onRequest = (stream, headers) => {
    lists.push(headers);
    stream.headers([':status', headers === undefined ? '431' : '200'], true);
    return { onData() {}, onEnd() {}, onClose() {} };
  };
  const raw = await dial();
  raw.send(request(1, [...plain, 'x-long', 'v'.repeat(15_000), 'x-more', 'v'.repeat(3_000)]));
  raw.send(request(3, [...plain, 'x-short', 'v']));
  await raw.until((frames) => frames.filter((f) => f.type === frameType.headers).length === 2);
  assert.equal(lists[0]?.length, plain.length + 4);
  raw.send(request(5, [...plain, ...Array.from({ length: 500 }, () => ['x', 'v']).flat()]));
  await raw.until((frames) => frames.filter((f) => f.type === frameType.headers).length === 3);
  assert.equal(lists.length, 3);
  // with 32 octets counted for each they are 33 * 500
  assert.notEqual(lists[2], undefined);
  raw.send(request(7, [...plain, ...Array.from({ length: 700 }, () => ['x', 'v']).flat()]));
  await raw.until((frames) => frames.filter((f) => f.type === frameType.headers).length === 4);
  assert.equal(lists[3], undefined);
  raw.socket.destroy();
});

test('a response that ends before its request tells the client to stop', async () => {
  const closed: (number | undefined)[] = [];
  served.onRequest = (stream) => {
    stream.headers([':status', '413'], true);
    return { onData() {}, onEnd() {}, onClose: (reset) => closed.push(reset) };
  };
  const raw = await dial();
  raw.send(request(1, plain, 0));
  const reset = await raw.first(frameType.rstStream);
  assert.deepEqual([reset.stream, reset.payload.readUInt32BE(0)], [1, errorCode.none]);
  // what was under way is passed over, and the connection goes on
  raw.send(data(1, Buffer.alloc(100), false));
  served.onRequest = answer;
  raw.send(request(3, plain));
  await raw.until((frames) => frames.some((f) => f.type === frameType.data && f.stream === 3));
  assert.deepEqual(closed, [errorCode.none]);
  raw.socket.destroy();
});

test('goes away when asked: what is under way ends first', async () => {
  const raw = await dial();
  let open: Stream | undefined;
  served.onRequest = (stream) => {
    open = stream;
    return { onData() {}, onEnd() {}, onClose() {} };
  };
  raw.send(request(1, plain));
  while (open === undefined) await new Promise(setImmediate);
  (open.connection as ServerConnection).goAway();
  const goAway = await raw.first(frameType.goAway);
  assert.equal(goAway.payload.readUInt32BE(4), errorCode.none);
  open.headers([':status', '200'], false);
  open.end(Buffer.from('late'));
  await raw.until((frames) => frames.some((f) => f.payload.toString() === 'late'));
  await raw.closed;
});

test('more requests at once than allowed are refused, and only they', async () => {
  served.onRequest = begin;
  const raw = await dial();
  for (let i = 0; i <= maxStreams; i++) raw.send(request(1 + 2 * i, plain));
  const reset = await raw.first(frameType.rstStream);
  assert.equal(reset.stream, 1 + 2 * maxStreams);
  assert.equal(reset.payload.readUInt32BE(0), errorCode.refusedStream);
  raw.send(numberFrame(frameType.rstStream, 1, errorCode.cancel));
  raw.send(request(3 + 2 * maxStreams, plain));
  await raw.until((frames) => frames.some((f) => f.stream === 3 + 2 * maxStreams));
  raw.socket.destroy();
});

test('requests that are none are reset, and the connection goes on', async () => {
  const seen: (HeaderList | undefined)[] = [];
  served.onRequest = (stream, headers) => {
    seen.push(headers);
    return answer(stream);
  };
  const bad: HeaderList[] = [
    [':method', 'GET', ':scheme', 'https'],
    [':method', 'GET', ':path', '/'],
    [':scheme', 'https', ':path', '/'],
    ['x', 'y', ...plain],
    [...plain, ':method', 'GET'],
    [...plain, ':wonder', 'x'],
    [...plain, 'X-Upper', 'x'],
    [...plain, 'x', 'a\r\nb: c'],
    [...plain, 'x', 'a\u0001'],
    [...plain, 'x', 'a\u007f'],
    [...plain, 'x y', 'z'],
    [':method', 'GET', ':scheme', 'ftp', ':path', '/'],
    [':method', 'CONNECT', ':scheme', 'https', ':path', '/', ':authority', 'x:1'],
    [':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'user@x'],
    [':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'x', 'host', 'y'],
    [...plain, 'host', 'x', 'host', 'x'],
    ...['a', 'https://x/a', '/%zz', '/a%2', '/a\tb', '/a\u0001'].map((path) => [
      ...[':method', 'GET', ':scheme', 'https', ':path', path],
    ]),
  ];
  const raw = await dial();
  bad.forEach((list, i) => raw.send(request(1 + 2 * i, list)));
  await raw.until((all) => all.filter((f) => f.type === frameType.rstStream).length === bad.length);
  for (const frame of raw.frames.filter((f) => f.type === frameType.rstStream)) {
    assert.equal(frame.payload.readUInt32BE(0), errorCode.protocol);
  }
  assert.deepEqual(seen, []);
  // what Go's server takes
  const good: HeaderList[] = [
    [...plain, 'x', ' \tblank '],
    [...plain, 'x', ''],
    [...plain, 'content-length', '5'],
    [...plain, 'content-length', '-1', 'content-length', '2'],
    [':method', 'OPTIONS', ':scheme', 'http', ':path', '*'],
    [':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'x', 'host', 'x'],
    [':method', 'GET', ':scheme', 'https', ':path', '/a?%zz'],
  ];
  good.forEach((list, i) => raw.send(request(1 + 2 * (bad.length + i), list)));
  await raw.until((all) => all.filter((f) => f.payload.toString() === 'ok').length === good.length);
  const next = 1 + 2 * (bad.length + good.length);
  // a body longer, and one shorter, than its length
  raw.send(
    request(next, [...plain, 'content-length', '3'], 0),
    data(next, Buffer.from('four'), true),
  );
  raw.send(
    request(next + 2, [...plain, 'content-length', '3'], 0),
    data(next + 2, Buffer.from('2'), true),
  );
  await raw.until(
    (all) => all.filter((f) => f.type === frameType.rstStream).length === bad.length + 2,
  );
  raw.send(request(next + 4, plain));
  await raw.until(
    (all) => all.filter((f) => f.payload.toString() === 'ok').length === good.length + 1,
  );
  raw.socket.destroy();
});

test('a peer that speaks another protocol is sent away', async () => {
  const socket = connectTcp(served.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'close');
});

test('a peer that does not read has only so much held for it', async () => {
  served.onRequest = answer;
  const raw = await dial();
  raw.socket.pause();
  const body = Buffer.alloc(60_000_000);
  let taken = false;
  served.onRequest = (stream) => {
    stream.headers([':status', '200'], false);
    stream.write(body, () => (taken = true));
    return { onData() {}, onEnd() {}, onClose() {} };
  };
  raw.send(numberFrame(frameType.windowUpdate, 0, 100_000_000), settingsFrame([[4, 100_000_000]]));
  raw.send(request(1, plain));
  const one = (): ServerConnection | undefined => [...served.connections].at(-1);
  while ((one()?.socket.writableLength ?? 0) === 0) await new Promise(setImmediate);
  for (let i = 0; i < 200; i++) await new Promise(setImmediate);
  assert.equal(taken, false);
  const held = one()?.socket.writableLength ?? 0;
  assert(held < 1_000_000, String(held));
  raw.socket.destroy();
});

test('the client says CANCEL in the middle: both ends know, nothing is left', async () => {
  const over = Promise.withResolvers<number | undefined>();
  served.onRequest = (stream) => {
    stream.headers([':status', '200'], false);
    stream.write(Buffer.alloc(1_000_000));
    return { onData() {}, onEnd() {}, onClose: (reset) => over.resolve(reset) };
  };
  const session = client();
  const stream = session.request({ ':path': '/' });
  stream.once('data', () => stream.close(constants.NGHTTP2_CANCEL));
  stream.on('error', () => {});
  assert.equal(await over.promise, errorCode.cancel);
  session.destroy();
});
