import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';

/**
 * autoscaling/v1 shows one metric, the average CPU utilisation; everything else of the stored v2
 * object travels in annotations (pkg/apis/autoscaling/v1/conversion.go).
 */

const prefix = 'autoscaling.alpha.kubernetes.io/';

export function fromStoredAutoscaler(object: KubeObject): KubeObject {
  if (object.apiVersion !== 'autoscaling/v2') return object;
  // null is what Go writes for a list that is not there
  const { metrics, behavior, ...spec }: Plain = object.spec ?? {};
  const { currentMetrics, conditions, ...status }: Plain = object.status ?? {};
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  const others: Plain[] = [];
  for (const metric of metrics ?? []) {
    if (isCpu(metric))
      spec.targetCPUUtilizationPercentage = metric.resource.target.averageUtilization;
    else others.push(oldMetric(metric, 'target'));
  }
  const currentOthers: Plain[] = [];
  for (const metric of currentMetrics ?? []) {
    if (metric.type === 'Resource' && metric.resource?.name === 'cpu') {
      const utilisation = metric.resource.current?.averageUtilization;
      if (utilisation !== undefined) status.currentCPUUtilizationPercentage = utilisation;
    }
    currentOthers.push(oldMetric(metric, 'current'));
  }
  annotate(annotations, 'metrics', others);
  annotate(annotations, 'current-metrics', currentOthers);
  annotate(annotations, 'conditions', conditions ?? []);
  if (behavior !== undefined) annotations[`${prefix}behavior`] = JSON.stringify(behavior);
  status.currentReplicas ??= 0;
  status.desiredReplicas ??= 0;
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object.metadata, annotations),
    spec,
    status,
  };
}

export function toStoredAutoscaler(object: KubeObject): KubeObject {
  if (object.apiVersion !== 'autoscaling/v1') return object;
  const { targetCPUUtilizationPercentage, ...spec }: Plain = object.spec ?? {};
  const { currentCPUUtilizationPercentage, ...status }: Plain = object.status ?? {};
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  const take = (name: string): Plain[] | undefined => {
    const text = annotations[prefix + name];
    delete annotations[prefix + name];
    return text === undefined ? undefined : parsed(text);
  };
  const metrics = (take('metrics') ?? []).map((metric) => newMetric(metric, 'target'));
  if (targetCPUUtilizationPercentage !== undefined) {
    const target = { type: 'Utilization', averageUtilization: targetCPUUtilizationPercentage };
    metrics.unshift({ type: 'Resource', resource: { name: 'cpu', target } });
  }
  if (metrics.length > 0) spec.metrics = metrics;
  const current = take('current-metrics')?.map((metric) => newMetric(metric, 'current')) ?? [];
  if (current.length > 0) status.currentMetrics = current;
  else if (currentCPUUtilizationPercentage !== undefined) {
    const resource = {
      name: 'cpu',
      current: { averageUtilization: currentCPUUtilizationPercentage },
    };
    status.currentMetrics = [{ type: 'Resource', resource }];
  }
  const conditions = take('conditions');
  if (conditions !== undefined) status.conditions = conditions;
  const behavior = take('behavior');
  if (behavior !== undefined) spec.behavior = behavior;
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object.metadata, annotations),
    spec,
    status,
  };
}

function isCpu({ type, resource }: Plain): boolean {
  return (
    type === 'Resource' &&
    resource?.name === 'cpu' &&
    resource.target?.averageUtilization !== undefined &&
    resource.target?.averageUtilization !== null
  );
}

function annotate(annotations: Record<string, string>, name: string, list: Plain[]): void {
  if (list.length > 0) annotations[prefix + name] = JSON.stringify(list);
}

/** What does not parse was written by hand; upstream drops it too. */
function parsed(text: string): Plain[] | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withAnnotations(
  metadata: KubeObject['metadata'],
  annotations: Record<string, string>,
): KubeObject['metadata'] {
  const { annotations: _old, ...rest } = metadata;
  return Object.keys(annotations).length === 0 ? rest : { ...rest, annotations };
}

/** v1 prefixes every value with what it is: `targetAverageValue`, `currentAverageUtilization`. */
function oldMetric(metric: Plain, side: 'target' | 'current'): Plain {
  const name = (field: string) => side + field[0]?.toUpperCase() + field.slice(1);
  const { type, resource, containerResource, pods, object, external } = metric;
  if (resource !== undefined) {
    return { type, resource: { name: resource.name, ...renamedValues(resource[side], name) } };
  }
  if (containerResource !== undefined) {
    const { container } = containerResource;
    const values = renamedValues(containerResource[side], name);
    return { type, containerResource: { name: containerResource.name, container, ...values } };
  }
  if (pods !== undefined) {
    const { averageValue } = pods[side] ?? {};
    const value = { [name('averageValue')]: averageValue };
    return {
      type,
      pods: { metricName: pods.metric?.name, selector: pods.metric?.selector, ...value },
    };
  }
  if (object !== undefined) {
    const { value, averageValue } = object[side] ?? {};
    const { metric: what, describedObject } = object;
    return {
      type,
      object: {
        target: describedObject,
        metricName: what?.name,
        selector: what?.selector,
        [name('value')]: value ?? '0',
        averageValue,
      },
    };
  }
  const values = renamedValues(external?.[side], name);
  const what = external?.metric;
  return { type, external: { metricName: what?.name, metricSelector: what?.selector, ...values } };
}

function renamedValues(values: Plain | undefined, name: (field: string) => string): Plain {
  const out: Plain = {};
  for (const field of ['value', 'averageValue', 'averageUtilization']) {
    if (values?.[field] !== undefined) out[name(field)] = values[field];
  }
  return out;
}

function newMetric(metric: Plain, side: 'target' | 'current'): Plain {
  const { type } = metric;
  const read = (source: Plain, field: string) =>
    source[side + field[0]?.toUpperCase() + field.slice(1)];
  const values = (source: Plain): Plain => {
    const out: Plain = {};
    for (const field of ['value', 'averageValue', 'averageUtilization']) {
      const found =
        read(source, field) ?? (field === 'averageValue' ? source.averageValue : undefined);
      if (found !== undefined) out[field] = found;
    }
    if (side === 'target') out.type = targetType(out);
    return out;
  };
  for (const kind of ['resource', 'containerResource']) {
    const source = metric[kind];
    if (source === undefined) continue;
    const { name, container } = source;
    return {
      type,
      [kind]: { name, ...(container === undefined ? {} : { container }), [side]: values(source) },
    };
  }
  if (metric.pods !== undefined) {
    const { metricName, selector } = metric.pods;
    return { type, pods: { metric: named(metricName, selector), [side]: values(metric.pods) } };
  }
  if (metric.object !== undefined) {
    const { metricName, selector, target } = metric.object;
    const what = named(metricName, selector);
    return {
      type,
      object: { describedObject: target, metric: what, [side]: values(metric.object) },
    };
  }
  const source = metric.external ?? {};
  const what = named(source.metricName, source.metricSelector);
  return { type, external: { metric: what, [side]: values(source) } };
}

function named(name: string, selector: Plain | undefined): Plain {
  return selector === undefined ? { name } : { name, selector };
}

function targetType(target: Plain): string {
  if (target.averageUtilization !== undefined) return 'Utilization';
  return target.averageValue !== undefined ? 'AverageValue' : 'Value';
}
