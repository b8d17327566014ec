import type { KubeObject } from '../../object/object.ts';

/** What a pod was measured to use, in thousandths. */
export interface PodMetric {
  atMs: number;
  windowMs: number;
  value: bigint;
}

/** By the name of the pod. */
export type PodMetrics = Map<string, PodMetric>;

export interface Timing {
  nowMs: number;
  cpuInitializationMs: number;
  initialReadinessMs: number;
}

export interface PodGroups {
  /** How many count as they were measured. */
  ready: number;
  unready: Set<string>;
  /** Without a measurement. */
  missing: Set<string>;
  /** On their way out. */
  ignored: Set<string>;
}

/** Which pods count, and how (upstream's groupPods). Pure. */
export function groupPods(
  pods: readonly KubeObject[],
  metrics: PodMetrics,
  resource: string,
  timing: Timing,
): PodGroups {
  const groups: PodGroups = {
    ready: 0,
    unready: new Set(),
    missing: new Set(),
    ignored: new Set(),
  };
  for (const pod of pods) {
    const { name = '', deletionTimestamp } = pod.metadata;
    const metric = metrics.get(name);
    if (deletionTimestamp != null || pod.status?.phase === 'Failed') groups.ignored.add(name);
    else if (pod.status?.phase === 'Pending') groups.unready.add(name);
    else if (metric === undefined) groups.missing.add(name);
    else if (resource === 'cpu' && isUnready(pod, metric, timing)) groups.unready.add(name);
    else groups.ready += 1;
  }
  return groups;
}

interface Condition {
  type: string;
  status: string;
  lastTransitionTime?: string;
}

const readyOf = (pod: KubeObject): Condition | undefined =>
  (pod.status?.conditions ?? []).find(({ type }: Condition) => type === 'Ready');

/** Starting up takes more CPU than what follows: such a measurement says nothing. */
function isUnready(pod: KubeObject, metric: PodMetric, timing: Timing): boolean {
  const ready = readyOf(pod);
  const { startTime } = pod.status ?? {};
  if (ready === undefined || startTime == null) return true;
  const started = Date.parse(startTime);
  const since = Date.parse(ready.lastTransitionTime ?? '0001-01-01T00:00:00Z');
  const not = ready.status === 'False';
  if (started + timing.cpuInitializationMs > timing.nowMs) {
    return not || metric.atMs < since + metric.windowMs;
  }
  // later only one that never was ready
  return not && started + timing.initialReadinessMs > since;
}

export function countReady(pods: readonly KubeObject[]): number {
  return pods.filter((pod) => pod.status?.phase === 'Running' && readyOf(pod)?.status === 'True')
    .length;
}
