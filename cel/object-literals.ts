import { showDuration, showTimestamp } from './run/times.ts';
import { Duration, entriesOf, isMap, Timestamp, Uint } from './run/values.ts';

/**
 * Literals of types, `Object.spec{replicas: 3}` and `JSONPatch{op: "add", …}`: the parser knows no such
 * thing, so they are rewritten into calls (k8s.io/apiserver cel/mutation).
 */

/** A value of `Object` or of a type below it. */
export class ObjectLiteral {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(type: string, fields: Readonly<Record<string, unknown>>) {
    this.type = type;
    this.fields = fields;
  }
}

/** `Object` itself. */
export class RootLiteral extends ObjectLiteral {}

export class JsonPatchLiteral {
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(fields: Readonly<Record<string, unknown>>) {
    this.fields = fields;
  }
}

const patchFields = ['op', 'path', 'from', 'value'];

/** A value of one of the types. Throws where its fields do not fit. */
export function makeLiteral(type: string, fields: Readonly<Record<string, unknown>>): unknown {
  if (type === 'Object') return new RootLiteral(type, fields);
  if (type !== 'JSONPatch') return new ObjectLiteral(type, fields);
  const unknown = Object.keys(fields).find((field) => !patchFields.includes(field));
  if (unknown !== undefined) throw new Error(`unexpected JSONPatchType field: ${unknown}`);
  for (const field of ['op', 'path', 'from']) {
    const value = fields[field];
    if (value !== undefined && typeof value !== 'string') {
      throw new Error(`unexpected type ${goType(value)} for JSONPatchType '${field}' field`);
    }
  }
  return new JsonPatchLiteral(fields);
}

/** As Go names the type of a value. */
function goType(value: unknown): string {
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (value === null) return 'structpb.NullValue';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** JSON of a value; throws what cannot be said in JSON. */
export function jsonOf(value: unknown): unknown {
  if (value instanceof ObjectLiteral) return jsonOf(value.fields);
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Timestamp) return showTimestamp(value);
  if (value instanceof Duration) return showDuration(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  if (!isMap(value)) throw new Error('evaluated to a type that could not marshal to JSON');
  return Object.fromEntries(entriesOf(value).map(([name, field]) => [String(name), jsonOf(field)]));
}

/** A literal below another is of the type that its field is called by; undefined: all are. */
export function typeMismatch(value: unknown, expected: string): string | undefined {
  if (Array.isArray(value)) return firstOf(value, (item) => typeMismatch(item, expected));
  if (value instanceof ObjectLiteral) {
    if (value.type !== expected) {
      return `unexpected type name ${JSON.stringify(value.type)}, expected ${JSON.stringify(expected)}, which matches field name path from root Object type`;
    }
    return firstOf(Object.entries(value.fields), ([name, field]) =>
      typeMismatch(field, `${expected}.${name}`),
    );
  }
  return undefined;
}

function firstOf<T>(list: readonly T[], find: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
