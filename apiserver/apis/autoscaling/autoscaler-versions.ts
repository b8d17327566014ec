import { jsonText } from '../../../object/json-text.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { behaviorText, readBehavior } from './behavior-annotation.ts';
import { goList } from './go-fields.ts';
import { newCurrent, newMetric, oldCurrent, oldMetric } from './metric-versions.ts';
import { roundTrip, withoutRoundTrip } from './round-trip-annotations.ts';

/**
 * autoscaling/v1 shows one metric, the average CPU utilisation; everything else of the stored v2
 * object travels in annotations (pkg/apis/autoscaling/v1/conversion.go).
 */

export function fromStoredAutoscaler(object: KubeObject): KubeObject {
  if (object.apiVersion !== 'autoscaling/v2') return object;
  // null is what Go writes for a list that is not there
  const { metrics, behavior, ...spec }: Plain = object.spec ?? {};
  const { currentMetrics, conditions, ...status }: Plain = object.status ?? {};
  const cpu = (metrics ?? []).find(isCpu);
  if (cpu !== undefined) {
    spec.targetCPUUtilizationPercentage = cpu.resource.target.averageUtilization;
  }
  for (const { type, resource } of currentMetrics ?? []) {
    const utilisation = resource?.current?.averageUtilization ?? undefined;
    if (type !== 'Resource' || resource?.name !== 'cpu' || utilisation === undefined) continue;
    status.currentCPUUtilizationPercentage = utilisation;
  }
  const others: Plain[] = (metrics ?? []).filter((metric: Plain) => !isCpu(metric));
  const carried: Record<string, string> = {};
  annotate(carried, roundTrip.metrics, others.map(oldMetric));
  annotate(carried, roundTrip.currentMetrics, (currentMetrics ?? []).map(oldCurrent));
  if (behavior != null) carried[roundTrip.behavior] = behaviorText(behavior);
  annotate(carried, roundTrip.conditions, (conditions ?? []).map(conditionInOrder));
  status.currentReplicas ??= 0;
  status.desiredReplicas ??= 0;
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object.metadata, carried),
    spec,
    status,
  };
}

export function toStoredAutoscaler(object: KubeObject): KubeObject {
  if (object.apiVersion !== 'autoscaling/v1') return object;
  const { targetCPUUtilizationPercentage, ...spec }: Plain = object.spec ?? {};
  const { currentCPUUtilizationPercentage, ...status }: Plain = object.status ?? {};
  const { annotations } = object.metadata;
  const metrics: Plain[] = carriedList(annotations, roundTrip.metrics, newMetric) ?? [];
  if (targetCPUUtilizationPercentage !== undefined) {
    metrics.push(cpuTarget(targetCPUUtilizationPercentage));
  }
  // v1 had this default in the controller
  spec.metrics = metrics.length > 0 ? metrics : [cpuTarget(80)];
  const behavior = carried(annotations, roundTrip.behavior, readBehavior);
  if (behavior !== undefined) spec.behavior = behavior;
  const current = carriedList(annotations, roundTrip.currentMetrics, newCurrent);
  if (current !== undefined) status.currentMetrics = current;
  else if (currentCPUUtilizationPercentage !== undefined) {
    const averageUtilization: number = currentCPUUtilizationPercentage;
    status.currentMetrics = [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization } } },
    ];
  }
  const conditions = carriedList(annotations, roundTrip.conditions, conditionInOrder);
  if (conditions !== undefined && conditions.length > 0) status.conditions = conditions;
  if (status.currentReplicas === 0) delete status.currentReplicas;
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withoutRoundTrip(object.metadata),
    spec,
    status,
  };
}

/** Makes an object of v1 what its stored form says, in place, after `change` of that. */
export function inStoredForm(object: KubeObject, change?: (stored: KubeObject) => void): void {
  const stored = toStoredAutoscaler(object);
  change?.(stored);
  const { metadata, spec, status } = fromStoredAutoscaler(stored);
  Object.assign(object, { metadata, spec, status });
}

function cpuTarget(averageUtilization: number): Plain {
  const target = { type: 'Utilization', averageUtilization };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

function isCpu({ type, resource }: Plain): boolean {
  return (
    type === 'Resource' &&
    resource?.name === 'cpu' &&
    resource.target?.averageUtilization !== undefined &&
    resource.target?.averageUtilization !== null
  );
}

function conditionInOrder({ type, status, lastTransitionTime, reason, message }: Plain): Plain {
  return {
    type: type ?? '',
    status: status ?? '',
    lastTransitionTime: lastTransitionTime ?? null,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  };
}

function annotate(annotations: Record<string, string>, name: string, list: Plain[]): void {
  if (list.length > 0) annotations[name] = jsonText(list);
}

/** What cannot be read was written by hand; upstream drops it too. */
function carried<T>(
  annotations: Record<string, string> | undefined,
  name: string,
  read: (value: unknown) => T | undefined,
): T | undefined {
  const text = annotations?.[name];
  if (text === undefined) return undefined;
  try {
    return read(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function carriedList(
  annotations: Record<string, string> | undefined,
  name: string,
  read: (item: Plain) => Plain,
): Plain[] | undefined {
  return carried(annotations, name, (value) => (goList(value) ?? []).map(read));
}

function withAnnotations(
  metadata: KubeObject['metadata'],
  carriedNow: Record<string, string>,
): KubeObject['metadata'] {
  const rest = withoutRoundTrip(metadata);
  if (Object.keys(carriedNow).length === 0) return rest;
  return { ...rest, annotations: { ...rest.annotations, ...carriedNow } };
}
