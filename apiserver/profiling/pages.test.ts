import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from '../verbs/api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

test('pprof has an index, a CPU profile, and a refusal for what Node.js has not', async () => {
  const moved = await api.get('/debug/pprof');
  assert.deepEqual(
    [moved.code, moved.headers['location'], moved.headers['content-type'], moved.text],
    [302, '/debug/pprof/', 'text/html; charset=utf-8', '<a href="/debug/pprof/">Found</a>.\n\n'],
  );
  const index = await api.get('/debug/pprof/');
  assert.equal(index.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(index.text, /<title>\/debug\/pprof\/<\/title>[^]*<a href='profile'>/);
  for (const [name, code, text] of [
    ['heap', 501, 'There is no heap profile of a server that runs on Node.js\n'],
    ['x', 404, 'Unknown profile\n'],
    ['cmdline', 404, 'Unknown profile\n'],
  ] as const) {
    const answer = await api.get(`/debug/pprof/${name}`);
    assert.deepEqual([answer.code, answer.text], [code, text]);
    assert.equal(answer.headers['x-go-pprof'], '1');
  }
});

test('one CPU profile is taken at a time', async () => {
  const [taken, refused] = await Promise.all([
    api.get('/debug/pprof/profile?seconds=1'),
    api.get('/debug/pprof/profile?seconds=1'),
  ]).then((both) => both.toSorted((a, b) => a.code - b.code));
  assert.deepEqual([taken?.code, refused?.code], [200, 500]);
  assert.equal(taken?.headers['content-type'], 'application/octet-stream');
  assert.match(refused?.text ?? '', /cpu profiling already in use/);
});

test('--profiling=false serves none', async () => {
  const without = await ApiClient.start({ flags: { profiling: 'false' } });
  assert.equal((await without.get('/debug/pprof/')).text, '404 page not found\n');
  await without.stop();
});
