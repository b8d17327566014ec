import type { KubeObject } from '../../object/object.ts';
import { labelSelectorFromMap, matches } from '../../object/selector.ts';
import { availability, type Condition, isReady, setCondition } from '../pod.ts';
import { timestamp } from '../../object/object.ts';

export interface Counts {
  [field: string]: unknown;
  replicas: number;
  fullyLabeledReplicas: number;
  readyReplicas: number;
  availableReplicas: number;
  terminatingReplicas?: number;
}

/** Counts over active pods; `waitMs` is when the next ready pod becomes available. */
export function countPods(
  object: KubeObject,
  active: readonly KubeObject[],
  now: Date,
): { counts: Counts; waitMs: number | undefined } {
  const template = labelSelectorFromMap(object.spec.template?.metadata?.labels ?? {});
  const minReady: number = object.spec.minReadySeconds ?? 0;
  const counts = {
    replicas: active.length,
    fullyLabeledReplicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
  };
  let waitMs: number | undefined;
  for (const pod of active) {
    if (matches(template, pod.metadata.labels)) counts.fullyLabeledReplicas++;
    if (!isReady(pod)) continue;
    counts.readyReplicas++;
    const result = availability(pod, minReady, now);
    if (result.available) counts.availableReplicas++;
    else if (result.waitMs !== undefined) waitMs = Math.min(waitMs ?? Infinity, result.waitMs);
  }
  return { counts, waitMs };
}

/** The whole status, with ReplicaFailure set from what went wrong in this pass. */
export function replicaSetStatus(
  object: KubeObject,
  counts: Counts,
  failure: { creating: boolean; error: Error } | undefined,
  now: Date,
): Record<string, unknown> {
  let conditions: readonly Condition[] = object.status?.conditions ?? [];
  if (failure === undefined) {
    conditions = conditions.filter((c) => c.type !== 'ReplicaFailure');
  } else if (!conditions.some((c) => c.type === 'ReplicaFailure')) {
    conditions = setCondition(
      conditions,
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: failure.creating ? 'FailedCreate' : 'FailedDelete',
        message: failure.error.message,
      },
      timestamp(now),
    );
  }
  return {
    ...counts,
    observedGeneration: object.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}
