import { setOwn } from './copy.ts';
import { sortedByName } from './json-by-name.ts';

/**
 * What a JSON or merge patch made, with its keys as evanphx/json-patch v4 writes them: it reads only
 * what it has to touch, into Go maps, so that stands by key; what it did not look into stays as it was.
 */

/** @param patched what applyMergePatch made of `target` and `patch` */
export function orderMerged(patched: unknown, target: unknown, patch: unknown): unknown {
  if (isObject(patch) && isObject(patched)) {
    const old = isObject(target) ? target : {};
    return byKey(patched, (key, value) =>
      Object.hasOwn(patch, key) ? orderMerged(value, old[key], patch[key]) : value,
    );
  }
  // instead of an object a list is taken as it is, otherwise it is looked through for nulls
  return Array.isArray(patch) && !isObject(target) ? sortedByName(patched) : patched;
}

/** @param touched the objects that applyJsonPatch went through */
export function orderTouched(value: unknown, touched: ReadonlySet<object>): unknown {
  if (Array.isArray(value)) return value.map((item) => orderTouched(item, touched));
  if (!isObject(value) || !touched.has(value)) return value;
  return byKey(value, (_key, field) => orderTouched(field, touched));
}

function byKey(
  object: Record<string, unknown>,
  field: (key: string, value: unknown) => unknown,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(object).sort()) setOwn(out, key, field(key, object[key]));
  return out;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
