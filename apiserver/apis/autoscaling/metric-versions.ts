import type { Plain } from '../plain.ts';
import { goField, goInt32, goQuantity, goStruct, goText } from './go-fields.ts';

/**
 * Metrics as autoscaling/v1 has them in its annotations, with the fields in the order of its types:
 * every value is prefixed with what it is, `targetAverageValue`, `currentAverageUtilization`
 * (pkg/apis/autoscaling/v1/conversion.go). Fields that are undefined are not written.
 */

/** Of a spec. */
export function oldMetric(metric: Plain): Plain {
  const { type = '', object, pods, resource, containerResource, external } = metric;
  return {
    type,
    object: object && {
      target: reference(object.describedObject),
      ...named(object.metric),
      targetValue: object.target?.value ?? '0',
      selector: object.metric?.selector,
      averageValue: object.target?.averageValue,
    },
    pods: pods && {
      ...named(pods.metric),
      targetAverageValue: pods.target?.averageValue ?? '0',
      selector: pods.metric?.selector,
    },
    resource: resource && { name: resource.name ?? '', ...oldUse(resource.target) },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      ...oldUse(containerResource.target),
      container: containerResource.container ?? '',
    },
    external: external && {
      ...named(external.metric),
      metricSelector: external.metric?.selector,
      targetValue: external.target?.value,
      targetAverageValue: external.target?.averageValue,
    },
  };
}

function oldUse(target: Plain | undefined): Plain {
  return {
    targetAverageUtilization: target?.averageUtilization,
    targetAverageValue: target?.averageValue,
  };
}

/** Of a status. */
export function oldCurrent(metric: Plain): Plain {
  const { type = '', object, pods, resource, containerResource, external } = metric;
  return {
    type,
    object: object && {
      target: reference(object.describedObject),
      ...named(object.metric),
      currentValue: object.current?.value ?? '0',
      selector: object.metric?.selector,
      averageValue: object.current?.averageValue,
    },
    pods: pods && {
      ...named(pods.metric),
      currentAverageValue: pods.current?.averageValue ?? '0',
      selector: pods.metric?.selector,
    },
    resource: resource && { name: resource.name ?? '', ...oldCurrentUse(resource.current) },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      ...oldCurrentUse(containerResource.current),
      container: containerResource.container ?? '',
    },
    external: external && {
      ...named(external.metric),
      metricSelector: external.metric?.selector,
      currentValue: external.current?.value ?? '0',
      currentAverageValue: external.current?.averageValue,
    },
  };
}

function oldCurrentUse(current: Plain | undefined): Plain {
  return {
    currentAverageUtilization: current?.averageUtilization,
    currentAverageValue: current?.averageValue ?? '0',
  };
}

function named(metric: Plain | undefined): Plain {
  return { metricName: metric?.name ?? '' };
}

function reference({ kind = '', name = '', apiVersion }: Plain = {}): Plain {
  return { kind, name, apiVersion: apiVersion || undefined };
}

/** What was of a spec, as v2 has it; throws for what v1 could not have been. */
export function newMetric(metric: Plain): Plain {
  const made: Plain = { type: goText(metric, 'type') ?? '' };
  const object = goStruct(metric, 'object');
  if (object !== undefined) {
    const averageValue = goQuantity(object, 'averageValue');
    const value = goQuantity(object, 'targetValue') ?? '0';
    const type = averageValue === undefined ? 'Value' : 'AverageValue';
    made.object = described(object, { target: given({ type, value, averageValue }) });
  }
  const pods = goStruct(metric, 'pods');
  if (pods !== undefined) {
    const averageValue = goQuantity(pods, 'targetAverageValue') ?? '0';
    made.pods = {
      metric: identifier(pods, 'selector'),
      target: { type: 'AverageValue', averageValue },
    };
  }
  for (const field of ['resource', 'containerResource']) {
    const source = goStruct(metric, field);
    if (source === undefined) continue;
    const averageUtilization = goInt32(source, 'targetAverageUtilization');
    const averageValue = goQuantity(source, 'targetAverageValue');
    const type = averageUtilization === undefined ? 'AverageValue' : 'Utilization';
    const target = given({ type, averageValue, averageUtilization });
    made[field] = { ...placed(source, field), target };
  }
  const external = goStruct(metric, 'external');
  if (external !== undefined) {
    const value = goQuantity(external, 'targetValue');
    const averageValue = goQuantity(external, 'targetAverageValue');
    const type = value === undefined ? 'AverageValue' : 'Value';
    const target = given({ type, value, averageValue });
    made.external = { metric: identifier(external, 'metricSelector'), target };
  }
  return made;
}

/** What was of a status. */
export function newCurrent(metric: Plain): Plain {
  const made: Plain = { type: goText(metric, 'type') ?? '' };
  const object = goStruct(metric, 'object');
  if (object !== undefined) {
    const value = goQuantity(object, 'currentValue') ?? '0';
    const averageValue = goQuantity(object, 'averageValue');
    made.object = described(object, { current: given({ value, averageValue }) });
  }
  const pods = goStruct(metric, 'pods');
  if (pods !== undefined) {
    const averageValue = goQuantity(pods, 'currentAverageValue') ?? '0';
    made.pods = { metric: identifier(pods, 'selector'), current: { averageValue } };
  }
  for (const field of ['resource', 'containerResource']) {
    const source = goStruct(metric, field);
    if (source === undefined) continue;
    const averageUtilization = goInt32(source, 'currentAverageUtilization');
    const averageValue = goQuantity(source, 'currentAverageValue') ?? '0';
    const current = given({ averageValue, averageUtilization });
    made[field] = { ...placed(source, field), current };
  }
  const external = goStruct(metric, 'external');
  if (external !== undefined) {
    const value = goQuantity(external, 'currentValue') ?? '0';
    const averageValue = goQuantity(external, 'currentAverageValue');
    const current = given({ value, averageValue });
    made.external = { metric: identifier(external, 'metricSelector'), current };
  }
  return made;
}

function placed(source: Plain, field: string): Plain {
  const name = goText(source, 'name') ?? '';
  return field === 'resource' ? { name } : { name, container: goText(source, 'container') ?? '' };
}

function described(object: Plain, values: Plain): Plain {
  const target = goStruct(object, 'target') ?? {};
  const [kind = '', name = ''] = [goText(target, 'kind'), goText(target, 'name')];
  const apiVersion = goText(target, 'apiVersion') || undefined;
  return {
    describedObject: given({ kind, name, apiVersion }),
    metric: identifier(object, 'selector'),
    ...values,
  };
}

function identifier(source: Plain, selectorField: string): Plain {
  const name = goText(source, 'metricName') ?? '';
  return given({ name, selector: goField(source, selectorField) });
}

/** Without the fields that are undefined. */
function given(fields: Plain): Plain {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
