import { fieldInvalid } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';

/** Paths inside volumes and on nodes (core validation, validateLocalDescendingPath and its like). */

export function checkNoBacksteps(errors: Errors, path: string, at: string): void {
  if (path.split('/').includes('..')) errors.push(fieldInvalid(at, path, "must not contain '..'"));
}

/** Relative and never upwards. */
export function checkDescendingPath(errors: Errors, path: string, at: string): void {
  if (path.startsWith('/')) errors.push(fieldInvalid(at, path, 'must be a relative path'));
  checkNoBacksteps(errors, path, at);
}

/** As {@link checkDescendingPath}, and none of the names that volumes with atomic updates use. */
export function checkInnerPath(errors: Errors, path: string, at: string): void {
  checkDescendingPath(errors, path, at);
  if (path.startsWith('..') && !path.startsWith('../')) {
    errors.push(fieldInvalid(at, path, "must not start with '..'"));
  }
}
