import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { KubeObject } from '../../object/object.ts';
import { controllerReference } from '../owner.ts';
import { cronJobs, jobs } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { cronJobController } from './cron-job.ts';

/** A run is due, and the Job of its name is there already: made before a crash, or by somebody else. */
async function dueWith(owned: boolean): Promise<Scenario> {
  const at = new Date();
  const scenario = await startScenario((context) => {
    context.now = () => new Date(at.getTime() + 60_000);
    return cronJobController(context);
  });
  const { cluster, edit } = scenario;
  const cronJob = await cluster.create(cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'c', namespace: 'default' },
    spec: {
      schedule: '* * * * *',
      suspend: true,
      successfulJobsHistoryLimit: 0,
      jobTemplate: { spec: {} },
    },
  });
  const minute = Math.floor((at.getTime() + 60_000) / 60_000);
  const job: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `c-${minute}`,
      namespace: 'default',
      ...(owned ? { ownerReferences: [controllerReference(cronJob, cronJobs)] } : {}),
    },
    spec: {},
    status: { conditions: [{ type: 'Complete', status: 'True' }] },
  };
  scenario.cluster.calls.length = 0;
  await cluster.update(cronJobs, { ...cronJob, spec: { ...cronJob.spec, suspend: false } });
  await cluster.create(jobs, job);
  await edit(cronJobs, 'c', () => {});
  return scenario;
}

test('a run that ended before it was noted is not made again, though its Job is kept no longer', async () => {
  const scenario = await dueWith(true);
  try {
    const { until, find, events } = scenario;
    await until('it is noted', () => find(cronJobs, 'c')?.status?.lastScheduleTime);
    await until('its Job is removed', () => scenario.cluster.all(jobs).length === 0);
    await setTimeout(50);
    assert.ok(!events.includes('c SuccessfulCreate'), String(events));
    assert.equal(scenario.cluster.all(jobs).length, 0);
  } finally {
    await scenario.stop();
  }
});

test("a Job of somebody else's that has the name is left alone, without trying again and again", async () => {
  const scenario = await dueWith(false);
  try {
    const attempts = () => scenario.cluster.calls.filter((c) => c.startsWith('create jobs')).length;
    await scenario.until('an attempt', () => attempts() > 1);
    await setTimeout(300);
    assert.ok(attempts() < 6, `${attempts()} attempts`);
  } finally {
    await scenario.stop();
  }
});
