import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
} from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import { compareQuantities } from '../../../object/quantity.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { defaultColumns } from '../column.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { isOvercommitAllowed, quantityOrUndefined } from './resources-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const limitRange: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  namespaced: true,
  shortNames: ['limits'],
  storagePath: 'limitranges',
  generation: false,
  createOnUpdate: true,
  columns: defaultColumns,
  default: defaultLimits,
  validate,
};

/** Containers: the limit follows the maximum, the request the limit, else the minimum. */
function defaultLimits({ spec }: KubeObject): void {
  for (const item of spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    item.default = { ...item.max, ...item.default };
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
    for (const field of ['default', 'defaultRequest']) {
      if (Object.keys(item[field]).length === 0) delete item[field];
    }
  }
}

const standardTypes = ['Container', 'PersistentVolumeClaim', 'Pod'];

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const seen = new Set<string>();
  for (const [i, item] of (spec?.limits ?? []).entries()) {
    const path = `spec.limits[${i}]`;
    const type: string = item.type ?? '';
    checkFormat(errors, type, `${path}.type`, labelKeyErrors);
    if (!type.includes('/') && !standardTypes.includes(type)) {
      const text = 'must be a standard limit type or fully qualified';
      errors.push(fieldInvalid(`${path}.type`, type, text));
    }
    if (seen.has(type)) errors.push(fieldDuplicate(`${path}.type`, type));
    seen.add(type);
    checkItem(errors, item, path);
  }
  return errors;
}

function checkItem(errors: Errors, item: Plain, path: string): void {
  if (item.type === 'Pod') {
    for (const field of ['default', 'defaultRequest']) {
      if (Object.keys(item[field] ?? {}).length === 0) continue;
      errors.push(fieldForbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.storage && !item.max?.storage) {
    const text = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(fieldRequired(`${path}.limits`, text));
  }
  const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];
  const names = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})));
  for (const name of names) checkOrder(errors, item, name, path);
}

/** [lower, upper, where it is reported, its words]. */
const orders = [
  ['min', 'max', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min value', 'default value'],
  ['default', 'max', 'default', 'default value', 'max value'],
] as const;

function checkOrder(errors: Errors, item: Plain, name: string, path: string): void {
  for (const [low, high, at, lowText, highText] of orders) {
    const [a, b] = [item[low]?.[name], item[high]?.[name]];
    if (a === undefined || b === undefined) continue;
    const [less, more] = [quantityOrUndefined(a), quantityOrUndefined(b)];
    if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) continue;
    const text = `${lowText} ${a} is greater than ${highText} ${b}`;
    errors.push(fieldInvalid(`${path}.${at}[${name}]`, item[at]?.[name], text));
  }
  const [limit, request] = [item.default?.[name], item.defaultRequest?.[name]];
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined) return;
  if (limit !== request) {
    const text = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
    errors.push(fieldInvalid(`${path}.defaultRequest[${name}]`, request, text));
  }
}
