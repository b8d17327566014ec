import type { KubeObject } from '../../../object/object.ts';
import { timestamp } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';

function podCondition(pod: KubeObject, type: string): Plain | undefined {
  return (pod.status?.conditions ?? []).find((c: Plain) => c.type === type);
}

export function isPodReady(pod: KubeObject): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Sets a condition on a pod of the caller's own; the time moves only when the status does. */
export function setPodCondition(pod: KubeObject, condition: Plain, now: Date): void {
  const old = podCondition(pod, condition.type);
  const same = old !== undefined && old.status === condition.status;
  const next = {
    lastProbeTime: null,
    ...condition,
    lastTransitionTime: same ? old.lastTransitionTime : timestamp(now),
    ...(pod.metadata.generation === undefined
      ? {}
      : { observedGeneration: pod.metadata.generation }),
  };
  const conditions: Plain[] = pod.status?.conditions ?? [];
  pod.status = {
    ...pod.status,
    conditions:
      old === undefined ? [...conditions, next] : conditions.map((c) => (c === old ? next : c)),
  };
}
