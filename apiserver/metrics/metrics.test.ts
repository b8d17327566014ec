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

/** Made when there is something to tell. */
const rare = [
  'apiserver_admission_webhook_admission_duration_seconds',
  'apiserver_admission_webhook_fail_open_count',
  'apiserver_admission_webhook_rejection_count',
  'apiserver_admission_webhook_request_total',
  'apiserver_audit_error_total',
  'apiserver_audit_level_total',
  'apiserver_longrunning_requests',
  'apiserver_request_terminations_total',
  'nodejs_active_requests',
  'nodejs_gc_duration_seconds',
];

test('metrics keep their names, types, help and order', () => {
  const described = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE (\S+) (\S+)$/gm)];
  const missing = ({ name }: { name: string }): boolean => !rare.includes(name);
  assert.deepEqual(
    described
      .map(([, name = '', help, same, type]) => ({ name, help, same, type }))
      .filter(missing),
    expected.filter(missing).map(({ name, help, type }) => ({ name, help, same: name, type })),
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
  const silent = expected.filter(({ name }) => samplesOf(name).length === 0);
  assert.deepEqual(
    silent.map(({ name }) => name).filter((name) => !rare.includes(name)),
    process.platform === 'linux' ? [] : ['process_virtual_memory_bytes', 'process_heap_bytes'],
  );
});

const valuesOf = (name: string): string[] =>
  samplesOf(name).map(({ labels, value }) => `${[...labels.values()].join('|')} = ${value}`);

test('requests are counted by what they were, where a handler had them', async () => {
  const path = '/api/v1/namespaces/counted/secrets';
  const watching = await api.watch(`${path}?watch=true`);
  await api.get(path);
  await api.ask('PATCH', `${path}/x?dryRun=All&fieldManager=t`, {
    type: 'application/apply-patch+yaml',
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } },
  });
  await api.ask('DELETE', path);
  await api.get('/healthz');
  await api.get('/api/v1/unknowns');
  await api.ask('PUT', path);
  text = (await api.get('/metrics')).text;
  const seen = valuesOf('apiserver_request_total');
  for (const line of [
    // code, component, dry_run, group, resource, scope, subresource, verb, version
    '200|apiserver|||namespaces|resource||GET|v1 = 1',
    '200|apiserver|||pods|cluster||LIST|v1 = 1',
    '201|apiserver|||namespaces|resource||POST|v1 = 1',
    '200|apiserver|||secrets|namespace||LIST|v1 = 1',
    '201|apiserver|All||secrets|resource||APPLY|v1 = 1',
    '200|apiserver|||secrets|namespace||DELETE|v1 = 1',
    '200||||||/healthz|GET| = 1',
  ]) {
    assert.ok(seen.includes(line), `${line} in ${seen.join('\n')}`);
  }
  // who was refused, and paths that nobody serves
  const others = seen.filter((line) => /nowhere|unknowns|PUT|40[45]/.test(line));
  assert.deepEqual(others, []);
  const running = valuesOf('apiserver_longrunning_requests');
  assert.deepEqual(running, ['apiserver||secrets|namespace||WATCH|v1 = 1']);
  watching.close();
  const durations = samplesOf('apiserver_request_duration_seconds').filter(
    ({ labels }) => labels.get('resource') === 'pods',
  );
  assert.equal(durations.length, 23 + 3);
  assert.equal(durations.find(({ part }) => part === '_count')?.value, '1');
  assert.equal(durations.find(({ labels }) => labels.get('le') === '+Inf')?.value, '1');
  const sizes = samplesOf('apiserver_response_sizes').filter(
    ({ labels, part }) => labels.get('resource') === 'pods' && part === '_sum',
  );
  assert.ok(Number(sizes[0]?.value) > 50, sizes[0]?.value);
  const watched = `/api/v1/namespaces/default/services?watch=1&timeoutSeconds=1`;
  const stream = await api.watch(watched);
  await stream.end();
  const sent = stream.text.length;
  assert.ok(sent > 100, stream.text);
  text = (await api.get('/metrics')).text;
  const watches = samplesOf('apiserver_response_sizes').filter(
    ({ labels, part }) => labels.get('verb') === 'WATCH' && part === '_sum',
  );
  assert.deepEqual(
    watches.filter(({ labels }) => labels.get('resource') === 'services').map((one) => one.value),
    [String(sent)],
  );
});

test('who was known and who was let in is counted', async () => {
  const numberOf = (name: string, label: string): number =>
    Number(
      samplesOf(name).find(({ labels }) => [...labels.values()].includes(label))?.value ?? '0',
    );
  const read = () => ({
    known: numberOf('authentication_attempts', 'success'),
    wrong: numberOf('authentication_attempts', 'error'),
    allowed: numberOf('authorization_attempts_total', 'allowed'),
    unsure: numberOf('authorization_attempts_total', 'no-opinion'),
    others: numberOf('authenticated_user_requests', 'other'),
  });
  const before = read();
  const as = (authorization: string) => ({ headers: { authorization } });
  assert.equal((await api.get('/api/v1/nodes', as('Bearer nobody'))).code, 401);
  assert.equal((await api.get('/api/v1/nodes', as(''))).code, 403);
  text = (await api.get('/metrics')).text;
  assert.deepEqual(read(), {
    known: before.known + 2,
    wrong: before.wrong + 1,
    allowed: before.allowed + 1,
    unsure: before.unsure + 1,
    others: before.others + 1,
  });
});

test('protobuf for who prefers it, and text otherwise', async () => {
  const protobuf =
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  const { headers, raw } = await api.get('/metrics', { accept: `${protobuf},text/plain;q=0.5` });
  assert.equal(
    headers['content-type'],
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores',
  );
  // a family begins with its length, its name and its help
  const name = 'aggregator_unavailable_apiservice';
  const at = raw.indexOf(Buffer.from([0x0a, name.length]));
  assert.equal(raw.toString('utf8', at + 2, at + 2 + name.length), name);
  const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3';
  const plain = await api.get('/metrics', { accept: `${accept};escaping=allow-utf-8` });
  assert.equal(
    plain.headers['content-type'],
    'text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8',
  );
});

test('DELETE starts counting anew', async () => {
  const { code, text: said } = await api.ask('DELETE', '/metrics');
  assert.deepEqual([code, said], [200, 'metrics reset\n']);
  await api.get('/api/v1/namespaces/default');
  text = (await api.get('/metrics')).text;
  assert.deepEqual(valuesOf('apiserver_request_total'), [
    '200|apiserver|||namespaces|resource||GET|v1 = 1',
  ]);
});
