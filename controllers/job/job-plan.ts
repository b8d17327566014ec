import type { KubeObject } from '../../object/object.ts';
import { conditionOf } from '../pod.ts';
import { parseIndexes } from './index-set.ts';
import { type Tally, totals } from './job-accounting.ts';
import {
  finishTime,
  indexFailuresKey,
  indexOf,
  isFailed,
  isIndexed,
  isJobActive,
  isSucceeded,
} from './job-pods.ts';

/** Has a Job ended, and which pods does it need now; pure (pkg/controller/job). */
export interface Ending {
  type: 'Complete' | 'Failed';
  reason: string;
  message: string;
}

export function finishedCondition(job: KubeObject): string | undefined {
  for (const type of ['Complete', 'Failed']) {
    if (conditionOf(job, type)?.status === 'True') return type;
  }
  return undefined;
}

export function endingOf(
  job: KubeObject,
  pods: readonly KubeObject[],
  result: Tally,
  now: Date,
): Ending | undefined {
  for (const [interim, type] of [
    ['FailureTarget', 'Failed'],
    ['SuccessCriteriaMet', 'Complete'],
  ] as const) {
    const decided = conditionOf(job, interim);
    if (decided?.status === 'True') {
      return { type, reason: decided.reason ?? '', message: decided.message ?? '' };
    }
  }
  if (result.failJob !== undefined) {
    return { type: 'Failed', reason: 'PodFailurePolicy', message: result.failJob };
  }
  const failed = (reason: string, message: string): Ending => ({ type: 'Failed', reason, message });
  const { failed: failures } = totals(result);
  if (
    failures > (job.spec.backoffLimit ?? 6) ||
    restarts(job, pods) > (job.spec.backoffLimit ?? 6)
  ) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const deadline = deadlineIn(job, now);
  if (deadline !== undefined && deadline <= 0) {
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  return indexEnding(job, pods, result) ?? successEnding(job, pods, result);
}

function indexEnding(
  job: KubeObject,
  pods: readonly KubeObject[],
  { failedIndexes, completed }: Tally,
): Ending | undefined {
  if (job.spec.backoffLimitPerIndex == null || failedIndexes.size === 0) return undefined;
  const most = job.spec.maxFailedIndexes;
  if (most != null && failedIndexes.size > most) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { type: 'Failed', reason: 'MaxFailedIndexesExceeded', message };
  }
  if (failedIndexes.size + completed.size >= job.spec.completions && !pods.some(isJobActive)) {
    return { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };
  }
  return undefined;
}

function successEnding(
  job: KubeObject,
  pods: readonly KubeObject[],
  result: Tally,
): Ending | undefined {
  const policy = isIndexed(job) ? (job.spec.successPolicy?.rules ?? []) : [];
  for (const [i, rule] of policy.entries()) {
    const wanted = rule.succeededIndexes == null ? undefined : parseIndexes(rule.succeededIndexes);
    const met = [...result.completed].filter((index) => wanted === undefined || wanted.has(index));
    if (met.length >= (rule.succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY)) {
      const message = `Matched rules at index ${i}`;
      return { type: 'Complete', reason: 'SuccessPolicy', message };
    }
  }
  const { succeeded } = totals(result);
  const active = pods.some(isJobActive);
  const complete =
    job.spec.completions == null ? succeeded > 0 && !active : succeeded >= job.spec.completions;
  if (!complete || active) return undefined;
  const message = 'Reached expected number of succeeded pods';
  return { type: 'Complete', reason: 'CompletionsReached', message };
}

function restarts(job: KubeObject, pods: readonly KubeObject[]): number {
  if (job.spec.template?.spec?.restartPolicy !== 'OnFailure') return 0;
  let total = 0;
  for (const pod of pods) {
    if (!['Running', 'Pending'].includes(pod.status?.phase)) continue;
    for (const status of pod.status?.containerStatuses ?? []) total += status.restartCount ?? 0;
  }
  return total;
}

