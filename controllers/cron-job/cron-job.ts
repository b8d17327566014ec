import { semanticEqual } from '../../object/equal.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { byController, keyFor, keyOf } from '../../reconciler/store.ts';
import {
  type ControllerContext,
  createLoop,
  enqueue,
  isCode,
  isNamespaceTerminating,
} from '../context.ts';
import { controllerOf } from '../owner.ts';
import { cronJobs, jobs } from '../resources.ts';
import { beyondHistory, type Due, dueRuns, isJobFinished, jobFor } from './cron-job-plan.ts';
import { parseSchedule, type Schedule } from './cron-schedule.ts';

/** CronJobs: a Job at each time of the schedule. */
export function cronJobController(context: ControllerContext): Controller {
  const { cluster, informers, events } = context;
  const informer = informers.of(cronJobs);
  const jobInformer = informers.of(jobs);
  jobInformer.addIndex('controller', byController);

  async function reconcile(key: string): Promise<Result> {
    const cronJob = informer.store.get(key);
    if (cronJob === undefined) return done;
    const owned = jobInformer.store.indexed('controller', cronJob.metadata.uid ?? '');
    const current = await updateActive(cronJob, owned);
    const result = await runDue(current);
    // After the runs: that a Job is there is all that says of a run that it was, until that is written.
    for (const job of beyondHistory(current, owned)) await remove(current, job);
    return result;
  }

  async function runDue(current: KubeObject): Promise<Result> {
    if (current.metadata.deletionTimestamp != null || current.spec.suspend === true) return done;
    let schedule: Schedule;
    try {
      schedule = parseSchedule(current.spec.schedule, current.spec.timeZone ?? undefined);
    } catch (error) {
      const zone = error instanceof RangeError;
      const message = zone
        ? `invalid timeZone: ${JSON.stringify(current.spec.timeZone)}: ${error.message}`
        : `unparseable schedule: ${JSON.stringify(current.spec.schedule)} : ${(error as Error).message}`;
      events.record(current, 'Warning', zone ? 'UnknownTimeZone' : 'UnparseableSchedule', message);
      return done;
    }
    const now = context.now();
    const due = dueRuns(current, schedule, now);
    if (due.missed !== undefined) await start(current, due.missed, due, now);
    // A little late rather than a moment early.
    return due.next === undefined ? done : requeueAfter(due.next.getTime() - now.getTime() + 100);
  }

  async function start(cronJob: KubeObject, at: Date, due: Due, now: Date): Promise<void> {
    const deadline = cronJob.spec.startingDeadlineSeconds;
    if (due.tooMany) {
      const message =
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      events.record(cronJob, 'Warning', 'TooManyMissedTimes', message);
    }
    if (deadline != null && at.getTime() + deadline * 1000 < now.getTime()) {
      const message = `Missed scheduled time to start a job: ${at.toUTCString()}`;
      events.record(cronJob, 'Warning', 'MissSchedule', message);
      return;
    }
    let current = cronJob;
    const active: { name: string; namespace: string }[] = current.status?.active ?? [];
    if (active.length > 0 && current.spec.concurrencyPolicy === 'Forbid') {
      const message =
        'Not starting job because prior execution is running and concurrency policy is Forbid';
      events.record(current, 'Normal', 'JobAlreadyActive', message);
      return;
    }
    if (current.spec.concurrencyPolicy === 'Replace') {
      for (const { name } of active) {
        const job = jobInformer.store.get(keyFor(current.metadata.namespace, name));
        if (job !== undefined) await remove(current, job);
      }
      current = await writeStatus(current, { ...current.status, active: [] });
    }
    const job = await createJob(current, at);
    if (job === undefined) return;
    const reference = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      namespace: job.metadata.namespace,
      name: job.metadata.name,
      uid: job.metadata.uid,
      resourceVersion: job.metadata.resourceVersion,
    };
    await writeStatus(current, {
      ...current.status,
      active: [...(current.status?.active ?? []), reference],
      lastScheduleTime: timestamp(at),
    });
  }

  async function createJob(cronJob: KubeObject, at: Date): Promise<KubeObject | undefined> {
    const wanted = jobFor(cronJob, at);
    try {
      const job = await cluster.create(jobs, wanted);
      events.record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      return job;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (!isCode(error, 409)) {
        const message = `Error creating job: ${(error as Error).message}`;
        events.record(cronJob, 'Warning', 'FailedCreate', message);
        throw error;
      }
      // This run was begun before a crash, or the name is somebody else's.
      const { namespace = '', name = '' } = wanted.metadata;
      const there = await cluster.get(jobs, namespace, name);
      return there !== undefined && controllerOf(there)?.uid === cronJob.metadata.uid
        ? there
        : undefined;
    }
  }

  /** `active` holds what runs: finished Jobs leave it, unknown ones are told. */
  async function updateActive(cronJob: KubeObject, owned: KubeObject[]): Promise<KubeObject> {
    const before: { uid: string; name: string }[] = cronJob.status?.active ?? [];
    const byUid = new Map(owned.map((job) => [job.metadata.uid, job]));
    let lastSuccessfulTime: string | undefined = cronJob.status?.lastSuccessfulTime;
    for (const job of owned) {
      if (isJobFinished(job) !== 'Complete') continue;
      const at: string | undefined = job.status?.completionTime;
      if (at !== undefined && at > (lastSuccessfulTime ?? '')) lastSuccessfulTime = at;
    }
    const known = new Set(before.map(({ uid }) => uid));
    for (const job of owned) {
      if (known.has(job.metadata.uid ?? '') || isJobFinished(job) !== undefined) continue;
      const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
      events.record(cronJob, 'Warning', 'UnexpectedJob', message);
    }
    const active = before.filter(({ uid, name }) => {
      const job = byUid.get(uid);
      const finished = job === undefined ? undefined : isJobFinished(job);
      if (job !== undefined && finished === undefined) return true;
      const reason = job === undefined ? 'MissingJob' : 'SawCompletedJob';
      const message =
        job === undefined
          ? `Active job went missing: ${name}`
          : `Saw completed job: ${name}, condition: ${finished}`;
      events.record(cronJob, 'Normal', reason, message);
      return false;
    });
    return writeStatus(cronJob, {
      ...cronJob.status,
      active,
      ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
    });
  }

  async function writeStatus(
    cronJob: KubeObject,
    status: Record<string, unknown>,
  ): Promise<KubeObject> {
    if (semanticEqual(cronJob.status, status)) return cronJob;
    return cluster.update(cronJobs, { ...cronJob, status }, 'status');
  }

  async function remove(cronJob: KubeObject, job: KubeObject): Promise<void> {
    const { namespace = '', name = '', uid = '' } = job.metadata;
    await cluster.delete(jobs, namespace, name, { uid, propagationPolicy: 'Background' });
    events.record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  const loop = createLoop(context, 'cronjob', reconcile);
  enqueue(informer, loop, (o) => [keyOf(o)]);
  enqueue(jobInformer, loop, (job) => {
    const owner = controllerOf(job);
    return owner?.kind === 'CronJob' ? [keyFor(job.metadata.namespace, owner.name)] : [];
  });
  return { name: 'cronjob', loops: [loop] };
}
