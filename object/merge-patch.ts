import { deepCopy, setOwn } from './copy.ts';
import { badRequest } from './status-error.ts';

/**
 * JSON Merge Patch (RFC 7386) onto an object; the target is left as it is and shares what the patch
 * does not touch with the result. As in evanphx/json-patch, which upstream uses, objects in a list
 * have no nulls either, unless the list stands instead of an object.
 * @throws StatusError 400 when the patch is no object, which could never give a Kubernetes object
 */
export function applyMergePatch<T extends object>(target: T, patch: unknown): T {
  if (!isObject(patch)) throw badRequest('Invalid JSON Patch');
  return merge(target, patch) as T;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) {
    return Array.isArray(patch) && !isObject(target) ? withoutNulls(patch) : deepCopy(patch);
  }
  const result: Record<string, unknown> = {};
  if (isObject(target)) {
    for (const key of Object.keys(target)) {
      if (!Object.hasOwn(patch, key)) setOwn(result, key, target[key]);
      else if (patch[key] !== null) setOwn(result, key, merge(target[key], patch[key]));
    }
  }
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || Object.hasOwn(result, key)) continue;
    setOwn(result, key, merge(undefined, patch[key]));
  }
  return result;
}

function withoutNulls(list: unknown[]): unknown[] {
  return list.map((item) => merge(undefined, item));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
