import type { KubeObject } from '../../object/object.ts';
import { conditionOf } from '../pod.ts';
import { deletionOrder } from '../replica-set/pod-ranking.ts';
import { parseIndexes } from './index-set.ts';
import { type Tally, totals } from './job-accounting.ts';
import {
  failuresBefore,
  finishTime,
  indexOf,
  isFailed,
  isIndexed,
  isJobActive,
  isSucceeded,
  lastFailures,
  type WantedPod,
} from './job-pods.ts';
import { failureAction } from './pod-failure-policy.ts';

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
  create: WantedPod[];
  remove: KubeObject[];
  /** Back-off after failures: what is still to be created is not before. */
  waitMs: number;
}

const nothing: PodPlan = { create: [], remove: [], waitMs: 0 };

export function planPods(
  job: KubeObject,
  pods: readonly KubeObject[],
  result: Tally,
  now: Date,
): PodPlan {
  const active = pods.filter(isJobActive);
  if (job.spec.suspend === true) return { ...nothing, remove: active };
  const parallelism: number = job.spec.parallelism ?? 1;
  const { succeeded } = totals(result);
  const completions: number | undefined = job.spec.completions ?? undefined;
  let want = parallelism;
  if (completions === undefined) {
    if (succeeded > 0) want = Math.min(active.length, parallelism);
  } else want = Math.min(completions - succeeded, parallelism);
  const remove = superfluous(job, active, active.length - Math.max(0, want), now);
  if (remove.length > 0) return { ...nothing, remove };
  const ending = job.spec.podReplacementPolicy === 'Failed' ? terminating(pods) : [];
  const missing = Math.min(want - active.length - ending.length, 500);
  if (missing <= 0) return nothing;
  const perIndex = isIndexed(job) && job.spec.backoffLimitPerIndex != null;
  const waitMs = perIndex ? 0 : backoff(job, pods, now);
  if (waitMs > 0) return { ...nothing, waitMs };
  if (!isIndexed(job)) {
    const one: WantedPod = { index: undefined, counted: 0, ignored: 0 };
    return { ...nothing, create: Array.from({ length: missing }, () => one) };
  }
  const taken = new Set([...active, ...ending].map(indexOf));
  const open: number[] = [];
  for (let i = 0; i < (completions ?? 0) && open.length < missing; i++) {
    if (taken.has(i) || result.completed.has(i) || result.failedIndexes.has(i)) continue;
    open.push(i);
  }
  return perIndex ? planIndexes(job, pods, open, now) : { ...nothing, create: open.map(untried) };
}

const untried = (index: number): WantedPod => ({ index, counted: 0, ignored: 0 });

/** Each index waits for itself; the place of one that waits is kept. */
function planIndexes(
  job: KubeObject,
  pods: readonly KubeObject[],
  open: readonly number[],
  now: Date,
): PodPlan {
  const last = lastFailures(job, pods);
  const plan: PodPlan = { create: [], remove: [], waitMs: 0 };
  for (const index of open) {
    const pod = last.get(index);
    if (pod === undefined) {
      plan.create.push(untried(index));
      continue;
    }
    const { counted, ignored } = failuresBefore(pod);
    const left = delayAfter(counted + ignored + 1, finishTime(pod), now);
    const counts = failureAction(job, pod).action !== 'Ignore';
    const next = counts ? { counted: counted + 1, ignored } : { counted, ignored: ignored + 1 };
    if (left <= 0) plan.create.push({ index, ...next });
    else plan.waitMs = plan.waitMs === 0 ? left : Math.min(plan.waitMs, left);
  }
  return plan;
}

/** At least `count`; of an indexed Job also those whose index is taken twice or is none of it any more. */
function superfluous(
  job: KubeObject,
  active: readonly KubeObject[],
  count: number,
  now: Date,
): KubeObject[] {
  const ranked = deletionOrder(active, [], now);
  const useless = new Set<KubeObject>();
  if (isIndexed(job)) {
    const seen = new Set<number>();
    for (const pod of ranked.toReversed()) {
      const index = indexOf(pod);
      if (index < 0 || index >= job.spec.completions || seen.has(index)) useless.add(pod);
      seen.add(index);
    }
  }
  const rest = ranked.filter((pod) => !useless.has(pod));
  return [...useless, ...rest.slice(0, Math.max(0, count - useless.size))];
}

export function terminating(pods: readonly KubeObject[]): KubeObject[] {
  return pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp != null && pod.status?.phase !== 'Failed' && !isSucceeded(pod),
  );
}

/** 10 s doubling up to 10 min with every failure since the last success, from the last failure. */
function backoff(job: KubeObject, pods: readonly KubeObject[], now: Date): number {
  const lastSuccess = Math.max(0, ...pods.filter(isSucceeded).map(finishTime));
  const failures = pods
    .filter((pod) => isFailed(job, pod))
    .map(finishTime)
    .filter((time) => time > lastSuccess);
  return failures.length === 0 ? 0 : delayAfter(failures.length, Math.max(...failures), now);
}

function delayAfter(failures: number, last: number, now: Date): number {
  const delay = Math.min(10_000 * 2 ** (failures - 1), 600_000);
  return Math.max(0, last + delay - now.getTime());
}
