import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { test } from 'node:test';
import { ApiClient, type Reply } from './verbs/api-client.ts';

test('--shutdown-send-retry-after: late requests are told to come back while the last ones end', async () => {
  const api = await ApiClient.start({ flags: { 'shutdown-send-retry-after': 'true' } });
  const body = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'last' },
  });
  const slow = request(`${api.server.url}/api/v1/namespaces/default/configmaps`, {
    method: 'POST',
    ca: api.server.ca,
    agent: false,
    headers: {
      authorization: `Bearer ${api.server.token}`,
      'content-type': 'application/json',
      'content-length': body.length,
    },
  });
  // half of it, so that the server waits for the rest
  await new Promise((resolve) => slow.write(body.slice(0, 10), resolve));
  let last: Reply = await api.get('/version');
  const stopped = api.stop();
  while (last.code === 200) last = await api.get('/version');
  assert.equal(last.code, 429);
  assert.equal(last.headers['retry-after'], '5');
  assert.equal(last.headers.connection, 'close');
  assert.equal(last.text, 'The apiserver is shutting down, please try again later.\n');
  assert.equal((await api.get('/livez')).code, 200);
  assert.equal((await api.get('/readyz')).code, 500);
  const answered = once(slow, 'response');
  slow.end(body.slice(10));
  const [response] = await answered;
  assert.equal(response.statusCode, 201);
  response.resume();
  await stopped;
  await assert.rejects(api.get('/version'));
});