/** Milliseconds until activeDeadlineSeconds; undefined when there is none or the Job is suspended. */
export function deadlineIn(job: KubeObject, now: Date): number | undefined {
  const seconds = job.spec.activeDeadlineSeconds;
  const start = Date.parse(job.status?.startTime ?? '');
  if (seconds == null || job.spec.suspend === true || Number.isNaN(start)) return undefined;
  return start + seconds * 1000 - now.getTime();
}

export interface PodPlan {
  /** How many, at which indexes (undefined: not indexed), with their former failures. */
  create: { index: number | undefined; failures: number }[];
  remove: KubeObject[];
  /** Back-off after failures: nothing is created before. */
  waitMs: number;
}

export function planPods(
  job: KubeObject,
  pods: readonly KubeObject[],
  result: Tally,
  now: Date,
): PodPlan {
  const active = pods.filter(isJobActive);
  if (job.spec.suspend === true) return { create: [], remove: active, waitMs: 0 };
  const parallelism: number = job.spec.parallelism ?? 1;
  const { succeeded } = totals(result);
  const completions: number | undefined = job.spec.completions ?? undefined;
  let want = parallelism;
  if (completions === undefined) {
    if (succeeded > 0) want = Math.min(active.length, parallelism);
  } else want = Math.min(completions - succeeded, parallelism);
  if (active.length > want) {
    const remove = active
      .toSorted((a, b) => worth(a) - worth(b))
      .slice(0, active.length - Math.max(0, want));
    return { create: [], remove, waitMs: 0 };
  }
  const ending = job.spec.podReplacementPolicy === 'Failed' ? terminating(pods) : [];
  const missing = Math.min(want - active.length - ending.length, 500);
  if (missing <= 0) return { create: [], remove: [], waitMs: 0 };
  const waitMs = backoff(job, pods, now);
  if (waitMs > 0) return { create: [], remove: [], waitMs };
  if (!isIndexed(job)) {
    const create = Array.from({ length: missing }, () => ({ index: undefined, failures: 0 }));
    return { create, remove: [], waitMs: 0 };
  }
  const taken = new Set([...active, ...ending].map(indexOf));
  const create: PodPlan['create'] = [];
  for (let i = 0; i < (completions ?? 0) && create.length < missing; i++) {
    if (taken.has(i) || result.completed.has(i) || result.failedIndexes.has(i)) continue;
    create.push({ index: i, failures: failuresAt(job, pods, i) });
  }
  return { create, remove: [], waitMs: 0 };
}

export function terminating(pods: readonly KubeObject[]): KubeObject[] {
  return pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp != null && pod.status?.phase !== 'Failed' && !isSucceeded(pod),
  );
}

/** Pods that have come less far go first. */
function worth(pod: KubeObject): number {
  return ({ Pending: 0, Running: 2 } as Record<string, number>)[pod.status?.phase] ?? 1;
}

function failuresAt(job: KubeObject, pods: readonly KubeObject[], index: number): number {
  const counts = pods
    .filter((pod) => indexOf(pod) === index && isFailed(job, pod))
    .map((pod) => Number(pod.metadata.annotations?.[indexFailuresKey] ?? 0) + 1);
  return Math.max(0, ...counts);
}

/** 10 s doubling up to 10 min with every failure since the last success, from the last failure. */
function backoff(job: KubeObject, pods: readonly KubeObject[], now: Date): number {
  const lastSuccess = Math.max(0, ...pods.filter(isSucceeded).map(finishTime));
  const failures = pods
    .filter((pod) => isFailed(job, pod))
    .map(finishTime)
    .filter((time) => time > lastSuccess);
  if (failures.length === 0) return 0;
  const delay = Math.min(10_000 * 2 ** (failures.length - 1), 600_000);
  return Math.max(0, Math.max(...failures) + delay - now.getTime());
}
