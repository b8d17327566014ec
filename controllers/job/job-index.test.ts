import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { conditionOf } from '../pod.ts';
import { jobs, pods } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { jobController } from './job.ts';
import { tally } from './job-accounting.ts';
import { planPods } from './job-plan.ts';
import { indexFailuresKey, indexIgnoredKey, indexKey, trackingFinalizer } from './job-pods.ts';

/** Indexed Jobs, and Jobs whose controller stops between two writes. */

const now = new Date('2026-01-01T00:00:00Z');
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

function indexed(spec: object): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default', uid: 'j' },
    spec: { completions: 3, parallelism: 3, completionMode: 'Indexed', template: {}, ...spec },
  };
}

function podAt(
  index: number,
  more: object = {},
  status: object = { phase: 'Running' },
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `j-${index}`,
      uid: Math.random().toString(),
      annotations: { [indexKey]: String(index), [indexFailuresKey]: '0' },
      finalizers: [trackingFinalizer],
      ...more,
    },
    spec: {},
    status,
  };
}

/** A pod that failed so many seconds ago, after `failures` others at its index. */
const failedAt = (index: number, seconds: number, failures = 0) =>
  podAt(
    index,
    { annotations: { [indexKey]: String(index), [indexFailuresKey]: String(failures) } },
    {
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { finishedAt: before(seconds) } } }],
    },
  );

const plan = (job: KubeObject, list: KubeObject[]) =>
  planPods(job, list, tally(job, list, false), now);

test('pods of indexes that are none any more go first, and one of two at an index', () => {
  const five = [0, 1, 2, 3, 4].map((i) => podAt(i));
  assert.deepEqual(new Set(plan(indexed({}), five).remove), new Set([five[3], five[4]]));
  const twice = [podAt(0), podAt(0, {}, { phase: 'Pending' }), podAt(1)];
  assert.deepEqual(plan(indexed({}), twice).remove, [twice[1]]);
});

test('with a limit per index each index waits for itself, and its failures are not forgotten', () => {
  const job = indexed({ backoffLimitPerIndex: 5 });
  const list = [failedAt(0, 25, 1), failedAt(1, 5, 0)];
  const first = plan(job, list);
  assert.deepEqual(first.create, [
    { index: 0, counted: 2, ignored: 0 },
    { index: 2, counted: 0, ignored: 0 },
  ]);
  assert.equal(first.waitMs, 5_000);
  // who says how often an index failed stays until another says so
  assert.deepEqual(tally(job, list, false).release, []);
  const successor = podAt(0);
  const next = tally(job, [...list, successor], false);
  assert.deepEqual(next.release, [list[0]]);
  assert.deepEqual([...next.uncounted.failed], [list[0]?.metadata.uid]);
  assert.deepEqual(tally(job, list, true).release, list);
});

test('an ignored failure does not count against the limit of its index', () => {
  const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }];
  const job = indexed({ backoffLimitPerIndex: 0, podFailurePolicy: { rules } });
  const pod = failedAt(0, 60);
  pod.status.conditions = [{ type: 'DisruptionTarget', status: 'True' }];
  assert.deepEqual(plan(job, [pod]).create[0], { index: 0, counted: 0, ignored: 1 });
});

test('a pod that is being deleted failed when its deletion began, not when its grace ends', () => {
  const job = indexed({ completionMode: 'NonIndexed', completions: 1, parallelism: 1 });
  const deletionTimestamp = new Date(now.getTime() + 20_000).toISOString();
  const pod = podAt(0, { deletionTimestamp, deletionGracePeriodSeconds: 30 });
  assert.equal(plan(job, [pod]).waitMs, 0);
});

async function started(spec: object): Promise<Scenario> {
  const scenario = await startScenario(jobController);
  const template = {
    metadata: { labels: { job: 'j' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
  };
  await scenario.cluster.create(jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default' },
    spec: { completions: 1, selector: { matchLabels: { job: 'j' } }, template, ...spec },
  });
  return scenario;
}

test('a Job that its failure policy ended stays so when the next write fails', async () => {
  const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }];
  const scenario = await started({ backoffLimit: 6, podFailurePolicy: { rules } });
  const { cluster, until, find, edit } = scenario;
  try {
    const pod = await until('a pod', () => cluster.all(pods)[0]);
    let released = false;
    cluster.intercept = (verb, { resource }) => {
      if (verb === 'patch' && resource === 'pods') released = true;
      if (!released || verb !== 'update/status' || resource !== 'jobs') return;
      cluster.intercept = () => {};
      throw new Error('the server is gone');
    };
    const finishedAt = new Date(Date.now() - 3_600_000).toISOString();
    const containerStatuses = [{ name: 'c', state: { terminated: { exitCode: 42, finishedAt } } }];
    await edit(
      pods,
      pod.metadata.name ?? '',
      (p) => (p.status = { phase: 'Failed', containerStatuses }),
      'status',
    );
    const failed = await until('it failed', () => {
      const job = find(jobs, 'j');
      return job !== undefined && conditionOf(job, 'Failed');
    });
    assert.equal(failed.reason, 'PodFailurePolicy');
    assert.equal(cluster.all(pods).length, 1);
  } finally {
    await scenario.stop();
  }
});

test('how often an index failed outlives the failed pod', async () => {
  const scenario = await started({
    completionMode: 'Indexed',
    backoffLimitPerIndex: 3,
    podFailurePolicy: { rules: [] },
  });
  const { cluster, until, edit, find } = scenario;
  try {
    const first = (await until('a pod', () => cluster.all(pods)[0])).metadata.name ?? '';
    const finishedAt = new Date(Date.now() - 9_500).toISOString();
    const containerStatuses = [{ name: 'c', state: { terminated: { exitCode: 1, finishedAt } } }];
    await edit(pods, first, (p) => (p.status = { phase: 'Failed', containerStatuses }), 'status');
    await cluster.delete(pods, 'default', first);
    const second = await until('another after the back-off', () =>
      cluster.all(pods).find(({ metadata }) => metadata.name !== first),
    );
    assert.equal(second.metadata.annotations?.[indexFailuresKey], '1');
    assert.equal(second.metadata.annotations?.[indexIgnoredKey], undefined);
    await until('the first may go', () => find(pods, first) === undefined);
    await until('and is counted', () => find(jobs, 'j')?.status.failed === 1);
  } finally {
    await scenario.stop();
  }
});

test('a pod whose deletion is refused does not keep the others', async () => {
  const scenario = await started({ parallelism: 3, completions: 3 });
  const { cluster, until, edit } = scenario;
  try {
    const made = await until(
      'three pods',
      () => cluster.all(pods).length === 3 && cluster.all(pods),
    );
    const stuck = made[0]?.metadata.name ?? '';
    cluster.intercept = (verb, { resource }, key) => {
      if (verb === 'delete' && resource === 'pods' && key.endsWith(stuck))
        throw new Error('refused');
    };
    await edit(jobs, 'j', (job) => (job.spec.activeDeadlineSeconds = 0));
    await until('the others go', () => cluster.all(pods).length === 1);
    assert.equal(cluster.all(pods)[0]?.metadata.name, stuck);
  } finally {
    await scenario.stop();
  }
});
