import type { KubeObject } from '../../object/object.ts';
import { formatIndexes, parseIndexes } from './index-set.ts';
import {
  failuresBefore,
  indexOf,
  isFailed,
  isIndexed,
  isJobActive,
  isSucceeded,
  isTracked,
  lastFailures,
} from './job-pods.ts';
import { failureAction } from './pod-failure-policy.ts';

/**
 * Counting finished pods so that none is lost or counted twice, whatever happens in between (KEP-2307):
 * uids are first noted in `uncountedTerminatedPods`, then the pods lose their finalizer, then the
 * numbers grow. Pure.
 */
export interface Tally {
  succeeded: number;
  failed: number;
  uncounted: { succeeded: Set<string>; failed: Set<string> };
  completed: Set<number>;
  failedIndexes: Set<number>;
  /** Pods whose finalizer may go once the tally is stored. */
  release: KubeObject[];
  /** Failed pods that stay, uncounted, until another is there that knows how often its index failed. */
  held: number;
  /** A pod failure policy ended the Job. */
  failJob: string | undefined;
}

/** `over`: the Job has ended or is being deleted, so that no failed pod waits for its successor. */
export function tally(job: KubeObject, pods: readonly KubeObject[], over: boolean): Tally {
  const status = job.status ?? {};
  const result: Tally = {
    succeeded: status.succeeded ?? 0,
    failed: status.failed ?? 0,
    uncounted: {
      succeeded: new Set(status.uncountedTerminatedPods?.succeeded ?? []),
      failed: new Set(status.uncountedTerminatedPods?.failed ?? []),
    },
    completed: parseIndexes(status.completedIndexes),
    failedIndexes: parseIndexes(status.failedIndexes),
    release: [],
    held: 0,
    failJob: undefined,
  };
  const tracked = new Map(pods.filter(isTracked).map((pod) => [pod.metadata.uid ?? '', pod]));
  countReleased(result.uncounted.succeeded, tracked, () => result.succeeded++);
  countReleased(result.uncounted.failed, tracked, () => result.failed++);
  const indexed = isIndexed(job);
  const completions: number = job.spec.completions ?? 0;
  for (const [uid, pod] of tracked) {
    const known = result.uncounted.succeeded.has(uid) || result.uncounted.failed.has(uid);
    if (isSucceeded(pod)) {
      const index = indexOf(pod);
      if (indexed) {
        // An index counts once, however many pods succeeded at it.
        if (index >= 0 && index < completions) result.completed.add(index);
      } else if (!known) result.uncounted.succeeded.add(uid);
      result.release.push(pod);
    } else if (isFailed(job, pod)) {
      if (!known) countFailure(job, pod, result);
      result.release.push(pod);
    }
  }
  if (indexed) result.succeeded = result.completed.size;
  if (indexed && job.spec.backoffLimitPerIndex != null && !over) holdBack(job, pods, result);
  return result;
}

/** The annotations of the last failed pod of an index are all that says how often it failed. */
function holdBack(job: KubeObject, pods: readonly KubeObject[], result: Tally): void {
  const { completed, failedIndexes, uncounted, release } = result;
  const taken = new Set(pods.filter(isJobActive).map(indexOf));
  for (const [index, pod] of lastFailures(job, pods)) {
    const at = release.indexOf(pod);
    const settled = completed.has(index) || failedIndexes.has(index) || taken.has(index);
    if (at === -1 || settled || index >= (job.spec.completions ?? 0)) continue;
    release.splice(at, 1);
    if (uncounted.failed.delete(pod.metadata.uid ?? '')) result.held++;
  }
}

/** A pod that lost its finalizer, or is gone, is counted now. */
function countReleased(
  uids: Set<string>,
  tracked: Map<string, KubeObject>,
  count: () => void,
): void {
  for (const uid of uids) {
    if (tracked.has(uid)) continue;
    uids.delete(uid);
    count();
  }
}

function countFailure(job: KubeObject, pod: KubeObject, result: Tally): void {
  const { action, message } = failureAction(job, pod);
  if (action === 'FailJob') result.failJob ??= message;
  if (action === 'Ignore') return;
  result.uncounted.failed.add(pod.metadata.uid ?? '');
  const limit: number | undefined = job.spec.backoffLimitPerIndex;
  const index = indexOf(pod);
  if (index < 0 || limit === undefined || limit === null || result.completed.has(index)) return;
  if (action === 'FailIndex' || failuresBefore(pod).counted >= limit) {
    result.failedIndexes.add(index);
  }
}

/** Numbers as they will be once everything noted is counted. */
export function totals({ succeeded, failed, uncounted, held }: Tally): {
  succeeded: number;
  failed: number;
} {
  return {
    succeeded: succeeded + uncounted.succeeded.size,
    failed: failed + uncounted.failed.size + held,
  };
}

export function tallyStatus(job: KubeObject, result: Tally): Record<string, unknown> {
  const { succeeded, failed } = result.uncounted;
  return {
    succeeded: result.succeeded,
    failed: result.failed,
    uncountedTerminatedPods: {
      ...(succeeded.size === 0 ? {} : { succeeded: [...succeeded].sort() }),
      ...(failed.size === 0 ? {} : { failed: [...failed].sort() }),
    },
    ...(isIndexed(job) ? { completedIndexes: formatIndexes(result.completed) } : {}),
    ...(job.spec.backoffLimitPerIndex == null
      ? {}
      : { failedIndexes: formatIndexes(result.failedIndexes) }),
  };
}
