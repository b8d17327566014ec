import { goNumber, goQuote } from './go-format.ts';
import { goEscaped } from './json-text.ts';
import { isNumber } from './json.ts';
import type { StatusCause } from './status-error.ts';

/**
 * Field errors in upstream's words (k8s.io/apimachinery util/validation/field): what a validator
 * collects and what becomes the causes of a 422. A path is a plain string that the caller extends:
 * `spec.containers[0].name`, `metadata.labels[key]`.
 */

type BadValue = unknown;

/** Go's %q for strings, %v for numbers, JSON for the rest: how upstream prints the offending value. */
export function shownValue(value: BadValue): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return goQuote(value);
  if (isNumber(value)) return goNumber(value);
  const json = JSON.stringify(value);
  return typeof value === 'object' ? goEscaped(json) : json;
}

export function fieldRequired(field: string, detail = ''): StatusCause {
  return {
    reason: 'FieldValueRequired',
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
    field,
  };
}

export function fieldInvalid(field: string, value: BadValue, detail: string): StatusCause {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shownValue(value)}${detail === '' ? '' : `: ${detail}`}`,
    field,
  };
}

/** As {@link fieldInvalid} where upstream leaves the value out (field.OmitValueType). */
export function fieldInvalidWhole(field: string, detail: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${detail}`, field };
}

/** As {@link fieldInvalid} where upstream names the type and not the value (`Invalid value: "object"`). */
export function fieldTypeInvalid(field: string, shownAs: string, detail: string): StatusCause {
  return {
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: ${goQuote(shownAs)}: ${detail}`,
    field,
  };
}

export function fieldNotSupported(
  field: string,
  value: BadValue,
  supported: readonly string[],
): StatusCause {
  const list = supported.map(goQuote).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shownValue(value)}${list === '' ? '' : `: supported values: ${list}`}`,
    field,
  };
}

export function fieldDuplicate(field: string, value: BadValue): StatusCause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${shownValue(value)}`, field };
}

export function fieldForbidden(field: string, detail: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field };
}

export function fieldNotFound(field: string, value: BadValue): StatusCause {
  return { reason: 'FieldValueNotFound', message: `Not found: ${shownValue(value)}`, field };
}

export function fieldTooLong(field: string, maxLength: number): StatusCause {
  return {
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${counted(maxLength, 'byte')}`,
    field,
  };
}

export function fieldTooMany(field: string, actual: number, max: number): StatusCause {
  return {
    reason: 'FieldValueTooMany',
    message: `Too many: ${actual}: must have at most ${counted(max, 'item')}`,
    field,
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
