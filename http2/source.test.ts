import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect } from 'node:http2';
import { test } from 'node:test';
import { serve, served } from './raw-peer.ts';
import type { StreamHandler } from './stream.ts';

/** Bodies that are made while they are sent. */
serve();

/** Every byte says where it is; `taken` is how far somebody has asked. */
class Counting {
  taken = 0;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  fill(target: Buffer): number {
    const count = Math.min(target.length, this.#length - this.taken);
    for (let i = 0; i < count; i++) target[i] = (this.taken + i) % 251;
    this.taken += count;
    return count;
  }
}

const silent: StreamHandler = { onData() {}, onEnd() {}, onClose() {} };

function client(settings = {}): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${served.port}`, { settings });
  session.on('error', () => {});
  return session;
}

async function read(session: ClientHttp2Session): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of session.request({})) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function expected(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  new Counting(length).fill(bytes);
  return bytes;
}

for (const length of [0, 1, 100, 16_384, 16_385, 70_000, 1_000_000]) {
  test(`${length} octets, several at once`, async () => {
    served.onRequest = (stream) => {
      stream.headers([':status', '200'], false);
      stream.endFrom(new Counting(length), length);
      return silent;
    };
    for (const settings of [{}, { initialWindowSize: 5_000 }]) {
      const session = client(settings);
      const bodies = await Promise.all([read(session), read(session), read(session)]);
      for (const body of bodies) assert(body.equals(expected(length)));
      session.destroy();
    }
  });
}

test('no more is made than the client has room for', async () => {
  const source = new Counting(1_000_000);
  const closed = Promise.withResolvers<number | undefined>();
  served.onRequest = (stream) => {
    stream.headers([':status', '200'], false);
    stream.endFrom(source, 1_000_000);
    return { ...silent, onClose: closed.resolve };
  };
  const session = client({ initialWindowSize: 30_000 });
  const stream = session.request({});
  // paused by nobody reading
  await new Promise((resolve) => stream.once('response', resolve));
  await new Promise((resolve) => session.ping(resolve));
  await new Promise((resolve) => session.ping(resolve));
  const { taken } = source;
  assert(taken <= 60_000, String(taken));
  stream.destroy();
  await closed.promise;
  await new Promise((resolve) => session.ping(resolve));
  assert.equal(source.taken, taken, 'nothing is made for a client that has gone');
  session.destroy();
});
