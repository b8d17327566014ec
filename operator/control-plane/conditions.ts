import type { Condition } from '../../crds/control-plane.ts';
import { timestamp } from '../../object/object.ts';

export interface Finding {
  type: string;
  status: Condition['status'];
  /** CamelCase. */
  reason: string;
  message: string;
}

/**
 * Findings as conditions. `lastTransitionTime` moves only when the status does (API conventions),
 * so an unchanged control plane has an unchanged status and causes no write.
 */
export function toConditions(
  findings: readonly Finding[],
  before: readonly Condition[],
  observedGeneration: number,
  now: Date,
): Condition[] {
  return findings.map((finding) => {
    const last = before.find((condition) => condition.type === finding.type);
    const kept = last?.status === finding.status ? last.lastTransitionTime : undefined;
    return { ...finding, observedGeneration, lastTransitionTime: kept ?? timestamp(now) };
  });
}
