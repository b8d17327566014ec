import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityOf,
  quantityValue,
} from '../../../object/quantity.ts';
import { quantityOrUndefined } from '../core/resources-validation.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkSet } from './bounded-list.ts';

/** How much of a device one request may take (pkg/apis/resource validation validateRequestPolicy). */

const optionsMax = 10;
const zero = parseQuantity('0');

/** `shared`: the device can be given to more than one. */
export function checkCapacity(
  errors: Errors,
  capacity: Plain,
  path: string,
  shared: boolean,
): void {
  const policy: Plain | undefined = capacity.requestPolicy;
  if (policy === undefined) return;
  const at = `${path}.requestPolicy`;
  if (!shared) {
    errors.push(fieldForbidden(at, 'allowMultipleAllocations must be true'));
    return;
  }
  const { validValues = [], validRange } = policy;
  if (validValues.length > 0 && validRange !== undefined) {
    const why =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    errors.push(fieldForbidden(at, why));
    return;
  }
  const field = validValues.length > 0 ? 'validValues' : 'validRange';
  if (field === 'validRange' && validRange === undefined) return;
  const usual = quantityOrUndefined(policy.default);
  const most = quantityOrUndefined(capacity.value) ?? zero;
  if (usual === undefined) {
    errors.push(fieldRequired(`${at}.default`, `required when ${field} is defined`));
  } else if (field === 'validValues') {
    checkValues(errors, validValues, `${at}.${field}`, { usual, most });
  } else checkRange(errors, validRange, `${at}.${field}`, { usual, most });
}

interface Bounds {
  usual: Quantity;
  most: Quantity;
}

function read(value: unknown): Quantity | undefined {
  return value === undefined ? undefined : quantityOrUndefined(value as string);
}

function checkValues(
  errors: Errors,
  values: string[],
  path: string,
  { usual, most }: Bounds,
): void {
  const options = values.map((value) => read(value) ?? zero);
  for (const [i, option] of options.entries()) {
    const before = options[i - 1];
    if (before === undefined || compareQuantities(before, option) <= 0) continue;
    const text = 'values must be sorted in ascending order';
    errors.push(fieldInvalid(`${path}[${i}]`, formatQuantity(option), text));
  }
  checkSet(errors, options, path, {
    max: optionsMax,
    key: (option) => String(quantityValue(option)),
    check(option, at) {
      if (compareQuantities(option, most) <= 0) return;
      const text = `option is larger than capacity value: ${formatQuantity(most)}`;
      errors.push(fieldInvalid(at, formatQuantity(option), text));
    },
  });
  // a list that is too long is not looked into
  const looked = options.length <= optionsMax;
  if (looked && options.some((option) => compareQuantities(option, usual) === 0)) return;
  const text = 'default value is not valid according to the requestPolicy';
  errors.push(fieldInvalid(path, formatQuantity(usual), text));
}

function checkRange(errors: Errors, range: Plain, path: string, { usual, most }: Bounds): void {
  const [min, max, step] = [range.min, range.max, range.step].map(read);
  if (min === undefined) {
    errors.push(fieldRequired(`${path}.min`, 'required when validRange is defined'));
    return;
  }
  const wrong = (field: string, value: Quantity, text: string, other: Quantity): void => {
    const why = `${text}: ${formatQuantity(other)}`;
    errors.push(fieldInvalid(`${path}.${field}`, formatQuantity(value), why));
  };
  const above = (a: Quantity, b: Quantity): boolean => compareQuantities(a, b) > 0;
  if (above(min, most)) wrong('min', min, 'min is larger than capacity value', most);
  if (above(min, usual)) wrong('min', usual, 'default is less than min', min);
  if (max !== undefined) {
    if (above(min, max)) wrong('max', min, 'min is larger than max', max);
    if (above(max, most)) wrong('max', max, 'max is larger than capacity value', most);
    if (above(usual, max)) wrong('max', usual, 'default is more than max', max);
  }
  if (step === undefined) return;
  if (!above(step, quantityOf(0))) {
    errors.push(fieldInvalid(`${path}.step`, formatQuantity(step), 'must be greater than zero'));
    return;
  }
  const next = addQuantities(min, step);
  if (above(next, most)) {
    const text = `one step ${formatQuantity(next)} is larger than capacity value`;
    wrong('step', step, text, most);
  }
  for (const value of max === undefined ? [usual] : [usual, max]) {
    if ((quantityValue(value) - quantityValue(min)) % quantityValue(step) === 0) continue;
    const text = `value is not a multiple of a given step (${formatQuantity(step)}) from (${formatQuantity(min)})`;
    errors.push(fieldInvalid(`${path}.step`, formatQuantity(value), text));
  }
}
