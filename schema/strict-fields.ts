import { goQuote } from '../object/go-format.ts';
import { type JsonReader, readString, skipScalar, skipSpace } from './json-reader.ts';
import type { Schema } from './schema.ts';

/**
 * What Go's strict JSON decoder (sigs.k8s.io/json) complains of, as it meets it: fields given twice
 * and fields nobody knows. Slow; for bodies already known to have a field twice.
 */

/** Complaints reported at most, as upstream. */
const maxComplaints = 100;

interface Reader extends JsonReader {
  path: string;
  complaints: Set<string>;
}

/** The schema of a value that may be anything: it is looked through for fields given twice. */
export const anything: Schema = { type: 'any', name: 'interface {}' };

/** `text` must be JSON; each complaint once, in order. */
export function strictComplaints(text: string, schema: Schema): string[] {
  const reader: Reader = { text, at: 0, path: '', complaints: new Set() };
  value(reader, schema);
  return [...reader.complaints];
}

function complain(reader: Reader, what: 'unknown' | 'duplicate', key: string): void {
  if (reader.complaints.size >= maxComplaints) return;
  const path = reader.path === '' ? key : `${reader.path}.${key}`;
  reader.complaints.add(`${what} field ${goQuote(path)}`);
}

/** Undefined: nobody looks inside. */
function value(reader: Reader, schema: Schema | undefined): void {
  const c = skipSpace(reader);
  if (c === '{') object(reader, schema);
  else if (c === '[') list(reader, schema);
  else if (c === '"') readString(reader);
  else skipScalar(reader);
}

function object(reader: Reader, schema: Schema | undefined): void {
  const seen = new Set<string>();
  const { path } = reader;
  reader.at += 1;
  while (skipSpace(reader) !== '}') {
    const key = readString(reader);
    const field = fieldOf(schema, key);
    if (field === 'unknown') complain(reader, 'unknown', key);
    else if (field !== undefined && seen.has(key)) complain(reader, 'duplicate', key);
    seen.add(key);
    skipSpace(reader);
    reader.at += 1;
    reader.path = path === '' ? key : `${path}.${key}`;
    value(reader, field === 'unknown' ? undefined : field);
    reader.path = path;
    if (skipSpace(reader) === ',') reader.at += 1;
  }
  reader.at += 1;
}

/** Types that read themselves are not looked into. */
function fieldOf(schema: Schema | undefined, key: string): Schema | 'unknown' | undefined {
  if (schema === anything) return anything;
  if (schema === undefined || schema.preserveUnknown === true) return undefined;
  const { properties, additional } = schema;
  if (properties === undefined) return additional;
  return Object.hasOwn(properties, key) ? (properties[key] as Schema) : 'unknown';
}

function list(reader: Reader, schema: Schema | undefined): void {
  const items = schema === anything ? anything : schema?.items;
  const { path } = reader;
  reader.at += 1;
  for (let i = 0; skipSpace(reader) !== ']'; i++) {
    reader.path = `${path}[${i}]`;
    value(reader, items);
    if (skipSpace(reader) === ',') reader.at += 1;
  }
  reader.path = path;
  reader.at += 1;
}
