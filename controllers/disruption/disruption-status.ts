import { isPercent, intValue, scaledValue } from '../../object/int-or-string.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import { type Condition, isReady, setCondition } from '../pod.ts';

/** How many pods of a PodDisruptionBudget may be evicted now; pure (pkg/controller/disruption). */
export interface Expectation {
  expected: number;
  desiredHealthy: number;
}

/** `scales`: replicas of each distinct controller of the pods; undefined where one cannot be found. */
export function expectation(
  budget: KubeObject,
  pods: readonly KubeObject[],
  scales: readonly number[],
): Expectation {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable != null) {
    const expected = scales.reduce((sum, n) => sum + n, 0);
    const most = isPercent(maxUnavailable)
      ? scaledValue(maxUnavailable, expected, true)
      : intValue(maxUnavailable);
    return { expected, desiredHealthy: Math.max(0, expected - most) };
  }
  if (minAvailable == null) return { expected: pods.length, desiredHealthy: 1 };
  if (!isPercent(minAvailable)) {
    return { expected: pods.length, desiredHealthy: intValue(minAvailable) };
  }
  const expected = scales.reduce((sum, n) => sum + n, 0);
  return { expected, desiredHealthy: scaledValue(minAvailable, expected, true) };
}

/** Evictions the API server noted are believed for 2 minutes, or until the pod is seen terminating. */
const disruptionTimeoutMs = 2 * 60_000;

export function pendingDisruptions(
  budget: KubeObject,
  pods: readonly KubeObject[],
  now: Date,
): { disrupted: Map<string, string>; recheckMs: number | undefined } {
  const disrupted = new Map<string, string>();
  let recheckMs: number | undefined;
  const noted: Record<string, string> = budget.status?.disruptedPods ?? {};
  for (const pod of pods) {
    const time = noted[pod.metadata.name ?? ''];
    if (time === undefined || pod.metadata.deletionTimestamp != null) continue;
    const left = Date.parse(time) + disruptionTimeoutMs - now.getTime();
    if (left <= 0) continue;
    disrupted.set(pod.metadata.name ?? '', time);
    recheckMs = Math.min(recheckMs ?? left, left);
  }
  return { disrupted, recheckMs };
}

export function disruptionStatus(
  budget: KubeObject,
  pods: readonly KubeObject[],
  { expected, desiredHealthy }: Expectation,
  disrupted: ReadonlyMap<string, string>,
  now: Date,
): Record<string, unknown> {
  const currentHealthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp == null &&
      !disrupted.has(pod.metadata.name ?? '') &&
      isReady(pod),
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  return {
    currentHealthy,
    desiredHealthy,
    expectedPods: expected,
    disruptionsAllowed: allowed,
    ...(disrupted.size === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
    observedGeneration: budget.metadata.generation ?? 0,
    conditions: allowedCondition(
      budget,
      allowed > 0
        ? { type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '' }
        : { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' },
      now,
    ),
  };
}

/** Fails safe: what cannot be worked out allows nothing. */
export function failedStatus(budget: KubeObject, message: string, now: Date) {
  return {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...budget.status,
    disruptionsAllowed: 0,
    observedGeneration: budget.metadata.generation ?? 0,
    conditions: allowedCondition(
      budget,
      { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message },
      now,
    ),
  };
}

function allowedCondition(budget: KubeObject, condition: Condition, now: Date) {
  const observedGeneration = budget.metadata.generation ?? 0;
  const next = { ...condition, observedGeneration };
  return setCondition(budget.status?.conditions, next, timestamp(now));
}
