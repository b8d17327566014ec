import { setOwn } from './copy.ts';

/** Paths into objects in the dotted form of the scale subresource (`.spec.replicas`). */

/** `.spec.replicas` or `spec.replicas`; undefined where anything is missing. */
export function getPath(object: unknown, path: string): unknown {
  let at = object;
  for (const name of segments(path)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

/** Set a field, making the objects on the way. @throws Error when a scalar or list is in the way */
export function setPath(object: object, path: string, value: unknown): void {
  const names = segments(path);
  let at = object as Record<string, unknown>;
  for (const name of names.slice(0, -1)) {
    let next: unknown = Object.hasOwn(at, name) ? at[name] : undefined;
    if (next === undefined || next === null) {
      next = {};
      setOwn(at, name, next);
    }
    if (typeof next !== 'object' || Array.isArray(next)) {
      throw new Error(`cannot set ${path}: ${name} is not an object`);
    }
    at = next as Record<string, unknown>;
  }
  setOwn(at, names[names.length - 1] as string, value);
}

function segments(path: string): string[] {
  return (path.startsWith('.') ? path.slice(1) : path).split('.');
}
