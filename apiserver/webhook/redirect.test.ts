import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { postJson, PostRefused } from './post.ts';

const asked: string[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const { method, url = '', headers } = request;
  asked.push(`${method} ${url} ${body} ${headers.authorization ?? '-'}`);
  const [, code = '', to = ''] = /^\/(\d+)(.*)$/.exec(url) ?? [];
  const location = to === '' ? {} : { location: to === '/again' ? url : to };
  if (code === '') response.end('{"a":1}');
  else response.writeHead(Number(code), location).end('moved');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());
const { port } = server.address() as AddressInfo;
const options = { timeoutMs: 10_000, headers: { authorization: 'Bearer t' } };
const post = (path: string): Promise<unknown> =>
  postJson(new URL(`http://127.0.0.1:${port}${path}`), undefined, { b: 1 }, options);

test('a redirect is followed, with the body where it is still to be taken', async () => {
  for (const [code, then] of [
    [307, 'POST /there {"b":1} Bearer t'],
    [308, 'POST /there {"b":1} Bearer t'],
    [302, 'GET /there  Bearer t'],
    [301, 'GET /there  Bearer t'],
  ] as const) {
    asked.length = 0;
    assert.deepEqual(await post(`/${code}/there`), { a: 1 });
    assert.deepEqual(asked, [`POST /${code}/there {"b":1} Bearer t`, then]);
  }
  asked.length = 0;
  await post(`/307http://localhost:${port}/there`);
  assert.equal(asked[1], 'POST /there {"b":1} -');
});

test('not for ever, and only where it leads somewhere', async () => {
  asked.length = 0;
  await assert.rejects(post('/307/again'), /^Error: stopped after 10 redirects$/);
  assert.equal(asked.length, 10);
  await assert.rejects(post('/302'), (error) => error instanceof PostRefused && error.code === 302);
});
