import { floatOf, isNumber, writtenText } from '../object/json.ts';
import { setOwn } from '../object/copy.ts';
import { badRequest } from '../object/status-error.ts';
import { builtInSchema } from './built-in.ts';
import { conversionError, goStructName, goTypeName, goValueName } from './go-type.ts';
import { canonicalBase64, canonicalDateTime, canonicalMicroTime } from './scalars.ts';
import { canonicalQuantityText, ScalarError } from './scalars.ts';
import type { Schema } from './schema.ts';

/** Unknown fields reported at most, as upstream. */
const maxUnknown = 100;

/** A body's kind and version, for the refusal's text. */
export interface BodyKind {
  kind: string;
  version: string;
}

interface Walk {
  /** Field names down to here, as errors join them; list positions and map keys are not in it. */
  fields: string[];
  /** The same with positions and keys, for unknown fields. */
  path: (string | number)[];
  struct: Schema;
  unknown: string[];
  /** Inside types that upstream decodes by themselves, strictness ends. */
  lenient: number;
  /** The first wrong type; decoding goes on behind it, as upstream's does. */
  wrong: string | undefined;
  words: Words;
}

/** Whose words tell of a wrong type: of Go's JSON decoder, or of what makes types of maps. */
export type Words = 'json' | 'conversion';

/** A value that upstream's own unmarshallers refuse ends decoding at once. */
class Unreadable extends Error {}

/**
 * Brings a body into the form in which upstream's typed objects would be written again: unknown
 * fields, nulls and what Go's omitempty leaves out are dropped, times, quantities and base64 are
 * canonical. Changes `object`; returns the paths of the unknown fields, in order. Throws a 400 where
 * a value has the wrong type.
 */
export function normalise(object: object, schema: Schema, body: BodyKind): string[] {
  const { unknown, wrong } = canonical(object, schema);
  if (wrong === undefined) return unknown;
  throw badRequest(
    `${body.kind} in version ${JSON.stringify(body.version)} cannot be handled as a ${body.kind}: ${wrong}`,
  );
}

/** As {@link normalise}; `wrong` says what value has the wrong type. */
export function canonical(
  object: object,
  schema: Schema,
  words: Words = 'json',
): { unknown: string[]; wrong: string | undefined } {
  const walk: Walk = {
    fields: [],
    path: [],
    struct: schema,
    unknown: [],
    lenient: 0,
    wrong: undefined,
    words,
  };
  try {
    struct(walk, object as Record<string, unknown>, schema);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    walk.wrong = error.message;
  }
  return { unknown: walk.unknown, wrong: walk.wrong };
}

function struct(walk: Walk, object: Record<string, unknown>, schema: Schema): void {
  const properties = schema.properties ?? {};
  const outer = walk.struct;
  walk.struct = schema;
  for (const key in object) {
    const field = properties[key];
    if (field === undefined) {
      report(walk, key);
      delete object[key];
      continue;
    }
    const value = object[key];
    if (value === null) {
      delete object[key];
      continue;
    }
    walk.fields.push(key);
    walk.path.push(key);
    const next = typed(walk, value, field);
    walk.fields.pop();
    walk.path.pop();
    if (next === undefined || (field.omitEmpty === true && isEmpty(next))) delete object[key];
    else if (next !== value) object[key] = next;
  }
  walk.struct = outer;
}

/** Empty as Go's omitempty means it. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object') return value === '' || value === 0 || value === false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

/** The value as it is kept; undefined when it has the wrong type (noted in the walk). */
function typed(walk: Walk, value: unknown, schema: Schema): unknown {
  switch (schema.type) {
    case 'string':
      if (schema.format === undefined && typeof value === 'string') return value;
      return text(walk, value, schema);
    case 'integer':
      return integer(walk, value, schema);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType(walk, value, schema);
    case 'number':
      return isNumber(value) ? Number(value) : float(walk, value, schema);
    case 'array':
      return list(walk, value, schema);
    case 'object':
      return object(walk, value, schema);
    default:
      return schema.intOrString === true
        ? intOrString(walk, value)
        : ownDecoding(walk, value, schema);
  }
}

function object(walk: Walk, value: unknown, schema: Schema): unknown {
  if (schema.preserveUnknown === true) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrongType(walk, value, schema);
  }
  if (schema.properties !== undefined) {
    struct(walk, value as Record<string, unknown>, schema);
    return value;
  }
  const items = schema.additional;
  if (items === undefined) return value;
  const map = value as Record<string, unknown>;
  for (const key in map) {
    walk.path.push(key);
    const next = element(walk, map[key], items);
    walk.path.pop();
    if (next !== map[key]) setOwn(map, key, next);
  }
  return value;
}

function list(walk: Walk, value: unknown, schema: Schema): unknown {
  if (!Array.isArray(value)) return wrongType(walk, value, schema);
  const items = schema.items;
  if (items === undefined) return value;
  for (let i = 0; i < value.length; i++) {
    walk.path.push(i);
    const next = element(walk, value[i], items);
    walk.path.pop();
    if (next !== value[i]) value[i] = next;
  }
  return value;
}

