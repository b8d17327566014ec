import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type ClientHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAll, readLines } from './response-body.ts';

const server = createServer((request, response) => {
  if (request.url === '/broken') {
    response.write('a\nb');
    setTimeout(() => response.stream.close(8), 20);
  } else response.end(request.url === '/empty' ? '' : '{"kind":\n"Pod"}\n');
});
let session: ReturnType<typeof connect>;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
after(() => {
  session.close();
  server.close();
});

async function answered(path: string): Promise<ClientHttp2Stream> {
  const stream = session.request({ ':path': path });
  stream.on('data', () => undefined).pause();
  await once(stream, 'response');
  return stream;
}

test('an answer that is read after its stream has ended is whole', async () => {
  for (const [path, text] of [
    ['/', '{"kind":\n"Pod"}\n'],
    ['/empty', ''],
  ] as const) {
    const stream = await answered(path);
    for (let waited = 0; !stream.closed && waited < 100; waited += 1) await sleep(10);
    assert.equal(stream.closed, true);
    assert.equal(await readAll(stream, 100), text);
  }
  const lines: string[] = [];
  const stream = await answered('/');
  while (!stream.closed) await sleep(10);
  await readLines(stream, (line) => lines.push(line));
  assert.deepEqual(lines, ['{"kind":', '"Pod"}']);
});

test('an answer that breaks off is told as one, before and while it is read', async () => {
  const reading = await answered('/broken');
  await assert.rejects(readAll(reading, 100), /broke off/);
  const later = await answered('/broken');
  await once(later, 'close');
  await assert.rejects(readAll(later, 100), /broke off/);
  const failed = Readable.from([Buffer.from('x')]);
  const read = readAll(failed, 100);
  failed.destroy(new Error('reset'));
  await assert.rejects(read, /reset/);
});

test('what is too large ends the stream', async () => {
  const stream = await answered('/');
  await assert.rejects(readAll(stream, 4), /the response is larger than 4 bytes/);
  assert.equal(stream.destroyed, true);
});
