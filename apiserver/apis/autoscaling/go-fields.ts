import { parseQuantity } from '../../../object/quantity.ts';
import type { Plain } from '../plain.ts';

/**
 * Values of an annotation that a person may have written, as `encoding/json` reads them into a struct:
 * names in any case, null for nothing, and an error for what is of another type.
 */

/** A field of an object; undefined when it is absent or null. */
export function goField(object: Plain, name: string): unknown {
  const exact: unknown = object[name];
  if (exact !== undefined) return exact ?? undefined;
  const wanted = name.toLowerCase();
  const key = Object.keys(object).find((other) => other.toLowerCase() === wanted);
  return key === undefined ? undefined : (object[key] ?? undefined);
}

export function goText(object: Plain, name: string): string | undefined {
  const value = goField(object, name);
  if (value !== undefined && typeof value !== 'string') throw wrong(name);
  return value;
}

export function goInt32(object: Plain, name: string): number | undefined {
  const value = goField(object, name);
  if (value !== undefined && (typeof value !== 'number' || (value | 0) !== value)) {
    throw wrong(name);
  }
  return value as number | undefined;
}

export function goQuantity(object: Plain, name: string): string | undefined {
  const value = goField(object, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') throw wrong(name);
  const text = String(value);
  parseQuantity(text);
  return text;
}

export function goStruct(object: Plain, name: string): Plain | undefined {
  const value = goField(object, name);
  if (value !== undefined && (typeof value !== 'object' || Array.isArray(value))) throw wrong(name);
  return value as Plain | undefined;
}

/** Of structs; undefined when it is absent or null. */
export function goList(value: unknown): Plain[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrong('list');
  return value.map((item: unknown) => {
    if (item !== null && (typeof item !== 'object' || Array.isArray(item))) throw wrong('item');
    return (item ?? {}) as Plain;
  });
}

function wrong(name: string): Error {
  return new TypeError(`${name} is of another type`);
}
