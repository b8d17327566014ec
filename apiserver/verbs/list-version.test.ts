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
  const details = {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  };
  const huge = '9999999999999999999';
  const refusals = [
    `limit=1&continue=${start}`,
    'resourceVersion=99999999&resourceVersionMatch=Exact',
    'resourceVersion=99999999&limit=1',
    'resourceVersion=99999999',
    'resourceVersion=18446744073709551615&limit=1',
    `resourceVersion=${huge}`,
    `resourceVersion=${huge}&limit=1`,
  ].map(async (query) => {
    const { code, body, headers } = await api.get(`${configMaps}?${query}`);
    assert.deepEqual([code, headers['retry-after']], [504, '1'], query);
    assert.match(body.message, /^Timeout: Too large resource version: \d+, current: \d+$/);
    assert.deepEqual(body.details, details);
    if (query.includes(huge)) assert.match(body.message, /version: 9999999999999999999,/);
  });
  await Promise.all(refusals);
});

test('the one object that is named is shown as it is, unless its version is said to be exact', async () => {
  const made = await api.create(configMaps, { metadata: { name: 'one' } });
  await api.create(configMaps, { metadata: { name: 'other' } });
  const { resourceVersion } = made.body.metadata;
  await api.patch(`${configMaps}/one`, 'merge', { data: { a: 'b' } });
  const at = `${configMaps}?fieldSelector=metadata.name%3Done&resourceVersion=${resourceVersion}&limit=1`;
  const now = await api.get(at);
  assert.deepEqual(now.body.items[0].data, { a: 'b' });
  const then = await api.get(`${at}&resourceVersionMatch=Exact`);
  assert.equal(then.body.items[0].data, undefined);
  assert.equal(then.body.metadata.resourceVersion, resourceVersion);
  for (const { body } of [now, then]) assert.equal(body.metadata.continue, undefined);
  const zero = await api.get(`${configMaps}?resourceVersion=00&resourceVersionMatch=Exact&limit=1`);
  assert.notEqual(zero.body.metadata.resourceVersion, '0');
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

test('a token goes on with its key, or with what comes behind it', async () => {
  for (const name of ['k1', 'k2', 'k3']) await api.create(configMaps, { metadata: { name } });
  const from = async (start: string) => {
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: -1, start }));
    const at = `${configMaps}?continue=${token.toString('base64url')}&limit=1`;
    const { body } = await api.get(at);
    return body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
  };
  assert.deepEqual(await from('k2'), ['k2']);
  assert.deepEqual(await from('k2\0'), ['k3']);
});

test('an empty name selects nobody, at the version that is asked for', async () => {
  const made = await api.create(configMaps, { metadata: { name: 'before' } });
  await api.create(configMaps, { metadata: { name: 'after' } });
  const { resourceVersion } = made.body.metadata;
  const at = `${configMaps}?fieldSelector=metadata.name%3D&limit=1&resourceVersion=${resourceVersion}`;
  const { body } = await api.get(at);
  assert.deepEqual([body.items, body.metadata.resourceVersion], [[], resourceVersion]);
});
