import type { Schema } from '../../schema/schema.ts';
import { elementJson } from './field-path.ts';

/**
 * How a value is owned: whole (a leaf), by its fields, or by its elements. Undefined schemas are
 * free-form: maps are granular, lists atomic, as upstream deduces untyped data.
 */
export type Shape = 'leaf' | 'map' | 'list';

export type Fields = Record<string, unknown>;

/** The shape that the schema gives a value; null takes the shape of its schema. */
export function shapeOf(schema: Schema | undefined, value: unknown): Shape {
  if (Array.isArray(value)) {
    return schema !== undefined && schema.type === 'array' && !isAtomicList(schema)
      ? 'list'
      : 'leaf';
  }
  if (typeof value === 'object' && value !== null) {
    if (schema === undefined || isFree(schema)) return 'map';
    return schema.type === 'object' && schema.mapType !== 'atomic' ? 'map' : 'leaf';
  }
  if (value !== null || schema === undefined) return value === null ? 'map' : 'leaf';
  if (schema.type === 'array') return isAtomicList(schema) ? 'leaf' : 'list';
  return (schema.type === 'object' || isFree(schema)) && schema.mapType !== 'atomic'
    ? 'map'
    : 'leaf';
}

function isFree(schema: Schema): boolean {
  return schema.type === 'any' && schema.intOrString !== true;
}

/** Without a list type, a strategic merge strategy says how elements are told apart. */
function isAtomicList(schema: Schema): boolean {
  if (schema.listType !== undefined) return schema.listType === 'atomic';
  return schema.patchStrategy?.split(',').includes('merge') !== true;
}

const keysOf = new WeakMap<Schema, readonly string[]>();
const noKeys: readonly string[] = [];

/** Names of the keys of a list's elements, sorted; none for a set of scalars. */
export function listKeys(schema: Schema): readonly string[] {
  let keys = keysOf.get(schema);
  if (keys === undefined) {
    if (schema.listType === 'map') keys = [...(schema.listMapKeys ?? [])].sort();
    else if (schema.listType === undefined && schema.patchMergeKey !== undefined) {
      keys = [schema.patchMergeKey];
    } else keys = noKeys;
    keysOf.set(schema, keys);
  }
  return keys;
}

/** The schema of a field; undefined when it is free-form or unknown. */
export function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  const properties = schema?.properties;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return schema?.additional;
}

export function isNamedField(schema: Schema | undefined, name: string): boolean {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, name);
}

/**
 * The path element of a list's element. Key fields that are absent count with their default.
 * @throws Error when the element has no identity
 */
export function itemElement(schema: Schema, item: unknown): string {
  const keys = listKeys(schema);
  if (keys.length === 0) {
    if (typeof item !== 'object') return `v:${elementJson(item)}`;
    if (item === null) {
      throw new Error("associative list without keys has an element that's an explicit null");
    }
    throw new Error(
      Array.isArray(item)
        ? 'not supported: associative list with lists as elements'
        : "associative list without keys has an element that's a map type",
    );
  }
  if (item === null) throw new Error('associative list with keys may not have a null element');
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw new Error('associative list with keys may not have non-map elements');
  }
  let text = 'k:{';
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = keyValue(schema, item as Fields, key);
    text += `${i === 0 ? '' : ','}${elementJson(key)}:${elementJson(value)}`;
  }
  return `${text}}`;
}

function keyValue(schema: Schema, item: Fields, key: string): unknown {
  if (Object.hasOwn(item, key) && item[key] !== undefined) return item[key];
  const field = fieldSchema(schema.items, key);
  const value = field?.default;
  if (value !== undefined && value !== null) return value;
  throw new Error(
    `associative list with keys has an element that omits key field ${JSON.stringify(key)} (and doesn't have default value)`,
  );
}

/** `{}`, `[]`, null and absent. */
export function isEmptyContainer(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return true;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}
