import type { KubeObject } from '../../object/object.ts';
import { conditionOf, isFinished, podFromTemplate } from '../pod.ts';
import { jobs } from '../resources.ts';

/** The pods of a Job; pure. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexKey = 'batch.kubernetes.io/job-completion-index';
export const indexFailuresKey = 'batch.kubernetes.io/job-index-failure-count';
/** Failures at the index that a pod failure policy does not count. */
export const indexIgnoredKey = 'batch.kubernetes.io/job-index-ignored-failure-count';

export function isIndexed(job: KubeObject): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** -1 without one. */
export function indexOf(pod: KubeObject): number {
  const text = pod.metadata.annotations?.[indexKey];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : -1;
}

export function isTracked(pod: KubeObject): boolean {
  return (pod.metadata.finalizers ?? []).includes(trackingFinalizer);
}

export function isSucceeded(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded';
}

/** Terminating pods count as failed at once, unless they are to be replaced only when they have ended. */
export function isFailed(job: KubeObject, pod: KubeObject): boolean {
  if (pod.status?.phase === 'Failed') return true;
  const wait = job.spec.podReplacementPolicy === 'Failed';
  return !wait && pod.metadata.deletionTimestamp != null && !isSucceeded(pod);
}

export function isJobActive(pod: KubeObject): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp == null;
}

interface ContainerState {
  state?: { terminated?: { finishedAt?: string } };
}

/** When the pod ended, ms: as its containers say, its readiness, or else its deletion. */
export function finishTime(pod: KubeObject): number {
  const times = ((pod.status?.containerStatuses ?? []) as ContainerState[]).map(
    ({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0,
  );
  if (times.length > 0 && times.every((time) => time > 0)) return Math.max(...times);
  const ready = conditionOf(pod, 'Ready');
  const unready = ready?.status === 'False' && Date.parse(ready.lastTransitionTime ?? '');
  if (unready) return unready;
  const { deletionTimestamp, deletionGracePeriodSeconds, creationTimestamp } = pod.metadata;
  // The timestamp says when it is to be gone at the latest.
  if (deletionTimestamp != null) {
    return Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds ?? 0) * 1000;
  }
  return isFinished(pod) ? Date.parse(creationTimestamp ?? '') : 0;
}

const count = (pod: KubeObject, key: string): number =>
  Number(pod.metadata.annotations?.[key] ?? 0);

/** Failures at the index of a pod before it. */
export function failuresBefore(pod: KubeObject): { counted: number; ignored: number } {
  return { counted: count(pod, indexFailuresKey), ignored: count(pod, indexIgnoredKey) };
}

/** The failed pod of each index that knows of the most failures there; the latest of these. */
export function lastFailures(
  job: KubeObject,
  pods: readonly KubeObject[],
): Map<number, KubeObject> {
  const last = new Map<number, KubeObject>();
  const rank = (pod: KubeObject): number => {
    const { counted, ignored } = failuresBefore(pod);
    return counted + ignored;
  };
  for (const pod of pods) {
    if (!isFailed(job, pod)) continue;
    const index = indexOf(pod);
    const before = last.get(index);
    const later =
      before === undefined ||
      rank(pod) > rank(before) ||
      (rank(pod) === rank(before) && finishTime(pod) >= finishTime(before));
    if (index >= 0 && later) last.set(index, pod);
  }
  return last;
}

interface Container {
  env?: { name: string; value?: string; valueFrom?: unknown }[];
}

export interface WantedPod {
  /** Undefined unless the Job is indexed. */
  index: number | undefined;
  /** How often its index failed before. */
  counted: number;
  ignored: number;
}

export function jobPod(job: KubeObject, { index, counted, ignored }: WantedPod): KubeObject {
  const pod = podFromTemplate(job.spec.template, job, jobs);
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer];
  if (index === undefined) return pod;
  const text = String(index);
  pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  pod.metadata.labels = { ...pod.metadata.labels, [indexKey]: text };
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexKey]: text };
  if (job.spec.backoffLimitPerIndex != null) {
    pod.metadata.annotations[indexFailuresKey] = String(counted);
    if (ignored > 0) pod.metadata.annotations[indexIgnoredKey] = String(ignored);
  }
  pod.spec.hostname = `${job.metadata.name}-${index}`;
  for (const container of [
    ...(pod.spec.containers ?? []),
    ...(pod.spec.initContainers ?? []),
  ] as Container[]) {
    if ((container.env ?? []).some((e) => e.name === 'JOB_COMPLETION_INDEX')) continue;
    const valueFrom = { fieldRef: { fieldPath: `metadata.labels['${indexKey}']` } };
    container.env = [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom }];
  }
  return pod;
}
