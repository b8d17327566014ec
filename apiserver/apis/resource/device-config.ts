import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import { deviceSelector } from '../../../cel/device.ts';
import { byteLength } from '../../../object/name.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkDriverName } from '../storage/driver-name.ts';
import { checkSlice } from './bounded-list.ts';

/** Selectors and configuration, of classes and of claims (pkg/apis/resource validation). */

const selectorsMax = 32;
const expressionBytesMax = 10 * 1024;
const parameterBytesMax = 10 * 1024;

export function checkSelectors(errors: Errors, selectors: Plain[], path: string): void {
  checkSlice(errors, selectors, path, {
    max: selectorsMax,
    check({ cel }, at) {
      if (cel === undefined) errors.push(fieldRequired(`${at}.cel`));
      else checkSelector(errors, cel.expression ?? '', `${at}.cel.expression`);
    },
  });
}

function checkSelector(errors: Errors, expression: string, path: string): void {
  if (byteLength(expression) > expressionBytesMax) {
    errors.push(fieldTooLong(path, expressionBytesMax));
    return;
  }
  const { error, tooComplex } = deviceSelector(expression);
  if (error !== undefined) errors.push(fieldInvalid(path, expression, error));
  else if (tooComplex) errors.push(fieldForbidden(path, 'too complex, exceeds cost limit'));
}

/** `stored`: as it was when its size had no bound. */
export function checkConfiguration(
  errors: Errors,
  config: Plain,
  path: string,
  stored = false,
): void {
  const { opaque } = config;
  if (opaque === undefined) {
    errors.push(fieldRequired(`${path}.opaque`));
    return;
  }
  checkDriverName(errors, opaque.driver, `${path}.opaque.driver`);
  const most = stored ? Number.POSITIVE_INFINITY : parameterBytesMax;
  checkRaw(errors, opaque.parameters, `${path}.opaque.parameters`, most);
}

/** Free JSON that must be an object. */
export function checkRaw(errors: Errors, value: unknown, path: string, bytesMax: number): void {
  if (value === undefined || value === null) errors.push(fieldRequired(path));
  else if (byteLength(JSON.stringify(value)) > bytesMax) errors.push(fieldTooLong(path, bytesMax));
  else if (typeof value !== 'object' || Array.isArray(value)) {
    errors.push(fieldInvalid(path, '<value omitted>', 'must be a valid JSON object'));
  }
}
