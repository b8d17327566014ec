import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors, pathSegmentErrors } from '../../../object/name.ts';
import { compareQuantities, parseQuantity } from '../../../object/quantity.ts';
import { checkContainerResourceName, quantityOrUndefined } from '../core/resources-validation.ts';
import { checkFormat, checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** What an autoscaler looks at (pkg/apis/autoscaling/validation, validateMetricSpec). */

type Check = (errors: Errors, source: Plain, path: string, anyVersion: boolean) => void;

/** Where the metric of each type is, in the order in which upstream looks. */
const sources: readonly (readonly [type: string, field: string, check: Check])[] = [
  ['Object', 'object', checkObject],
  ['External', 'external', checkExternal],
  ['Pods', 'pods', checkPods],
  ['Resource', 'resource', checkResource],
  ['ContainerResource', 'containerResource', checkContainerResource],
];
const types = sources.map(([type]) => type).sort();

/** `anyVersion`: what metrics describe may be of a version that cannot be read, as it was before. */
export function checkMetric(
  errors: Errors,
  metric: Plain,
  path: string,
  anyVersion: boolean,
): void {
  const type: string = metric.type ?? '';
  const unknown = fieldNotSupported(`${path}.type`, type, types);
  if (type === '') errors.push(fieldRequired(`${path}.type`, 'must specify a metric source type'));
  if (!types.includes(type)) errors.push(unknown);
  const present = sources.filter(([, field]) => metric[field] !== undefined);
  const [first] = present;
  if (first !== undefined) first[2](errors, metric[first[1]], `${path}.${first[1]}`, anyVersion);
  const expected = sources.find(([name]) => name === type)?.[1];
  if (expected === undefined) errors.push(unknown);
  else if (metric[expected] === undefined) {
    const text = 'must populate information for the given metric source';
    errors.push(fieldRequired(`${path}.${expected}`, text));
  }
  if (present.length === 1) return;
  for (const [, field] of present) {
    if (field === expected) continue;
    const why = 'must populate the given metric source only';
    errors.push(fieldForbidden(`${path}.${field}`, why));
  }
}

/** k8s.io/apimachinery ParseGroupVersion. */
export function groupVersionProblem(apiVersion: string): string | undefined {
  if (apiVersion.split('/').length <= 2) return undefined;
  return `unexpected GroupVersion string: ${apiVersion}`;
}

function checkObject(errors: Errors, source: Plain, path: string, anyVersion: boolean): void {
  const { describedObject = {}, target = {} } = source;
  for (const field of ['kind', 'name']) {
    const at = `${path}.describedObject.${field}`;
    checkName(errors, describedObject[field], at, pathSegmentErrors);
  }
  const { apiVersion = '' } = describedObject;
  const problem = anyVersion ? undefined : groupVersionProblem(apiVersion);
  if (problem !== undefined) {
    errors.push(fieldInvalid(`${path}.describedObject.apiVersion`, apiVersion, problem));
  }
  checkIdentifier(errors, source, path);
  checkTarget(errors, target, `${path}.target`);
  if (target.value === undefined && target.averageValue === undefined) {
    const text = 'must set either a target value or averageValue';
    errors.push(fieldRequired(`${path}.target.averageValue`, text));
  }
}

function checkExternal(errors: Errors, source: Plain, path: string): void {
  const { target = {} } = source;
  checkIdentifier(errors, source, path);
  checkTarget(errors, target, `${path}.target`);
  if (target.value === undefined && target.averageValue === undefined) {
    const text = 'must set either a target value for metric or a per-pod target';
    errors.push(fieldRequired(`${path}.target.averageValue`, text));
  }
  if (target.value !== undefined && target.averageValue !== undefined) {
    const why = 'may not set both a target value for metric and a per-pod target';
    errors.push(fieldForbidden(`${path}.target.value`, why));
  }
}

function checkPods(errors: Errors, source: Plain, path: string): void {
  checkIdentifier(errors, source, path);
  checkTarget(errors, source.target ?? {}, `${path}.target`);
  if (source.target?.averageValue === undefined) {
    const text = 'must specify a positive target averageValue';
    errors.push(fieldRequired(`${path}.target.averageValue`, text));
  }
}

function checkResource(errors: Errors, source: Plain, path: string): void {
  if (!source.name) errors.push(fieldRequired(`${path}.name`, 'must specify a resource name'));
  checkUse(errors, source.target ?? {}, `${path}.target`);
}

function checkContainerResource(errors: Errors, source: Plain, path: string): void {
  const { name = '', container = '' } = source;
  if (name === '') errors.push(fieldRequired(`${path}.name`, 'must specify a resource name'));
  else checkContainerResourceName(errors, name, `${path}.name`);
  if (container === '') {
    errors.push(fieldRequired(`${path}.container`, 'must specify a container'));
  } else {
    checkFormat(errors, container, `${path}.container`, dns1123LabelErrors);
  }
  checkUse(errors, source.target ?? {}, `${path}.target`);
}

/** Of a resource: in percent of what was asked for, or as it is. */
function checkUse(errors: Errors, target: Plain, path: string): void {
  checkTarget(errors, target, path);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined) {
    const text = 'must set either a target raw value or a target utilization';
    errors.push(fieldRequired(`${path}.averageUtilization`, text));
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    const why = 'may not set both a target raw value and a target utilization';
    errors.push(fieldForbidden(`${path}.averageValue`, why));
  }
}

function checkIdentifier(errors: Errors, source: Plain, path: string): void {
  const name: string = source.metric?.name ?? '';
  const at = `${path}.metric.name`;
  if (name === '') errors.push(fieldRequired(at, 'must specify a metric name'));
  else checkFormat(errors, name, at, pathSegmentErrors);
}

const zero = parseQuantity('0');

function checkTarget(errors: Errors, target: Plain, path: string): void {
  const type: string = target.type ?? '';
  if (type === '') errors.push(fieldRequired(`${path}.type`, 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    const text = 'must be either Utilization, Value, or AverageValue';
    errors.push(fieldInvalid(`${path}.type`, type, text));
  }
  for (const field of ['value', 'averageValue']) {
    const amount = target[field] === undefined ? undefined : quantityOrUndefined(target[field]);
    if (amount === undefined || compareQuantities(amount, zero) > 0) continue;
    errors.push(fieldInvalid(`${path}.${field}`, target[field], 'must be positive'));
  }
  const percent = target.averageUtilization;
  if (percent < 1) {
    errors.push(fieldInvalid(`${path}.averageUtilization`, percent, 'must be greater than 0'));
  }
}
