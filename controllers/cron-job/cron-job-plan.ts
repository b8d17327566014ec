import { deepCopy } from '../../object/copy.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import { conditionOf } from '../pod.ts';
import { controllerReference } from '../owner.ts';
import { cronJobs } from '../resources.ts';
import type { Schedule } from './cron-schedule.ts';

/** Which run of a CronJob is due; pure (pkg/controller/cronjob). */
export interface Due {
  /** The latest time that passed without a run. */
  missed: Date | undefined;
  next: Date | undefined;
  /** More runs were missed than anybody counts. */
  tooMany: boolean;
}

const countLimit = 100;

export function dueRuns(cronJob: KubeObject, schedule: Schedule, now: Date): Due {
  let earliest = new Date(
    cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? now,
  );
  const deadline = cronJob.spec.startingDeadlineSeconds;
  if (deadline != null) {
    const from = new Date(now.getTime() - deadline * 1000);
    if (from > earliest) earliest = from;
  }
  let missed: Date | undefined;
  let count = 0;
  let at = schedule.next(earliest);
  if (at !== undefined) {
    const second = schedule.next(at);
    const period = second === undefined ? 0 : second.getTime() - at.getTime();
    // Years of missed minutes must not be walked through one by one.
    if (period > 0 && (now.getTime() - at.getTime()) / period > countLimit) {
      count = countLimit + 1;
      const close = new Date(now.getTime() - 2 * period);
      if (close > at) at = schedule.next(close) ?? at;
    }
  }
  while (at !== undefined && at <= now && count < 10 * countLimit) {
    missed = at;
    count++;
    at = schedule.next(at);
  }
  return { missed, next: at, tooMany: count > countLimit };
}

/** One Job per scheduled minute: the name is the guard against a second one. */
export function jobName(cronJob: KubeObject, scheduled: Date): string {
  return `${cronJob.metadata.name}-${Math.floor(scheduled.getTime() / 60_000)}`;
}

export function jobFor(cronJob: KubeObject, scheduled: Date): KubeObject {
  const template = cronJob.spec.jobTemplate ?? {};
  const timeZone: string | undefined = cronJob.spec.timeZone ?? undefined;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, scheduled),
      namespace: cronJob.metadata.namespace ?? '',
      labels: { ...template.metadata?.labels },
      annotations: {
        ...template.metadata?.annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp':
          timeZone === undefined ? timestamp(scheduled) : zoned(scheduled, timeZone),
      },
      ownerReferences: [controllerReference(cronJob, cronJobs)],
    },
    spec: deepCopy(template.spec ?? {}),
  };
}

/** RFC 3339 with the zone's offset. */
function zoned(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((p) => p.type === 'timeZoneName')?.value;
  const offset = /GMT([+-]\d\d:\d\d)/.exec(parts ?? '')?.[1];
  if (offset === undefined) return timestamp(at);
  const [h = 0, m = 0] = offset.slice(1).split(':').map(Number);
  const shift = (h * 60 + m) * 60_000 * (offset.startsWith('-') ? -1 : 1);
  return `${new Date(at.getTime() + shift).toISOString().slice(0, 19)}${offset}`;
}

export function isJobFinished(job: KubeObject): 'Complete' | 'Failed' | undefined {
  if (conditionOf(job, 'Complete')?.status === 'True') return 'Complete';
  if (conditionOf(job, 'Failed')?.status === 'True') return 'Failed';
  return undefined;
}

/** Finished Jobs beyond the history limits, the oldest first. */
export function beyondHistory(cronJob: KubeObject, jobs: readonly KubeObject[]): KubeObject[] {
  const limits = {
    Complete: cronJob.spec.successfulJobsHistoryLimit ?? 3,
    Failed: cronJob.spec.failedJobsHistoryLimit ?? 1,
  };
  const started = (job: KubeObject): string =>
    job.status?.startTime ?? job.metadata.creationTimestamp ?? '';
  return (['Complete', 'Failed'] as const).flatMap((type) => {
    const list = jobs
      .filter((job) => isJobFinished(job) === type)
      .sort((a, b) => (started(a) < started(b) ? -1 : 1));
    return list.slice(0, Math.max(0, list.length - limits[type]));
  });
}
