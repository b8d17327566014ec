import type { Schema } from '../../schema/schema.ts';
import { withResourceFields } from '../check/schema-type.ts';
import { escapeName } from '../value.ts';

/**
 * How large values of a schema can be (k8s.io/apiserver cel/common/schemas.go, cel/limits.go): what the
 * schema says, and otherwise what fits a request.
 */
export interface Bounds {
  /** Elements, entries, letters or bytes at most; 0 for what has no size. */
  readonly most: number;
  /** Bytes of JSON at least. */
  readonly bytes: number;
  /** By the names that expressions call them. */
  readonly fields?: ReadonlyMap<string, Bounds>;
  readonly key?: Bounds;
  /** Of a list or map. */
  readonly element?: Bounds;
  /** Of a map whose keys are written as names of fields. */
  readonly named?: Bounds;
}

const requestBytes = 3 * 1024 * 1024;
const emptyBytes = 2;
/** Of a text without bound: what a request holds, less its quotes. */
const textMost = requestBytes - 2;
const timeMost = 32;
const dateMost = 12;

export const text: Bounds = { most: 0, bytes: emptyBytes };

/** How often a value can be in one request at most. */
export function repeats({ bytes }: Bounds): bigint {
  return BigInt(Math.floor(requestBytes / (bytes + 1)));
}

/** Undefined: expressions do not see values of this schema. */
export function boundsOf(schema: Schema): Bounds | undefined {
  const { rules = {} } = schema;
  if (schema.intOrString === true) {
    return { most: lettersMost(rules.maxLength) ?? textMost, bytes: 1 };
  }
  switch (schema.type) {
    case 'array': {
      const element = schema.items && below(schema.items);
      if (element === undefined) return undefined;
      const fitting = Math.floor((requestBytes - emptyBytes) / (element.bytes + 1));
      return { most: notNegative(rules.maxItems) ?? fitting, bytes: emptyBytes, element };
    }
    case 'object':
      return schema.additional === undefined
        ? ofFields(schema)
        : ofMap(below(schema.additional), rules.maxProperties);
    case 'string':
      return ofText(schema);
    case 'boolean':
      return { most: 0, bytes: 4 };
    case 'number':
    case 'integer':
      return { most: 0, bytes: 1 };
    case 'any':
      return undefined;
  }
}

const below = (schema: Schema): Bounds | undefined =>
  boundsOf(schema.embedded === true ? withResourceFields(schema) : schema);

function notNegative(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.max(0, value);
}

/** In bytes: a letter has four at most. */
function lettersMost(maxLength: number | undefined): number | undefined {
  return maxLength === undefined ? undefined : Math.max(0, maxLength) * 4;
}

function ofMap(element: Bounds | undefined, maxProperties: number | undefined): Bounds | undefined {
  if (element === undefined) return undefined;
  // a key of two letters with its quotes, colon and comma
  const fitting = Math.floor((requestBytes - emptyBytes) / (element.bytes + 6));
  return { most: notNegative(maxProperties) ?? fitting, bytes: emptyBytes, key: text, element };
}

function ofFields({ properties = {}, required = [] }: Schema): Bounds {
  const fields = new Map<string, Bounds>();
  let bytes = emptyBytes;
  for (const [name, schema] of Object.entries(properties)) {
    const bounds = below(schema);
    if (bounds === undefined) continue;
    const called = escapeName(name);
    if (called !== undefined) fields.set(called, bounds);
    // what has a default need not be sent
    if (required.includes(name) && schema.default === undefined) {
      bytes += Buffer.byteLength(name) + bounds.bytes + 4;
    }
  }
  return { most: 0, bytes, fields };
}

function ofText({ format, enum: allowed = [], rules: { maxLength } = {} }: Schema): Bounds {
  switch (format) {
    case 'byte':
      return { most: notNegative(maxLength) ?? textMost, bytes: emptyBytes };
    case 'duration':
      return { most: timeMost, bytes: 3 };
    case 'date':
      return { most: dateMost, bytes: dateMost };
    case 'date-time':
      return { most: timeMost, bytes: 21 };
    default:
  }
  const longest = allowed.reduce(
    (most: number, one) =>
      typeof one === 'string' ? Math.max(most, Buffer.byteLength(one)) : most,
    0,
  );
  const most = lettersMost(maxLength) ?? (allowed.length > 0 ? longest : textMost);
  return { most, bytes: emptyBytes };
}

/** At the end of a way; undefined: it leads to nothing that is known. */
export function boundsAt(root: Bounds, steps: readonly string[]): Bounds | undefined {
  let at: Bounds | undefined = root;
  for (const step of steps) {
    if (at === undefined) return undefined;
    if (step === '@items' || step === '@values') at = at.element;
    else if (step === '@keys') at = at.key;
    else at = at.fields?.get(step) ?? at.named;
  }
  return at;
}
