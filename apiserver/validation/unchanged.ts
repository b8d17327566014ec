import { deepEqual } from '../../object/equal.ts';
import type { Schema } from '../../schema/schema.ts';

type Fields = Record<string, unknown>;

/**
 * Whether a value is as it was, so that what was wrong with it may stay (KEP-4008; k8s.io/apiserver
 * cel/common/equality.go). Elements of a keyed list may have changed places. An object with a field
 * that its schema does not name is never as it was.
 */
export function unchanged(schema: Schema | undefined, value: unknown, old: unknown): boolean {
  if (typeof value !== 'object' || value === null) return deepEqual(value, old);
  if (typeof old !== 'object' || old === null) return false;
  if (Array.isArray(value)) return Array.isArray(old) && sameList(schema, value, old);
  if (Array.isArray(old)) return false;
  const names = Object.keys(value);
  if (names.length !== Object.keys(old).length) return false;
  return names.every((name) => {
    const field = schemaOf(schema, name);
    if (field === undefined || !Object.hasOwn(old, name)) return false;
    return unchanged(field, (value as Fields)[name], (old as Fields)[name]);
  });
}

/** Of the field of this name, or of the values of a map; `additionalProperties: true` is none. */
export function schemaOf(schema: Schema | undefined, name: string): Schema | undefined {
  const { properties = {}, additional } = schema ?? {};
  if (Object.hasOwn(properties, name)) return properties[name];
  const free = additional?.type === 'any' && !additional.preserveUnknown && !additional.intOrString;
  return free ? undefined : additional;
}

function sameList(
  schema: Schema | undefined,
  list: readonly unknown[],
  old: readonly unknown[],
): boolean {
  if (list.length !== old.length) return false;
  const previous = schema === undefined ? undefined : byKeys(schema, old);
  if (previous === undefined) return deepEqual(list, old);
  return list.every((item) => unchanged(schema?.items, item, previous(item)));
}

/** The old element that is the same one; undefined for lists without keys, whose elements nothing tells apart. */
export function byKeys(
  { listType, listMapKeys }: Schema,
  old: unknown,
): ((item: unknown) => unknown) | undefined {
  if (listType !== 'map' || listMapKeys === undefined || !Array.isArray(old)) return undefined;
  const identity = (item: unknown): string =>
    JSON.stringify(listMapKeys.map((key) => (item as Fields | null)?.[key] ?? null));
  const known = new Map(old.map((item) => [identity(item), item]));
  return (item) => known.get(identity(item));
}

/** Of the object itself these are what the request was decoded as: the old ones are not known. */
export const isOfType = (name: string): boolean => name === 'apiVersion' || name === 'kind';
