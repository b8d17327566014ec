import { fieldDuplicate, fieldTooMany } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';

/**
 * Lists with a bound (pkg/apis/resource validation validateSlice and validateSet): a list that is too
 * long is not looked into; of a set, what comes twice is said after what is wrong with each.
 */
export function checkSlice<T>(
  errors: Errors,
  list: readonly T[],
  path: string,
  rules: { max: number; check: (item: T, path: string) => void },
): boolean {
  if (list.length > rules.max) {
    errors.push(fieldTooMany(path, list.length, rules.max));
    return false;
  }
  for (const [i, item] of list.entries()) rules.check(item, `${path}[${i}]`);
  return true;
}

export function checkSet<T>(
  errors: Errors,
  list: readonly T[],
  path: string,
  rules: { max: number; key: (item: T) => string; check: (item: T, path: string) => void },
): void {
  if (!checkSlice(errors, list, path, rules)) return;
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const key = rules.key(item);
    if (seen.has(key)) errors.push(fieldDuplicate(`${path}[${i}]`, key));
    seen.add(key);
  }
}
