import { setOwn } from '../object/copy.ts';
import type { Schema } from './schema.ts';

/**
 * A value with its fields in the order of their Go types and the keys of its maps in theirs, as Go's
 * encoder writes them. The same value when nothing is out of order; what is shared stays as it is.
 */
export function inFieldOrder<T>(value: T, schema: Schema): T {
  return ordered(value, schema) as T;
}

function ordered(value: unknown, schema: Schema | undefined): unknown {
  if (typeof value !== 'object' || value === null || schema === undefined) return value;
  if (Array.isArray(value)) return schema.items === undefined ? value : list(value, schema.items);
  if (schema.properties !== undefined) {
    return struct(value as Record<string, unknown>, schema, schema.properties);
  }
  if (schema.additional === undefined) return value;
  return map(value as Record<string, unknown>, schema.additional);
}

function list(items: unknown[], schema: Schema): unknown[] {
  let changed: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = ordered(items[i], schema);
    if (item === items[i]) continue;
    changed ??= [...items];
    changed[i] = item;
  }
  return changed ?? items;
}

type Fields = Record<string, unknown>;

/** Where a field that the type has not stands. */
const behindAll = Number.MAX_SAFE_INTEGER;

function struct(fields: Fields, schema: Schema, properties: Record<string, Schema>): Fields {
  const places = placesOf(schema, properties);
  let changed: Fields | undefined;
  let inOrder = true;
  let last = -1;
  for (const name in fields) {
    const place = places[name] ?? behindAll;
    if (place < last) inOrder = false;
    last = place;
    const field = fields[name];
    const next = ordered(field, properties[name]);
    if (next === field) continue;
    changed ??= { ...fields };
    setOwn(changed, name, next);
  }
  const result = changed ?? fields;
  return inOrder ? result : rebuilt(result, namesByPlace(result, places));
}

/** Used again, since nothing else is sorted meanwhile: a list for each struct was a twentieth of a create's garbage. */
const sorted: string[] = [];
const placesOfSorted: number[] = [];

/** By insertion: clients and defaults put few fields where they do not belong. Valid until the next call. */
function namesByPlace(fields: Fields, places: Record<string, number>): readonly string[] {
  let count = 0;
  for (const name in fields) {
    const place = places[name] ?? behindAll;
    let at = count++;
    for (; at > 0 && (placesOfSorted[at - 1] as number) > place; at--) {
      sorted[at] = sorted[at - 1] as string;
      placesOfSorted[at] = placesOfSorted[at - 1] as number;
    }
    sorted[at] = name;
    placesOfSorted[at] = place;
  }
  sorted.length = count;
  return sorted;
}

function map(entries: Fields, schema: Schema): Fields {
  let changed: Fields | undefined;
  let inOrder = true;
  let last = '';
  for (const key in entries) {
    if (key < last) inOrder = false;
    last = key;
    const entry = entries[key];
    const next = ordered(entry, schema);
    if (next === entry) continue;
    changed ??= { ...entries };
    setOwn(changed, key, next);
  }
  const result = changed ?? entries;
  return inOrder ? result : rebuilt(result, Object.keys(result).sort());
}

function rebuilt(from: Fields, names: readonly string[]): Fields {
  const result: Fields = {};
  for (const name of names) setOwn(result, name, from[name]);
  return result;
}

const known = new WeakMap<Schema, Record<string, number>>();

/** The generated schemas have their fields in the order of the Go type. */
function placesOf(schema: Schema, properties: Record<string, Schema>): Record<string, number> {
  let places = known.get(schema);
  if (places === undefined) {
    places = Object.create(null) as Record<string, number>;
    for (const name of Object.keys(properties)) places[name] = Object.keys(places).length;
    known.set(schema, places);
  }
  return places;
}
