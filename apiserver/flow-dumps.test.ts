import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from './verbs/api-client.ts';

/** Tables of what waits and runs, as people look at them. */
let api: ApiClient;
const at = '/debug/api_priority_and_fairness';
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

async function rows(name: string): Promise<string[][]> {
  const { code, headers, text } = await api.get(`${at}/${name}`);
  assert.equal(code, 200, text);
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/, */));
}

test('levels by name, with what has become of their requests', async () => {
  const { text } = await api.get(`${at}/dump_priority_levels`);
  assert.match(
    text,
    /^PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests\ncatch-all, +0, +true, +false, +0, +0, +\d+, +0, +0, +0\n/,
  );
  const [, ...levels] = await rows('dump_priority_levels');
  const names = levels.map(([name]) => name);
  assert.deepEqual(names, [
    ...['catch-all', 'exempt', 'global-default', 'leader-election', 'node-high', 'system'],
    ...['workload-high', 'workload-low'],
  ]);
  // this very request
  const exempt = levels[1] ?? [];
  assert.deepEqual([exempt[2], exempt[5]], ['false', '1']);
});

test('queues of the levels that have some', async () => {
  const [header, ...queues] = await rows('dump_queues');
  assert.equal(header?.length, 9);
  assert.deepEqual(queues[0]?.slice(0, 5), ['global-default', '0', '0', '0', '0']);
  assert.match(queues[0]?.[5] ?? '', /^\d+\.\d{8}ss$/);
  assert.equal(queues.filter(([name]) => name === 'global-default').length, 128);
  assert.ok(!queues.some(([name]) => name === 'exempt' || name === 'catch-all'));
});

test('requests, with who asks for what where that is asked for', async () => {
  const [, own] = await rows('dump_requests');
  assert.deepEqual(own?.slice(0, 5), ['exempt', 'exempt', '-1', '-1', '']);
  assert.deepEqual(own?.slice(6, 9), ['1', '0', '0s']);
  for (const time of [own?.[5], own?.[9]]) {
    assert.ok(Math.abs(Date.parse(time ?? '') - Date.now()) < 60_000, time);
  }
  const [header, detailed] = await rows('dump_requests?includeRequestDetails=1');
  assert.deepEqual(header?.slice(10), [
    ...['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource'],
    'SubResource',
  ]);
  assert.deepEqual(detailed?.slice(10, 13), ['admin', 'get', `${at}/dump_requests`]);
});

test('the tables are at no listed path, and not for everybody', async () => {
  const { body } = await api.get('/');
  assert.ok(!body.paths.some((path: string) => path.startsWith('/debug')));
  const nobody = { headers: { authorization: '' } };
  assert.equal((await api.get(`${at}/dump_queues`, nobody)).code, 403);
  assert.equal((await api.get(`${at}/nothing`)).code, 404);
});
