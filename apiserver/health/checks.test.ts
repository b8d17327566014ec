import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestContext } from '../context.ts';
import { ApiClient } from '../verbs/api-client.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { Store } from '../storage/store.ts';
import { type HealthCheck, makeHealth } from './checks.ts';
import { serverChecks } from './server-checks.ts';

const checks = [
  { name: 'ping', check() {} },
  {
    name: 'etcd',
    check() {
      throw new Error('context deadline exceeded');
    },
  },
];

async function asked(url: string) {
  const seen: string[] = [];
  const health = makeHealth(
    '/readyz',
    checks,
    (check, error) => seen.push(`${check}: ${error.message}`),
    (check, type, passed) => seen.push(`${type} ${check} ${passed}`),
  );
  const { pathname: path, searchParams: query } = new URL(url, 'https://localhost');
  const context = { info: { path }, query } as RequestContext;
  await health(context);
  return { ...context.answer, seen };
}

test('a failure is told to anybody, its reason only to who asks for the check', async () => {
  const all = await asked('/readyz?exclude=b&exclude=a&exclude=');
  assert.equal(all.code, 500);
  assert.equal(
    all.body,
    '[+]ping ok\n[-]etcd failed: reason withheld\nwarn: some health checks cannot be excluded: no matches for "","a","b"\nreadyz check failed\n',
  );
  assert.deepEqual(all.seen, [
    'readyz ping true',
    'readyz etcd false',
    'etcd: context deadline exceeded',
  ]);
  const one = await asked('/readyz/etcd');
  assert.deepEqual(
    [one.code, one.body],
    [500, 'internal server error: context deadline exceeded\n'],
  );
  const without = await asked('/readyz?verbose&exclude=etcd');
  assert.equal(without.body, '[+]ping ok\n[+]etcd excluded: ok\nreadyz check passed\n');
  assert.deepEqual(without.seen, ['readyz ping true']);
});

test('the steps of a start are told by the names of the hooks of upstream', async () => {
  const api = await ApiClient.start();
  try {
    const shown = async (path: string): Promise<string[]> => {
      const { text } = await api.get(`${path}?verbose`);
      return [...text.matchAll(/^\[\+\](\S+) ok$/gm)].map(([, name = '']) => name);
    };
    const live = await shown('/livez');
    assert.deepEqual(live.slice(0, 6), [
      'ping',
      'log',
      'etcd',
      'poststarthook/generic-apiserver-start-informers',
      'poststarthook/priority-and-fairness-config-consumer',
      'poststarthook/priority-and-fairness-filter',
    ]);
    assert.ok(live.includes('poststarthook/rbac/bootstrap-roles'));
    assert.equal(live.at(-1), 'autoregister-completion');
    assert.deepEqual(await shown('/healthz'), live);
    assert.deepEqual(await shown('/readyz'), [
      ...live.slice(0, 3),
      'etcd-readiness',
      'informer-sync',
      ...live.slice(3),
      'shutdown',
    ]);
  } finally {
    await api.stop();
  }
});

test('a step that is not done fails its checks, and so does a cache that is not read', () => {
  const lifecycle = new Lifecycle();
  const unsynced = ['Pod'];
  const parts = {
    store: {} as Store,
    lifecycle,
    unsynced: () => unsynced,
    fair: false,
    encryptionReload: false,
    healthTimeoutMs: 1,
    readyTimeoutMs: 1,
    livezGraceMs: 0,
  };
  const { readyz, livez } = serverChecks(parts);
  const run = (name: string): void => void readyz.find((one) => one.name === name)?.check();
  assert.throws(() => run('poststarthook/bootstrap-controller'), /^Error: not finished$/);
  lifecycle.finish('own objects');
  run('poststarthook/bootstrap-controller');
  assert.throws(() => run('poststarthook/rbac/bootstrap-roles'), /not finished/);
  assert.throws(() => run('informer-sync'), /^Error: 1 informers not started yet: \[Pod\]$/);
  unsynced.pop();
  run('informer-sync');
  assert.ok(!readyz.some(({ name }) => name.includes('priority-and-fairness-filter')));

  const hook = 'poststarthook/rbac/bootstrap-roles';
  const passes = (list: readonly HealthCheck[]) => list.find(({ name }) => name === hook)?.check();
  assert.throws(() => passes(livez), /not finished/);
  const patient = serverChecks({ ...parts, livezGraceMs: 60_000 });
  passes(patient.livez);
  assert.throws(() => passes(patient.healthz), /not finished/);
});

test('with automatic reloading of the encryption there is a check of its providers, not in livez', () => {
  const lists = serverChecks({
    store: {} as Store,
    lifecycle: new Lifecycle(),
    unsynced: () => [],
    fair: true,
    encryptionReload: true,
    healthTimeoutMs: 1,
    readyTimeoutMs: 1,
    livezGraceMs: 0,
  });
  const names = (list: readonly HealthCheck[]) => list.map(({ name }) => name);
  assert.equal(names(lists.healthz)[3], 'kms-providers');
  assert.equal(names(lists.readyz)[4], 'kms-providers');
  assert.ok(!names(lists.livez).includes('kms-providers'));
  const hook = 'poststarthook/start-encryption-provider-config-automatic-reload';
  assert.ok(Object.values(lists).every((list) => names(list).includes(hook)));
});

test('what came of the checks is counted at a path of its own', async () => {
  const api = await ApiClient.start();
  try {
    await api.get('/livez');
    await api.get('/livez/ping');
    const { code, text, headers } = await api.get('/metrics/slis');
    assert.equal(code, 200);
    assert.match(String(headers['process-start-time-unix']), /^\d{10}$/);
    assert.match(
      text,
      /^# HELP kubernetes_healthcheck \[STABLE\] This metric records the result of a single healthcheck\.\n# TYPE kubernetes_healthcheck gauge\n/,
    );
    assert.match(text, /^kubernetes_healthcheck\{name="ping",type="livez"\} 1$/m);
    assert.match(
      text,
      /^kubernetes_healthchecks_total\{name="ping",status="success",type="livez"\} 1$/m,
    );
    assert.doesNotMatch((await api.get('/metrics')).text, /kubernetes_healthcheck/);
    const index = await api.get('/index.html');
    assert.deepEqual(index.body, (await api.get('/')).body);
    assert.ok(index.body.paths.includes('/metrics/slis'));
    assert.ok(!index.body.paths.includes('/index.html'));
  } finally {
    await api.stop();
  }
});
