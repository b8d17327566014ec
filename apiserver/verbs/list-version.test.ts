import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from './api-client.ts';

/** Expectations are the answers of upstream's generic API server 0.36.4 with an etcd that tells its progress. */

let api: ApiClient;
const configMaps = '/api/v1/namespaces/default/configmaps';

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

test('a version to come is waited for, and may be tried again soon', async () => {
  const token = { v: 'meta.k8s.io/v1', rv: 99999999, start: 'm1\0' };
  const start = Buffer.from(JSON.stringify(token)).toString('base64url');
  for (const query of [
    `limit=1&continue=${start}`,
    'resourceVersion=99999999&resourceVersionMatch=Exact',
    'resourceVersion=99999999&limit=1',
    'resourceVersion=99999999',
  ]) {
    const { code, body, headers } = await api.get(`${configMaps}?${query}`);
    assert.deepEqual([code, headers['retry-after']], [504, '1'], query);
    assert.match(body.message, /^Timeout: Too large resource version: 99999999, current: \d+$/);
    assert.deepEqual(body.details, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }
});

test('a resourceVersion that is none is told of last', async () => {
  const unknown = '"zz" is not a known field selector: only "metadata.name", "metadata.namespace"';
  for (const query of ['', '&watch=1']) {
    const at = `${configMaps}?resourceVersion=abc${query}`;
    const selected = await api.get(`${at}&fieldSelector=zz%3D1`);
    assert.deepEqual([selected.code, selected.body.message], [400, unknown]);
    assert.equal((await api.get(at, { accept: 'text/foo' })).code, 406);
  }
  assert.equal((await api.get(`${configMaps}?resourceVersion=abc`)).code, 400);
  assert.equal((await api.get(`${configMaps}?resourceVersion=abc&watch=1`)).code, 500);
});
