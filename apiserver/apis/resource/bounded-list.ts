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
  for (const [i, key] of twice(list.map(rules.key))) {
    errors.push(fieldDuplicate(`${path}[${i}]`, key));
  }
}

/** Keys that came before, with where they come again. */
export function twice(keys: readonly string[]): [number, string][] {
  const seen = new Set<string>();
  return [...keys.entries()].filter(([, key]) => {
    const again = seen.has(key);
    seen.add(key);
    return again;
  });
}

/** A map's keys are judged where the map is, what they hold where it is held. */
export function checkMap<T>(
  errors: Errors,
  map: Readonly<Record<string, T>>,
  path: string,
  rules: {
    max?: number;
    longestShown: number;
    key: (name: string, path: string) => void;
    check: (item: T, path: string) => void;
  },
): void {
  const entries = Object.entries(map);
  if (rules.max !== undefined && entries.length > rules.max) {
    errors.push(fieldTooMany(path, entries.length, rules.max));
    return;
  }
  for (const [name, item] of entries) {
    rules.key(name, path);
    rules.check(item, `${path}[${shortened(name, rules.longestShown)}]`);
  }
}

/** With its middle left out. */
function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const kept = longest - 3;
  return `${text.slice(0, Math.ceil(kept / 2))}...${text.slice(text.length - Math.floor(kept / 2))}`;
}
