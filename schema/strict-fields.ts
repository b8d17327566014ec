import { goQuote } from '../object/go-format.ts';
import type { Schema } from './schema.ts';

/**
 * What Go's strict JSON decoder (sigs.k8s.io/json) complains of, as it meets it: fields given twice
 * and fields nobody knows. Slow; for bodies already known to have a field twice.
 */

/** Complaints reported at most, as upstream. */
const maxComplaints = 100;

interface Reader {
  text: string;
  at: number;
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

function space(reader: Reader): string {
  for (;;) {
    const c = reader.text.charAt(reader.at);
    if (c !== ' ' && c !== '\n' && c !== '\r' && c !== '\t') return c;
    reader.at += 1;
  }
}

/** Undefined: nobody looks inside. */
function value(reader: Reader, schema: Schema | undefined): void {
  const c = space(reader);
  if (c === '{') object(reader, schema);
  else if (c === '[') list(reader, schema);
  else if (c === '"') string(reader);
  else while (!/^[,\]}\s]?$/.test(reader.text.charAt(reader.at))) reader.at += 1;
}

function string(reader: Reader): string {
  const start = reader.at;
  for (reader.at += 1; reader.text.charAt(reader.at) !== '"'; reader.at += 1) {
    if (reader.text.charAt(reader.at) === '\\') reader.at += 1;
  }
  reader.at += 1;
  return JSON.parse(reader.text.slice(start, reader.at)) as string;
}

function object(reader: Reader, schema: Schema | undefined): void {
  const seen = new Set<string>();
  const { path } = reader;
  reader.at += 1;
  while (space(reader) !== '}') {
    const key = string(reader);
    const field = fieldOf(schema, key);
    if (field === 'unknown') complain(reader, 'unknown', key);
    else if (field !== undefined && seen.has(key)) complain(reader, 'duplicate', key);
    seen.add(key);
    space(reader);
    reader.at += 1;
    reader.path = path === '' ? key : `${path}.${key}`;
    value(reader, field === 'unknown' ? undefined : field);
    reader.path = path;
    if (space(reader) === ',') reader.at += 1;
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
  for (let i = 0; space(reader) !== ']'; i++) {
    reader.path = `${path}[${i}]`;
    value(reader, items);
    if (space(reader) === ',') reader.at += 1;
  }
  reader.path = path;
  reader.at += 1;
}
