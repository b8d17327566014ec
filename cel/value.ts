import type { Schema } from '../schema/schema.ts';
import { reserved } from './check/literals.ts';
import { UnorderedList } from './run/unordered.ts';
import { durationOf, timestampFrom, timestampOf } from './run/times.ts';

/**
 * JSON values as CEL sees them by their schema: integers become CEL ints (bigint), names that are
 * CEL keywords or no identifiers are escaped (apiextensions-apiserver cel/model/schemas.go), the
 * formats date-time, duration and byte become their own types.
 */

const escaped: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in', ...reserved]);

export const isKeyword = (name: string): boolean => escaped.has(name);

/** The name a field has in an expression; undefined when it cannot be named at all. */
export function escapeName(name: string): string | undefined {
  if (escaped.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_$./-][A-Za-z0-9_$./-]*$/.test(name)) return undefined;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** `schema` undefined: the value's own shape decides. The value given is not changed. */
export function toCel(value: unknown, schema: Schema | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return fromNumber(value, schema);
  if (typeof value === 'bigint') return schema?.type === 'number' ? Number(value) : value;
  if (typeof value === 'string') return fromString(value, schema);
  if (Array.isArray(value)) return fromList(value, schema);
  if (typeof value === 'object') return fromObject(value as Record<string, unknown>, schema);
  return value;
}

function fromNumber(value: number, schema: Schema | undefined): unknown {
  if (schema?.type === 'number') return value;
  return Number.isSafeInteger(value) ? BigInt(value) : value;
}

function fromString(value: string, schema: Schema | undefined): unknown {
  switch (schema?.format) {
    case 'date-time':
    case 'date': {
      const date = new Date(value);
      if (Number.isNaN(date.getTime())) return value;
      return schema.format === 'date' ? timestampFrom(date) : timestampOf(value);
    }
    case 'duration':
      return durationOf(value);
    case 'byte':
      return new Uint8Array(Buffer.from(value, 'base64'));
    default:
      return value;
  }
}

function fromList(value: readonly unknown[], schema: Schema | undefined): unknown[] {
  const list = value.map((item) => toCel(item, schema?.items));
  switch (schema?.listType) {
    case 'set':
      return UnorderedList.made(list, undefined);
    case 'map':
      return UnorderedList.made(
        list,
        (schema.listMapKeys ?? []).map((key) => escapeName(key) ?? key),
      );
    default:
      return list;
  }
}

function fromObject(
  value: Record<string, unknown>,
  schema: Schema | undefined,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const properties = schema?.properties;
  for (const [name, field] of Object.entries(value)) {
    const known = properties === undefined ? undefined : properties[name];
    if (known === undefined) out[name] = toCel(field, schema?.additional);
    else {
      const escaped = escapeName(name);
      if (escaped !== undefined && field !== null) out[escaped] = toCel(field, known);
    }
  }
  return out;
}
