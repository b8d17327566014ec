import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { constants, createDeflate, type Deflate } from 'node:zlib';
import { SpdyConnection } from './connection.ts';
import { controlFrame, type Frame, FrameError, FrameReader, frameTypes, numbers } from './frame.ts';
import { dictionary, HeaderBlockError, HeaderReader, HeaderWriter } from './header-block.ts';
import type { SpdyStream } from './stream.ts';

function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/** One block as another implementation makes it: compressed with the dictionary, flushed. */
function compressed(deflate: Deflate, plain: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const take = (part: Buffer): void => void parts.push(part);
    deflate.on('data', take);
    deflate.write(plain);
    deflate.flush(constants.Z_SYNC_FLUSH, () => {
      deflate.off('data', take);
      resolve(Buffer.concat(parts));
    });
  });
}

test('the dictionary is that of the draft', () => {
  assert.equal(dictionary.length, 1423);
  assert.equal(adler32(dictionary).toString(16), 'e3c6a7c2');
});

test('blocks of a peer that compresses are read, one after another', async () => {
  const deflate = createDeflate({ dictionary });
  const reader = new HeaderReader();
  const pair = (name: string, value: string) =>
    Buffer.concat([
      numbers(name.length),
      Buffer.from(name),
      numbers(value.length),
      Buffer.from(value),
    ]);
  for (const kind of ['error', 'stdin', 'stdout']) {
    const plain = Buffer.concat([numbers(2), pair('streamtype', kind), pair('port', '80')]);
    assert.deepEqual(await reader.read(await compressed(deflate, plain)), {
      streamtype: kind,
      port: '80',
    });
  }
  const cut = await compressed(deflate, Buffer.concat([numbers(1, 99), Buffer.from('x')]));
  await assert.rejects(reader.read(cut), HeaderBlockError);
});

test('what the writer stores, a reader reads; large blocks too, up to the limit', async () => {
  const writer = new HeaderWriter();
  const reader = new HeaderReader();
  for (const value of ['a', 'ü', 'x'.repeat(60_000)]) {
    assert.deepEqual(await reader.read(writer.write({ Name: value })), { name: value });
  }
  await assert.rejects(reader.read(writer.write({ name: 'x'.repeat(70_000) })), HeaderBlockError);
});

/** What a reader makes of bytes that come in chunks of `size`. */
function framesOf(bytes: Buffer, size: number): Frame[] {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(...reader.push(bytes.subarray(at, at + size)));
  }
  return frames;
}

test('frames come out of chunks of any size', () => {
  const ping = controlFrame(frameTypes.ping, 0, numbers(7));
  const data = Buffer.concat([Buffer.from([0, 0, 0, 3, 1, 0, 0, 5]), Buffer.from('hello')]);
  const bytes = Buffer.concat([ping, data, ping]);
  for (const size of [1, 3, 8, bytes.length]) {
    const frames = framesOf(bytes, size);
    const parts = frames.filter((frame) => frame.kind === 'data');
    assert.equal(parts.map((part) => part.bytes.toString()).join(''), 'hello');
    assert.deepEqual(
      parts.map(({ fin }) => fin),
      parts.map((_part, index) => index === parts.length - 1),
    );
    assert.equal(frames.length - parts.length, 2);
  }
  const wrong = (head: number[]) => () => framesOf(Buffer.from(head), head.length);
  assert.throws(wrong([0x80, 2, 0, 1, 0, 0, 0, 0]), FrameError);
  assert.throws(wrong([0x80, 3, 0, 1, 0, 0xff, 0, 0]), FrameError);
});

function connected(onStream: ((stream: SpdyStream) => void) | undefined) {
  const [left, right] = duplexPair();
  const server = new SpdyConnection(right, {
    side: 'server',
    ...(onStream === undefined ? {} : { onStream }),
  });
  return { client: new SpdyConnection(left, { side: 'client' }), server, left };
}

