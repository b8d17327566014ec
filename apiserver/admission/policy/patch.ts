import {
  JsonPatchLiteral,
  jsonOf,
  ObjectLiteral,
  RootLiteral,
  typeMismatch,
} from '../../../cel/object-literals.ts';
import { deepCopy } from '../../../object/copy.ts';
import { applyJsonPatch, checkJsonPatch } from '../../../object/json-patch.ts';
import { mergeObjects } from '../../../object/managed-fields/merge.ts';
import { fieldSchema, shapeOf } from '../../../object/managed-fields/shape.ts';
import { typeErrors } from '../../../object/managed-fields/to-set.ts';
import { type KubeObject, parseApiVersion } from '../../../object/object.ts';
import { internalError } from '../../../object/status-error.ts';
import { normalise } from '../../../schema/decode.ts';
import type { Schema } from '../../../schema/schema.ts';

/** What the expression of a mutation gave becomes a new object (policy/mutating/patch). Throws why not. */
export type Patch = (value: unknown, object: KubeObject, schema: Schema) => KubeObject;

export const applyConfiguration: Patch = (value, object, schema) => {
  if (!(value instanceof RootLiteral)) {
    throw new Error('unsupported return type from ApplyConfiguration expression');
  }
  const mismatch = typeMismatch(value, 'Object');
  if (mismatch !== undefined) throw new Error(`type mismatch: ${mismatch}`);
  const { apiVersion, kind } = object;
  const config = { ...(jsonOf(value) as object), apiVersion, kind };
  const errors = typeErrors(config, schema);
  if (errors.length > 0) {
    throw new Error(
      `error applying patch: failed to convert patch object to typed object: ${errors.join(', ')}`,
    );
  }
  const whole = atomics(config, schema, '');
  if (whole.length > 0) {
    throw new Error(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${whole.join(', ')}`,
    );
  }
  return mergeObjects(object, config, schema) as KubeObject;
};

/** Values that can only be replaced as a whole: what is in them would be lost. */
function atomics(value: unknown, schema: Schema | undefined, path: string): string[] {
  if (schema === undefined || typeof value !== 'object' || value === null) return [];
  const found = shapeOf(schema, value) === 'leaf' ? [path] : [];
  if (Array.isArray(value)) {
    return value.reduce<string[]>(
      (all, item, i) => all.concat(atomics(item, schema.items, `${path}[${i}]`)),
      found,
    );
  }
  for (const [name, field] of Object.entries(value)) {
    if (schema.properties?.[name] === undefined) continue;
    found.push(...atomics(field, fieldSchema(schema, name), `${path}.${name}`));
  }
  return found;
}

export const jsonPatch: Patch = (value, object, schema) => {
  if (!Array.isArray(value)) {
    throw new Error('type mismatch: JSONPatchType.expression should evaluate to array');
  }
  const operations = value.map(operationOf);
  let next: KubeObject;
  try {
    next = applyJsonPatch(object, checkJsonPatch(operations));
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    // a test that fails is no error: the patch is not for this object
    if (why.endsWith(': test failed')) return object;
    throw new Error(`JSON Patch: ${why}`, { cause: error });
  }
  return schema.proto === undefined ? next : decoded(next, schema);
};

/** Objects of built-in types may have no other fields; throws a 500 that no failure policy ignores. */
function decoded(object: KubeObject, schema: Schema): KubeObject {
  const next = deepCopy(object);
  let unknown: string[];
  try {
    const { version = '' } = parseApiVersion(next.apiVersion) ?? {};
    unknown = normalise(next, schema, { kind: next.kind, version });
  } catch (error) {
    throw internalError((error as Error).message);
  }
  if (unknown.length === 0) return next;
  const complaints = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
  throw internalError(`strict decoding error: ${complaints.join(', ')}`);
}

function operationOf(item: unknown): object {
  if (!(item instanceof JsonPatchLiteral)) {
    throw new Error(
      'type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch',
    );
  }
  const { value } = item.fields;
  const mismatch = value instanceof ObjectLiteral ? typeMismatch(value, value.type) : undefined;
  if (mismatch !== undefined) throw new Error(`type mismatch: ${mismatch}`);
  try {
    return jsonOf(item.fields) as object;
  } catch (error) {
    throw new Error(`JSONPath valueExpression ${(error as Error).message}`, { cause: error });
  }
}
