import { goFormat, goType } from './go-format.ts';
import { setOwn } from './copy.ts';
import { StatusError } from './status-error.ts';

/** What both halves of strategic merge share: directives, and how a patch is refused. */

export type JsonMap = Record<string, unknown>;

export const directive = '$patch';

/** Errors that upstream does not map to a status reach the client as a bare 500. */
export function failed(message: string): StatusError {
  return new StatusError(500, '', message);
}

export function badType(expected: unknown, actual: unknown): StatusError {
  return failed(`expected a ${goType(expected)}, but received a ${goType(actual)}`);
}

export function noMergeKey(map: JsonMap, key: string): StatusError {
  return failed(`map: ${goFormat(map)} does not contain declared merge key: ${key}`);
}

export function badPatchType(value: unknown, map: JsonMap): StatusError {
  return failed(`unknown patch type: ${goFormat(value)} in map: ${goFormat(map)}`);
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is left of a value that meets nothing to merge with; it may be changed. Undefined: nothing. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDirectives).filter((element) => element !== undefined);
  }
  if (!isMap(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  for (const key of Object.keys(value)) {
    const clean = withoutDirectives(value[key]);
    if (clean === undefined) delete value[key];
    else setOwn(value, key, clean);
  }
  return value;
}
