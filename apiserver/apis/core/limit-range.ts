import { randomUUID } from 'node:crypto';
import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
} from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import {
  compareQuantities,
  type Quantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
} from '../../../object/quantity.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { defaultColumns } from '../column.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import {
  checkContainerResourceName,
  checkResourceName,
  isOvercommitAllowed,
  quantityOrUndefined,
} from './resources-validation.ts';
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
  prepareForCreate({ metadata }) {
    metadata.name ||= randomUUID();
  },
  updateChecks: ['new metadata', 'rules'],
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
    checkType(errors, type, `${path}.type`);
    if (seen.has(type)) errors.push(fieldDuplicate(`${path}.type`, type));
    seen.add(type);
    checkItem(errors, item, path);
  }
  return errors;
}

function checkType(errors: Errors, type: string, path: string): void {
  if (labelKeyErrors(type).length > 0) checkFormat(errors, type, path, labelKeyErrors);
  else if (!type.includes('/') && !standardTypes.includes(type)) {
    const text = 'must be a standard limit type or fully qualified';
    errors.push(fieldInvalid(path, type, text));
  }
}

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];

function checkItem(errors: Errors, item: Plain, path: string): void {
  const inPods = item.type === 'Pod' || item.type === 'Container';
  const checkNames = (list: string): void => {
    for (const name of Object.keys(item[list] ?? {})) {
      const check = inPods ? checkContainerResourceName : checkResourceName;
      check(errors, name, `${path}.${list}[${name}]`);
    }
  };
  checkNames('max');
  checkNames('min');
  for (const field of ['default', 'defaultRequest']) {
    if (item.type !== 'Pod') checkNames(field);
    else if (Object.keys(item[field] ?? {}).length > 0) {
      errors.push(fieldForbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.storage && !item.max?.storage) {
    const text = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(fieldRequired(`${path}.limits`, text));
  }
  checkNames('maxLimitRequestRatio');
  const checked = item.type === 'Pod' ? { ...item, default: {}, defaultRequest: {} } : item;
  const names = new Set(lists.flatMap((list) => Object.keys(checked[list] ?? {})));
  for (const name of names) checkOrder(errors, checked, name, path);
}

/** [lower, upper, where it is reported, whose value is shown, its words]. */
const orders = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  [
    'min',
    'defaultRequest',
    'defaultRequest',
    'defaultRequest',
    'min value',
    'default request value',
  ],
  [
    'defaultRequest',
    'max',
    'defaultRequest',
    'defaultRequest',
    'default request value',
    'max value',
  ],
  [
    'defaultRequest',
    'default',
    'defaultRequest',
    'defaultRequest',
    'default request value',
    'default limit value',
  ],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
] as const;

function checkOrder(errors: Errors, item: Plain, name: string, path: string): void {
  for (const [low, high, at, shown, lowText, highText] of orders) {
    const [a, b] = [item[low]?.[name], item[high]?.[name]];
    if (a === undefined || b === undefined) continue;
    const [less, more] = [quantityOrUndefined(a), quantityOrUndefined(b)];
    if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) continue;
    const text = `${lowText} ${a} is greater than ${highText} ${b}`;
    errors.push(fieldInvalid(`${path}.${at}[${name}]`, item[shown][name], text));
  }
  checkRatio(errors, item, name, `${path}.maxLimitRequestRatio[${name}]`);
  const [limit, request] = [item.default?.[name], item.defaultRequest?.[name]];
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined) return;
  const [given, wanted] = [quantityOrUndefined(limit), quantityOrUndefined(request)];
  if (given === undefined || wanted === undefined || compareQuantities(given, wanted) === 0) return;
  const text = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
  errors.push(fieldInvalid(`${path}.defaultRequest[${name}]`, request, text));
}

/** How far a limit may be above its request: no less than once, and no more than max and min allow. */
function checkRatio(errors: Errors, item: Plain, name: string, path: string): void {
  const shown = item.maxLimitRequestRatio?.[name];
  const ratio = shown === undefined ? undefined : quantityOrUndefined(shown);
  if (ratio === undefined) return;
  if (compareQuantities(ratio, quantityOf(1)) < 0) {
    errors.push(fieldInvalid(path, shown, `ratio ${shown} is less than 1`));
  }
  const [min, max] = ['min', 'max'].map((list) => quantityOrUndefined(item[list]?.[name] ?? ''));
  if (min === undefined || max === undefined) return;
  const fine = [ratio, min, max].every(({ nano }) => nano <= milliMax);
  const factor = fine ? quantityMilliValue(ratio) / 1000 : quantityValue(ratio);
  const read = (quantity: Quantity): number =>
    fine ? quantityMilliValue(quantity) : quantityValue(quantity);
  const limit = read(max) / read(min);
  // nothing divided by nothing is no limit
  if (Number.isNaN(limit) || factor <= limit) return;
  const text = `ratio ${shown} is greater than max/min = ${limit.toFixed(6)}`;
  errors.push(fieldInvalid(path, shown, text));
}

/** In nano-units: the last whole number whose thousandths upstream counts, in an int64. */
const milliMax = 9_223_372_036_854_774_000_000_000n;
