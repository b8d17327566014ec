import type { KubeObject } from '../../object/object.ts';
import { isFinished, podFromTemplate } from '../pod.ts';
import { jobs } from '../resources.ts';

/** The pods of a Job; pure. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexKey = 'batch.kubernetes.io/job-completion-index';
export const indexFailuresKey = 'batch.kubernetes.io/job-index-failure-count';

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

/** When the pod ended, ms; 0 when it has not. */
export function finishTime(pod: KubeObject): number {
  const times = (pod.status?.containerStatuses ?? []).map(
    (c: { state?: { terminated?: { finishedAt?: string } } }) =>
      Date.parse(c.state?.terminated?.finishedAt ?? '') || 0,
  );
  const last = Math.max(0, ...times);
  if (last > 0) return last;
  return (
    Date.parse(pod.metadata.deletionTimestamp ?? '') ||
    (isFinished(pod) ? Date.parse(pod.metadata.creationTimestamp ?? '') : 0)
  );
}

interface Container {
  env?: { name: string; value?: string; valueFrom?: unknown }[];
}

/** `index` is undefined unless the Job is indexed. */
export function jobPod(job: KubeObject, index: number | undefined, failures: number): KubeObject {
  const pod = podFromTemplate(job.spec.template, job, jobs);
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer];
  if (index === undefined) return pod;
  const text = String(index);
  pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  pod.metadata.labels = { ...pod.metadata.labels, [indexKey]: text };
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexKey]: text };
  if (job.spec.backoffLimitPerIndex !== undefined) {
    pod.metadata.annotations[indexFailuresKey] = String(failures);
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
