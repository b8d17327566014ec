import { setOwn } from '../object/copy.ts';
import { type JsonReader, readString, skipSpace, skipValue } from './json-reader.ts';
import type { Schema } from './schema.ts';

/**
 * What Go's decoder leaves of JSON in which fields stand more than once: it decodes the second value
 * into the first, so structs and maps are merged, lists element by element, and the last scalar
 * counts. The values of a map, and what may be anything, begin anew. Source: encoding/json's decoder.
 */

interface Reader extends JsonReader {
  /** A value's text as the value. */
  parse(text: string): unknown;
  /** What a list had behind its end when it was longer: Go's slices keep it, and read into it again. */
  cut: Map<unknown, unknown[]>;
}

/** `text` must be JSON. */
export function mergeTwice(text: string, schema: Schema, parse: Reader['parse']): unknown {
  return value({ text, at: 0, parse, cut: new Map() }, schema, undefined, false);
}

/** Read into `old`; `held`: by what is no pointer. */
function value(reader: Reader, schema: Schema | undefined, old: unknown, held: boolean): unknown {
  const c = skipSpace(reader);
  if (c === '{' && schema !== undefined && hasFields(schema)) return object(reader, schema, old);
  if (c === '[' && schema?.items !== undefined) return list(reader, schema.items, old);
  const start = reader.at;
  skipValue(reader);
  const read = reader.parse(reader.text.slice(start, reader.at));
  const kept = read === null && old !== undefined && held && staysOverNull(schema);
  return kept ? old : read;
}

/** Types that read themselves take the last value. */
function hasFields({ preserveUnknown, properties, additional }: Schema): boolean {
  return preserveUnknown !== true && (properties !== undefined || additional !== undefined);
}

function object(reader: Reader, schema: Schema, old: unknown): unknown {
  const fields = isObject(old) ? old : {};
  const { properties, additional } = schema;
  reader.at += 1;
  while (skipSpace(reader) !== '}') {
    const key = readString(reader);
    skipSpace(reader);
    reader.at += 1;
    const known = properties !== undefined && Object.hasOwn(properties, key);
    const field = known ? properties[key] : additional;
    const before = known && Object.hasOwn(fields, key) ? fields[key] : undefined;
    setOwn(fields, key, value(reader, field, before, isHeld(field)));
    if (skipSpace(reader) === ',') reader.at += 1;
  }
  reader.at += 1;
  return fields;
}

/** As many as the last list has. */
function list(reader: Reader, items: Schema, old: unknown): unknown[] {
  const before: unknown[] = Array.isArray(old) ? [...old, ...(reader.cut.get(old) ?? [])] : [];
  const elements: unknown[] = [];
  reader.at += 1;
  while (skipSpace(reader) !== ']') {
    elements.push(value(reader, items, before[elements.length], true));
    if (skipSpace(reader) === ',') reader.at += 1;
  }
  reader.at += 1;
  if (elements.length > 0) reader.cut.set(elements, before.slice(elements.length));
  return elements;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A pointer's field is left out while it is nil, whatever is in it. */
function isHeld(schema: Schema | undefined): boolean {
  return schema?.omitEmpty === true || schema?.zero !== undefined;
}

/** null leaves a struct and a scalar as they are; maps, lists, times and quantities read it as their zero. */
function staysOverNull(schema: Schema | undefined): boolean {
  if (schema === undefined) return false;
  if (schema.properties !== undefined) return true;
  const plain = schema.format === undefined || /^(?:int|float|double)/.test(schema.format);
  return plain && /^(?:string|integer|number|boolean)$/.test(schema.type);
}
