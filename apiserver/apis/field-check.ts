import { semanticEqual } from '../../object/equal.ts';
import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../object/field-error.ts';
import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';

/**
 * The checks that upstream's validators of many kinds share, with its words. Every function adds to
 * `errors`; `path` is the field's own path.
 */
export type Errors = StatusCause[];

export const immutableMessage = 'field is immutable';

/** `formatErrors` is one of object/name.ts's: each message becomes an error of its own. */
export function checkFormat(
  errors: Errors,
  value: string,
  path: string,
  formatErrors: (value: string) => readonly string[],
): void {
  for (const message of formatErrors(value)) errors.push(fieldInvalid(path, value, message));
}

/** Required and of the format. */
export function checkName(
  errors: Errors,
  value: string | undefined,
  path: string,
  formatErrors: (value: string) => readonly string[],
): void {
  if (value === undefined || value === '') errors.push(fieldRequired(path));
  else checkFormat(errors, value, path, formatErrors);
}

export function checkNonNegative(errors: Errors, value: number | undefined, path: string): void {
  if (value !== undefined && value < 0) {
    errors.push(fieldInvalid(path, value, 'must be greater than or equal to 0'));
  }
}

export function checkPositive(errors: Errors, value: number | undefined, path: string): void {
  if (value !== undefined && value <= 0) {
    errors.push(fieldInvalid(path, value, 'must be greater than 0'));
  }
}

export function checkRange(
  errors: Errors,
  value: number,
  path: string,
  [low, high]: readonly [number, number],
): void {
  if (value >= low && value <= high) return;
  errors.push(fieldInvalid(path, value, `must be between ${low} and ${high}, inclusive`));
}

export function checkPort(errors: Errors, value: number, path: string): void {
  checkRange(errors, value, path, [1, 65535]);
}

/** An enumerated string that must be there. `supported` in the order upstream shows it. */
export function checkOneOf(
  errors: Errors,
  value: string | undefined,
  path: string,
  supported: readonly string[],
): void {
  if (value === undefined || value === '') errors.push(fieldRequired(path));
  else if (!supported.includes(value)) errors.push(fieldNotSupported(path, value, supported));
}

/** An enumerated string that may be absent. */
export function checkOptionalOneOf(
  errors: Errors,
  value: string | undefined,
  path: string,
  supported: readonly string[],
): void {
  if (value === undefined || supported.includes(value)) return;
  errors.push(fieldNotSupported(path, value, supported));
}

export function checkImmutable(errors: Errors, next: unknown, old: unknown, path: string): void {
  if (!semanticEqual(next, old)) {
    errors.push(fieldInvalid(path, next ?? null, immutableMessage));
  }
}

/** How many of the named fields are set: unions where exactly one may be. */
export function setFields(object: Record<string, unknown>, names: readonly string[]): string[] {
  return names.filter((name) => object[name] !== undefined && object[name] !== null);
}

/** A status write takes over status alone; a spec write everything else. */
export function keepStatus(next: KubeObject, old: KubeObject): void {
  if (old.status === undefined) delete next.status;
  else next.status = old.status;
}
