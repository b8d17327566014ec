import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ApiClient } from '../verbs/api-client.ts';

/** Dashboards and alerts hang on these: what families.json says does not change without a reason. */
interface Family {
  name: string;
  type: string;
  help: string;
  labels?: string[];
  buckets?: string[];
}
const expected = JSON.parse(
  readFileSync(new URL('./testdata/families.json', import.meta.url), 'utf8'),
) as Family[];

let api: ApiClient;
let text = '';

before(async () => {
  api = await ApiClient.start();
  await api.get('/api/v1/namespaces/default');
  await api.get('/api/v1/pods?limit=2');
  await api.create('/api/v1/namespaces', { metadata: { name: 'counted' } });
  await api.get('/nowhere');
  await api.get('/version');
  text = (await api.get('/metrics')).text;
});
after(() => api.stop());

/** Labels by name, of every sample of a metric and its parts. */
function samplesOf(name: string): { part: string; labels: Map<string, string>; value: string }[] {
  const line = new RegExp(`^${name}(_bucket|_sum|_count)?(?:\\{(.*)\\})? (\\S+)$`, 'gm');
  return [...text.matchAll(line)].map(([, part = '', labels = '', value = '']) => ({
    part,
    labels: new Map(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, k = '', v = '']) => [k, v]),
    ),
    value,
  }));
}

test('metrics keep their names, types, help and order', () => {
  const described = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE (\S+) (\S+)$/gm)];
  assert.deepEqual(
    described.map(([, name, help, same, type]) => ({ name, help, same, type })),
    expected.map(({ name, help, type }) => ({ name, help, same: name, type })),
  );
});

test('metrics keep their labels and buckets', () => {
  for (const { name, labels = [], buckets = [] } of expected) {
    for (const { part, labels: found } of samplesOf(name)) {
      const wanted = part === '_bucket' ? [...labels, 'le'] : labels;
      assert.deepEqual([...found.keys()], wanted, name);
    }
    const bounds = samplesOf(name).flatMap(({ labels: found }) => found.get('le') ?? []);
    if (bounds.length > 0) assert.deepEqual(bounds.slice(0, buckets.length), buckets, name);
  }
  const optional = ['nodejs_active_requests', 'nodejs_gc_duration_seconds'];
  const silent = expected.filter(({ name }) => samplesOf(name).length === 0);
  assert.deepEqual(
    silent.map(({ name }) => name).filter((name) => !optional.includes(name)),
    process.platform === 'linux' ? [] : ['process_virtual_memory_bytes', 'process_heap_bytes'],
  );
});

test('requests are counted by what they were', () => {
  const seen = samplesOf('apiserver_request_total').map(
    ({ labels, value }) => `${[...labels.values()].join(' ')} = ${value}`,
  );
  for (const line of [
    'GET   v1 namespaces  resource apiserver 200 = 1',
    'LIST   v1 pods  cluster apiserver 200 = 1',
    'POST   v1 namespaces  cluster apiserver 201 = 1',
    'GET     /nowhere  apiserver 404 = 1',
  ]) {
    assert.ok(seen.includes(line), `${line} in ${seen.join('\n')}`);
  }
  const durations = samplesOf('apiserver_request_duration_seconds').filter(
    ({ labels }) => labels.get('resource') === 'pods',
  );
  assert.equal(durations.length, 23 + 3);
  assert.equal(durations.find(({ part }) => part === '_count')?.value, '1');
  assert.equal(durations.find(({ labels }) => labels.get('le') === '+Inf')?.value, '1');
});
