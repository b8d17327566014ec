import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ApiClient } from '../verbs/api-client.ts';
import { definition, definitions, established } from '../verbs/definition-fixture.ts';

/** Expectations are the answers of Go's http.ServeContent behind upstream's handlers of OpenAPI. */

let api: ApiClient;
const group = '/openapi/v3/apis/apps/v1';

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  api.ask(method, path, { headers });

async function codes(path: string, name: string, values: readonly string[], method = 'GET') {
  const replies = values.map(async (value) => (await ask(path, { [name]: value }, method)).code);
  return Promise.all(replies);
}

test('a document that the client has is not sent again', async () => {
  for (const path of ['/openapi/v2', group]) {
    const { headers } = await ask(path);
    const tag = String(headers['etag']);
    const known = [tag, `W/${tag}`, '*', `"x", ${tag}`, `"x",W/${tag}`, `,${tag}`];
    assert.deepEqual([...new Set(await codes(path, 'if-none-match', known))], [304], path);
    const unknown = ['"x"', 'x', `x, ${tag}`, ',', '"open'];
    assert.deepEqual([...new Set(await codes(path, 'if-none-match', unknown))], [200], path);
    assert.deepEqual(await codes(path, 'if-none-match', ['*'], 'POST'), [412]);
    assert.deepEqual(
      await codes(path, 'if-match', [tag, '*', '"x"', `W/${tag}`]),
      [200, 200, 412, 412],
    );
    const same = await ask(path, { 'if-none-match': tag });
    assert.deepEqual(
      [same.headers['last-modified'], same.headers['content-type']],
      [undefined, undefined],
    );
    const days = ['Thu, 01 Jan 2099 00:00:00 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT', '2099-01-01'];
    assert.deepEqual(await codes(path, 'if-modified-since', days), [304, 200, 200]);
    assert.deepEqual(await codes(path, 'if-unmodified-since', days), [200, 412, 200]);
  }
});

test('parts of a document', async () => {
  const whole = await ask(group);
  assert.equal(whole.headers['accept-ranges'], 'bytes');
  const size = whole.raw.length;
  const part = await ask(group, { range: 'bytes=2-5' });
  assert.deepEqual([part.code, part.headers['content-range']], [206, `bytes 2-5/${size}`]);
  assert.deepEqual(part.raw, whole.raw.subarray(2, 6));
  const end = await ask(group, { range: 'bytes=-3' });
  assert.deepEqual(end.raw, whole.raw.subarray(-3));
  const two = await ask(group, { range: 'bytes=0-1,4-5' });
  const boundary = String(two.headers['content-type']).split('boundary=')[1] ?? '';
  assert.equal(
    two.text,
    [
      `--${boundary}\r\nContent-Range: bytes 0-1/${size}\r\nContent-Type: application/json\r\n\r\n${whole.text.slice(0, 2)}`,
      `--${boundary}\r\nContent-Range: bytes 4-5/${size}\r\nContent-Type: application/json\r\n\r\n${whole.text.slice(4, 6)}`,
      `--${boundary}--\r\n`,
    ].join('\r\n'),
  );
  const outside = await ask(group, { range: 'bytes=99999999-' });
  assert.deepEqual(
    [outside.code, outside.headers['content-range'], outside.text],
    [416, `bytes */${size}`, 'invalid range: failed to overlap\n'],
  );
  const bad = ['bytes=5-2', 'bytes', 'bytes=a-b', 'chars=0-1', 'bytes=-'];
  assert.deepEqual([...new Set(await codes(group, 'range', bad))], [416]);
  const stale = await ask(group, { range: 'bytes=0-1', 'if-range': '"x"' });
  assert.equal(stale.code, 200);
  const fresh = await ask(group, { range: 'bytes=0-1', 'if-range': String(whole.headers['etag']) });
  assert.equal(fresh.code, 206);
});

test('a hash in the URL leads to what may be kept for a year', async () => {
  const { headers } = await ask(group);
  const hash = String(headers['etag']).slice(1, -1);
  const kept = await ask(`${group}?hash=${hash}`);
  assert.equal(kept.headers['cache-control'], 'public, immutable');
  const expires = String(kept.headers['expires']);
  assert.match(expires, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d UTC$/);
  assert.ok(Date.parse(expires) - Date.now() > 364 * 86_400_000);
  const old = await ask(`${group}?hash=x`);
  assert.deepEqual(
    [old.code, old.headers['location'], old.text],
    [301, `${group}?hash=${hash}`, ''],
  );
  assert.equal((await ask(`${group}?hash=`)).headers['cache-control'], 'no-cache, private');
});

test('what is not there or not acceptable has a code and no words', async () => {
  for (const [path, code] of [
    ['/openapi/v3/', 404],
    ['/openapi/v3/apis/nowhere/v1', 404],
    [`${group}/`, 404],
    ['/openapi/v3/%61pis/apps%2fv1', 200],
  ] as const) {
    const reply = await ask(path);
    assert.equal(reply.code, code, path);
    if (code === 404)
      assert.deepEqual([reply.text, reply.headers['content-type']], ['', undefined]);
  }
  for (const path of ['/openapi/v2', group]) {
    const reply = await ask(path, { accept: 'text/html' });
    assert.deepEqual([reply.code, reply.text], [406, '']);
  }
});

test('version 2 alone is compressed, and both of its forms have one tag', async () => {
  const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const [json, protobuf] = await Promise.all([
    ask('/openapi/v2'),
    ask('/openapi/v2', { accept: type }),
  ]);
  assert.equal(json.headers['etag'], protobuf.headers['etag']);
  const packed = await ask('/openapi/v2', { 'accept-encoding': 'br, gzip;q=0.5' });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.deepEqual(gunzipSync(packed.raw), json.raw);
  for (const [path, accepted] of [
    ['/openapi/v2', 'gzip;q=0'],
    [group, 'gzip'],
  ] as const) {
    const plain = await ask(path, { 'accept-encoding': accepted });
    assert.equal(plain.headers['content-encoding'], undefined);
  }
});

test('the index of version 3 has no tag, and a type that was guessed', async () => {
  const { headers, text } = await ask('/openapi/v3');
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  assert.deepEqual([headers['etag'], headers['vary']], [undefined, undefined]);
  assert.ok(Object.hasOwn(JSON.parse(text).paths, 'apis/apps/v1'));
});

test('who asks for the index of version 3 twice within a second is told what changed meanwhile', async () => {
  const path = 'apis/example.com/v1';
  const index = (date?: string) => ask('/openapi/v3', date ? { 'if-modified-since': date } : {});
  assert.ok(!(await index()).text.includes(path));
  await api.create(definitions, definition({ plural: 'widgets', kind: 'Widget' }));
  await established(api, 'widgets.example.com');
  const later = await index(new Date().toUTCString());
  assert.equal(later.code, 200);
  assert.ok(Object.hasOwn(JSON.parse(later.text).paths, path));
});