test('streams carry both ways, and end each by itself', async () => {
  const { client, server } = connected((stream) => {
    assert.equal(stream.headers['streamtype'], 'echo');
    stream.pipe(stream);
  });
  const texts = ['first', 'x'.repeat(3_000_000)];
  const answers = await Promise.all(
    texts.map(async (sent) => {
      const stream = await client.open({ streamType: 'echo' });
      stream.end(sent);
      return text(stream);
    }),
  );
  assert.deepEqual(answers, texts);
  client.close();
  await Promise.all([client.closed, server.closed]);
});

test('a stream that nobody wants is an error of its own; the connection goes on', async () => {
  const { client, server } = connected((stream) => {
    if (stream.headers['ok'] === undefined) throw new Error('no');
    stream.end('fine');
  });
  await assert.rejects(text(await client.open({ bad: '1' })), /stream reset/);
  assert.equal(await text(await client.open({ ok: '1' })), 'fine');
  server.destroy();
  await client.closed;
  const deaf = connected(undefined);
  await assert.rejects(deaf.client.open({}), /stream refused/);
  deaf.client.destroy();
});

test('a reset reaches the other side; the end of the connection ends its streams', async () => {
  const seen: SpdyStream[] = [];
  const { client, server } = connected((stream) => void seen.push(stream));
  const one = await client.open({});
  one.destroy();
  const reset = seen[0] as SpdyStream;
  if (!reset.destroyed) await new Promise((resolve) => reset.once('close', resolve));
  const two = await client.open({});
  const over = new Promise<Error>((resolve) => two.once('error', resolve));
  server.destroy();
  assert.match((await over).message, /stream reset/);
  await assert.rejects(client.open({}), /closed/);
});

test('what came before a reset or the end of the connection is read to its end', async () => {
  const sent = 'x'.repeat(200_000);
  const whole = async (over: (connection: SpdyConnection, stream: SpdyStream) => void) => {
    const { client, server } = connected((stream) => {
      stream.write(sent, () => over(server, stream));
    });
    const stream = await client.open({});
    await client.closed;
    const parts: string[] = [];
    const error: unknown = await (async () => {
      for await (const part of stream) parts.push(String(part));
    })().catch((failure: unknown) => failure);
    assert.equal(parts.join('').length, sent.length);
    return error;
  };
  const ended = await whole((server, stream) => stream.end(() => server.close()));
  assert.equal(ended, undefined);
  // a kubelet's way: it resets all streams and closes
  const reset = await whole((server, stream) => {
    stream.destroy();
    server.close();
  });
  assert.match(String(reset), /stream reset/);
});

test('a reader that is slow holds the writer up', async () => {
  const { client, server } = connected((stream) => {
    stream.pause();
    setImmediate(() => stream.resume());
    stream.on('end', () => stream.end('got it'));
  });
  const stream = await client.open({});
  const chunk = Buffer.alloc(1_000_000);
  for (let sent = 0; sent < 5; sent++) {
    await new Promise((resolve) => stream.write(chunk, resolve));
  }
  stream.end();
  assert.equal(await text(stream), 'got it');
  server.destroy();
  await client.closed;
});

test('pings of the other side are answered, and bytes that are not SPDY end it', async () => {
  const [left, right] = duplexPair();
  const server = new SpdyConnection(right, { side: 'server', onStream() {} });
  left.write(controlFrame(frameTypes.ping, 0, numbers(1)));
  const pong = await new Promise<Buffer>((resolve) => left.once('data', resolve));
  assert.deepEqual(pong, controlFrame(frameTypes.ping, 0, numbers(1)));
  left.write('GET / HTTP/1.1\r\n\r\n');
  left.write(Buffer.from([0x81, 3, 0, 1, 0, 0, 0, 0]));
  left.resume();
  await new Promise((resolve) => setImmediate(resolve));
  left.destroy();
  await server.closed;
});
