import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../object/object.ts';
import { jobs, pods } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { formatIndexes, parseIndexes } from './index-set.ts';
import { jobController } from './job.ts';
import { trackingFinalizer } from './job-pods.ts';

const scenarios: Scenario[] = [];
after(() => Promise.all(scenarios.map((s) => s.stop())));

async function started(spec: object): Promise<Scenario> {
  const scenario = await startScenario(jobController);
  scenarios.push(scenario);
  await scenario.cluster.create(jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default' },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      selector: { matchLabels: { job: 'j' } },
      template: {
        metadata: { labels: { job: 'j' } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
      },
      ...spec,
    },
  });
  return scenario;
}

function running(scenario: Scenario): KubeObject[] {
  return scenario.cluster
    .all(pods)
    .filter((p) => p.status?.phase === undefined && p.metadata.deletionTimestamp == null);
}

function end(scenario: Scenario, pod: KubeObject, phase: 'Succeeded' | 'Failed', exitCode = 1) {
  return scenario.edit(
    pods,
    pod.metadata.name ?? '',
    (o) => {
      const finishedAt = new Date(Date.now() - 3_600_000).toISOString();
      const terminated = { exitCode: phase === 'Failed' ? exitCode : 0, finishedAt };
      o.status = { phase, containerStatuses: [{ name: 'c', state: { terminated } }] };
    },
    'status',
  );
}

const condition = (scenario: Scenario, type: string) =>
  scenario
    .find(jobs, 'j')
    ?.status?.conditions?.find(
      (c: { type: string; status: string }) => c.type === type && c.status === 'True',
    );

test('index sets survive being written and read', () => {
  assert.equal(formatIndexes([7, 0, 1, 2, 4, 5]), '0-2,4,5,7');
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200)), (indexes) => {
      assert.deepEqual(
        [...parseIndexes(formatIndexes(indexes))].sort((a, b) => a - b),
        indexes.sort((a, b) => a - b),
      );
    }),
  );
});

test('an indexed Job runs every index once and completes; no pod keeps the finalizer', async () => {
  const scenario = await started({ completions: 4, parallelism: 2, completionMode: 'Indexed' });
  while (condition(scenario, 'Complete') === undefined) {
    assert.ok(running(scenario).length <= 2);
    for (const pod of running(scenario)) await end(scenario, pod, 'Succeeded');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const job = scenario.find(jobs, 'j');
  assert.equal(job?.status.completedIndexes, '0-3');
  assert.equal(job?.status.succeeded, 4);
  const made = scenario.cluster.all(pods);
  assert.equal(made.length, 4);
  assert.ok(made.every((p) => !(p.metadata.finalizers ?? []).includes(trackingFinalizer)));
});

test('failures beyond the limit fail the Job, counted exactly', async () => {
  const scenario = await started({ backoffLimit: 1 });
  for (let i = 0; i < 2; i++) {
    const pod = await scenario.until('a pod', () => running(scenario)[0]);
    await end(scenario, pod, 'Failed');
  }
  const failed = await scenario.until('failure', () => condition(scenario, 'Failed'));
  assert.equal(failed.reason, 'BackoffLimitExceeded');
  assert.equal(scenario.find(jobs, 'j')?.status.failed, 2);
  assert.equal(scenario.cluster.all(pods).length, 2);
});

test('a pod deleted before it was counted still counts, because its finalizer holds it', async () => {
  const scenario = await started({});
  const pod = await scenario.until('a pod', () => running(scenario)[0]);
  await end(scenario, pod, 'Succeeded');
  await scenario.cluster.delete(pods, 'default', pod.metadata.name ?? '');
  await scenario.until('completion', () => condition(scenario, 'Complete'));
  assert.equal(scenario.find(jobs, 'j')?.status.succeeded, 1);
});

test('the finalizer goes with the Job, and with a pod that leaves it; what comes back is counted again', async () => {
  const scenario = await started({ parallelism: 2, completions: 2 });
  const [first, second] = await scenario.until('two pods', () => {
    const found = running(scenario);
    return found.length === 2 && found;
  });
  const find = (pod?: KubeObject) => scenario.find(pods, pod?.metadata.name ?? '');
  const tracked = (pod?: KubeObject) => (find(pod)?.metadata.finalizers ?? []).length > 0;
  await scenario.edit(pods, first?.metadata.name ?? '', (p) => {
    p.metadata.ownerReferences = [];
  });
  await scenario.until('adopted again', () => {
    return find(first)?.metadata.ownerReferences?.[0]?.kind === 'Job' && tracked(first);
  });
  await scenario.edit(pods, first?.metadata.name ?? '', (p) => {
    p.metadata.labels = {};
  });
  await scenario.until('released', () => !tracked(first));
  await scenario.cluster.delete(jobs, 'default', 'j');
  await scenario.until('the other pod may go', () => !tracked(second));
});

test('suspending takes the pods away without counting them as failed; resuming makes new ones', async () => {
  const scenario = await started({ backoffLimit: 0 });
  await scenario.until('a pod', () => running(scenario)[0]);
  await scenario.edit(jobs, 'j', (j) => {
    j.spec.suspend = true;
  });
  await scenario.until('no pods', () => scenario.cluster.all(pods).length === 0);
  await scenario.until('said so', () => condition(scenario, 'Suspended'));
  assert.equal(scenario.find(jobs, 'j')?.status.startTime, undefined);
  await scenario.edit(jobs, 'j', (j) => {
    j.spec.suspend = false;
  });
  const pod = await scenario.until('a new pod', () => running(scenario)[0]);
  await end(scenario, pod, 'Succeeded');
  await scenario.until('completion', () => condition(scenario, 'Complete'));
  assert.equal(scenario.find(jobs, 'j')?.status.failed ?? 0, 0);
});

test('a pod failure policy can end the Job at once or ignore a failure', async () => {
  const rules = [
    { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
    { action: 'Ignore', onExitCodes: { operator: 'In', values: [9] } },
  ];
  const scenario = await started({ backoffLimit: 0, podFailurePolicy: { rules } });
  const first = await scenario.until('a pod', () => running(scenario)[0]);
  await end(scenario, first, 'Failed', 9);
  const second = await scenario.until('another', () =>
    running(scenario).find((p) => p.metadata.uid !== first.metadata.uid),
  );
  await end(scenario, second, 'Failed', 42);
  const failed = await scenario.until('failure', () => condition(scenario, 'Failed'));
  assert.equal(failed.reason, 'PodFailurePolicy');
  assert.match(failed.message, /failed with exit code 42 matching FailJob rule at index 0/);
});
