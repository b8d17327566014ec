import type { Schema } from '../schema/schema.ts';
import { reserved } from './check/literals.ts';
import { UnorderedList } from './run/unordered.ts';
import { formatted, missed } from './formatted.ts';

/**
 * JSON values as CEL sees them by their schema: integers become CEL ints (bigint), names that are
 * CEL keywords or no identifiers are escaped (apiextensions-apiserver cel/model/schemas.go), the
 * formats date-time, duration and byte become their own types. What cannot be read stands there as
 * a property that throws: the expressions that look at it fail, others do not.
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

/**
 * `schema` undefined: the value's own shape decides. The value given is not changed.
 * @throws Error a value that is none of its type, a text that is none of its format (formatted.ts)
 */
export function toCel(value: unknown, schema: Schema | undefined): unknown {
  if (value === null || value === undefined) return null;
  const wanted = schema === undefined ? undefined : missed(value, schema);
  if (wanted !== undefined) throw new Error(`invalid data, expected ${wanted}`);
  if (typeof value === 'number') return fromNumber(value, schema);
  if (typeof value === 'bigint') return schema?.type === 'number' ? Number(value) : value;
  if (typeof value === 'string') return formatted(value, schema?.format);
  if (Array.isArray(value)) return fromList(value, schema);
  if (typeof value === 'object') return fromObject(value as Record<string, unknown>, schema);
  return value;
}

function fromNumber(value: number, schema: Schema | undefined): unknown {
  if (schema?.type === 'number') return value;
  return Number.isSafeInteger(value) ? BigInt(value) : value;
}

function fromList(value: readonly unknown[], schema: Schema | undefined): unknown[] {
  const list: unknown[] = [];
  value.forEach((item, index) => {
    put(list as unknown as Places, index, item, schema?.items);
  });
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
    if (known === undefined) put(out, name, field, schema?.additional);
    else {
      const escaped = escapeName(name);
      if (escaped !== undefined && field !== null) put(out, escaped, field, known);
    }
  }
  return out;
}

type Places = Record<string | number, unknown>;

function put(
  into: Places,
  name: string | number,
  value: unknown,
  schema: Schema | undefined,
): void {
  try {
    into[name] = toCel(value, schema);
  } catch (error) {
    const get = (): never => {
      throw error;
    };
    Object.defineProperty(into, name, { get, enumerable: true, configurable: true });
  }
}
