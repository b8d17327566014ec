import type { Schema } from '../schema/schema.ts';
import { durationOfWords } from '../object/format-duration.ts';
import { durationOf, timestampFrom, timestampOf } from './run/times.ts';
import { Duration } from './run/values.ts';

/**
 * Texts whose format makes another type of them, as k8s.io/apiserver cel/common/valuesunstructured.go
 * reads them. What a schema lets pass as date-time or byte is not always read: the rules that look
 * at it fail then.
 *
 * @throws Error in upstream's words
 */
export function formatted(text: string, format: string | undefined): unknown {
  switch (format) {
    case 'date-time':
      return dateTime(text);
    case 'date': {
      const date = new Date(text);
      return Number.isNaN(date.getTime()) ? text : timestampFrom(date);
    }
    case 'duration':
      return duration(text);
    case 'byte':
      return bytes(text);
    default:
      return text;
  }
}

function dateTime(text: string): unknown {
  try {
    if (!/[tz]/.test(text)) return timestampOf(text);
  } catch {
    // upstream tells of the last of its layouts, which has no zone
  }
  const why = /^.{10}T/.test(text)
    ? `: extra text: ${JSON.stringify(text.replace(/^.{19}([.,]\d+)?/, ''))}`
    : ` as "2006-01-02T15:04:05": cannot parse ${JSON.stringify(text.slice(10))} as "T"`;
  throw new Error(
    `Invalid date-time formatted string ${text}: parsing time ${JSON.stringify(text)}${why}`,
  );
}

function duration(text: string): Duration {
  try {
    return durationOf(text);
  } catch {
    const nanoseconds = durationOfWords(text);
    if (nanoseconds !== undefined) return new Duration(nanoseconds);
    throw new Error(`Invalid duration ${text}: unable to parse ${text} as duration`);
  }
}

/** The format has the standard alphabet, but it is read in that of URLs. */
function bytes(text: string): Uint8Array {
  const foreign = text.search(/[+/]/);
  if (foreign < 0) return new Uint8Array(Buffer.from(text, 'base64url'));
  const why = `illegal base64 data at input byte ${foreign}`;
  throw new Error(`Invalid byte formatted string ${text}: ${why}`);
}

/** What should stand where a value of another type does, in upstream's words. */
export function missed(value: unknown, { type, intOrString }: Schema): string | undefined {
  const kind = kindOf(value);
  if (type === kind || (type === 'integer' && kind === 'number')) return undefined;
  switch (type) {
    case 'object':
      return 'a map for the provided schema with type=object';
    case 'array':
      return 'an array for the provided schema with type=array';
    case 'any': {
      const fits = intOrString !== true || kind === 'string' || kind === 'number';
      return fits ? undefined : 'XIntOrString value to be either a string or integer';
    }
    default:
      return `${names[type]}, got ${goType(value, kind)}`;
  }
}

type Kind = 'object' | 'array' | 'string' | 'number' | 'boolean';

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'bigint' ? 'number' : (typeof value as Kind);
}

const names = { string: 'string', number: 'float', integer: 'int', boolean: 'bool' };

function goType(value: unknown, kind: Kind): string {
  switch (kind) {
    case 'object':
      return 'map[string]interface {}';
    case 'array':
      return '[]interface {}';
    case 'number':
      return Number.isInteger(Number(value)) ? 'int64' : 'float64';
    default:
      return kind === 'boolean' ? 'bool' : kind;
  }
}