/** In a list or map null is the zero value, and a value of the wrong type leaves one too. */
function element(walk: Walk, value: unknown, schema: Schema): unknown {
  if (value === null) return zeroElement(schema);
  return typed(walk, value, schema) ?? zeroElement(schema);
}

function zeroElement(schema: Schema): unknown {
  if (schema.properties !== undefined) return {};
  if (schema.type === 'array' || schema.type === 'object' || schema.type === 'any') {
    return schema.intOrString === true ? 0 : null;
  }
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return 0;
  if (schema.format === 'quantity') return '0';
  return schema.format === undefined ? '' : null;
}

function text(walk: Walk, value: unknown, schema: Schema): unknown {
  const { format } = schema;
  try {
    if (format === 'quantity') return quantity(value);
    if (typeof value !== 'string') return wrongType(walk, value, schema);
    if (format === 'byte') return canonicalBase64(value);
    if (format === 'date-time') return canonicalDateTime(value);
    if (format === 'micro-time') return canonicalMicroTime(value);
    return value;
  } catch (error) {
    if (!(error instanceof ScalarError)) throw error;
    if (format !== 'byte') throw new Unreadable(error.message);
    const decoding = walk.words === 'conversion' ? 'error decoding from json: ' : '';
    walk.wrong ??= `${decoding}${error.message}`;
    return undefined;
  }
}

function quantity(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return canonicalQuantityText(value);
  return canonicalQuantityText(writtenText(value));
}

function float(walk: Walk, value: unknown, schema: Schema): unknown {
  const near = typeof value === 'symbol' ? floatOf(value) : Number.NaN;
  return Number.isFinite(near) ? near : wrongType(walk, value, schema);
}

function integer(walk: Walk, value: unknown, schema: Schema): unknown {
  if (!isNumber(value)) return wrongType(walk, value, schema);
  const near = Number(value);
  const fits =
    schema.format === 'int32' ? (near | 0) === value : Number.isInteger(near) && value < 2 ** 63;
  return fits ? value : wrongType(walk, value, schema, `number ${value}`);
}

function intOrString(walk: Walk, value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && (value | 0) === value) return value;
  const shown = isNumber(value) ? `number ${value}` : shownValue(value, 'integer');
  throw new Unreadable(typeError(walk, shown, 'int32'));
}

/**
 * apiextensions' JSON, and its schemas that may also be a boolean, a list or a list of strings. They are
 * read by a decoder of their own, and what is wrong in them ends decoding, whatever was wrong before.
 */
function ownDecoding(walk: Walk, value: unknown, schema: Schema): unknown {
  if (schema.name?.includes('.JSONSchemaPropsOr') !== true) return value;
  const props = builtInSchema(schema.name.slice(0, schema.name.lastIndexOf('Or')));
  const { wrong, words, fields } = walk;
  walk.wrong = undefined;
  if (words === 'conversion') Object.assign(walk, { words: 'json', fields: [] });
  walk.lenient++;
  for (const one of Array.isArray(value) ? value : [value]) {
    if (typeof one === 'object' && one !== null) typed(walk, one, props);
  }
  walk.lenient--;
  if (walk.wrong !== undefined) throw new Unreadable(walk.wrong);
  Object.assign(walk, { wrong, words, fields });
  return value;
}

function wrongType(walk: Walk, value: unknown, schema: Schema, shown?: string): undefined {
  const own = schema.format === 'date-time' || schema.format === 'micro-time';
  if (walk.words === 'conversion' && !own) {
    walk.wrong ??= conversionError(value, schema);
    return undefined;
  }
  const what = shown ?? shownValue(value, schema.type);
  const message = typeError(walk, what, own ? 'string' : goTypeName(schema));
  if (own) throw new Unreadable(message);
  walk.wrong ??= message;
  return undefined;
}

/** Of a number that does not fit a field of numbers its text is shown. */
function shownValue(value: unknown, type: Schema['type']): string {
  const numeric = type === 'integer' || type === 'number';
  return typeof value === 'symbol' && numeric ? `number ${value.description}` : goValueName(value);
}

/** `value` is a type's own decoder's, or the decoder's of its struct. */
function typeError(walk: Walk, value: string, type: string): string {
  if (walk.words === 'conversion') {
    return `json: cannot unmarshal ${value} into Go value of type ${type}`;
  }
  const where = `${goStructName(walk.struct)}.${walk.fields.join('.')}`;
  return `json: cannot unmarshal ${value} into Go struct field ${where} of type ${type}`;
}

function report(walk: Walk, key: string): void {
  if (walk.lenient > 0 || walk.unknown.length >= maxUnknown) return;
  let path = '';
  for (const part of [...walk.path, key]) {
    if (typeof part === 'number') path += `[${part}]`;
    else path += path === '' ? part : `.${part}`;
  }
  if (!walk.unknown.includes(path)) walk.unknown.push(path);
}
