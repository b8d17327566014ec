import { timestamp } from '../../object/object.ts';

export interface AutoscalerCondition {
  type: string;
  status: 'True' | 'False';
  lastTransitionTime?: string;
  reason: string;
  message: string;
}

/** Of a metric that could not be had nothing is said but that it is there. */
export interface MetricStatus {
  type: string;
  [source: string]: unknown;
}

export interface AutoscalerStatus {
  lastScaleTime?: string;
  currentReplicas?: number;
  desiredReplicas: number;
  currentMetrics: MetricStatus[] | null;
  conditions?: AutoscalerCondition[];
}

/** With this condition; in the place of the one of its type, or at the end. */
export function withCondition(
  status: AutoscalerStatus,
  condition: Omit<AutoscalerCondition, 'lastTransitionTime'>,
  now: Date,
): AutoscalerStatus {
  const before = status.conditions ?? [];
  const at = before.findIndex(({ type }) => type === condition.type);
  const old = before[at];
  const { type, status: value, reason, message } = condition;
  const since = old?.status === value ? old.lastTransitionTime : timestamp(now);
  const next: AutoscalerCondition = {
    type,
    status: value,
    ...(since === undefined ? {} : { lastTransitionTime: since }),
    reason,
    message,
  };
  const conditions = old === undefined ? [...before, next] : before.with(at, next);
  return { ...status, conditions };
}

/** Zero is left out, as upstream leaves it out. */
export function withCounts(
  status: AutoscalerStatus,
  counts: { current: number; desired: number; metrics: MetricStatus[] | null; scaledAt?: Date },
): AutoscalerStatus {
  const { lastScaleTime, conditions } = status;
  const { current, desired, metrics, scaledAt } = counts;
  const scaled = scaledAt === undefined ? lastScaleTime : timestamp(scaledAt);
  return {
    ...(scaled === undefined ? {} : { lastScaleTime: scaled }),
    ...(current === 0 ? {} : { currentReplicas: current }),
    desiredReplicas: desired,
    currentMetrics: metrics,
    ...(conditions === undefined ? {} : { conditions }),
  };
}
