import type { Schema } from '../../schema/schema.ts';
import { escapeName, isKeyword } from '../value.ts';
import * as types from './cel-type.ts';
import { type CelType, dyn, listOf, mapOf, struct } from './cel-type.ts';

/**
 * The CEL type of values of a schema (k8s.io/apiserver cel/common/schemas.go, cel/types.go
 * MaybeAssignTypeName). Undefined: none can be given, a field of it does not exist for expressions.
 *
 * @param name of the type; those below it are called by the way to them
 * @param own types have the names of their schemas, and what may be anything is dyn
 */
export function celTypeOf(schema: Schema, name: string, own = false): CelType | undefined {
  if (schema.intOrString === true) return dyn;
  switch (schema.type) {
    case 'array': {
      const item = schema.items && within(schema.items, `${name}.@idx`, own);
      return item && listOf(item);
    }
    case 'object':
      return schema.additional === undefined
        ? structOf(schema, own ? (schema.name ?? name) : name, own)
        : mapOfValues(schema.additional, name, own);
    case 'string':
      return ofText(schema.format);
    case 'boolean':
      return types.bool;
    case 'number':
      return types.double;
    case 'integer':
      return types.int;
    case 'any':
      return own ? dyn : undefined;
  }
}

/** Of something below a schema that is not a built-in type's: whole objects have the fields of such. */
function within(schema: Schema, name: string, own: boolean): CelType | undefined {
  const seen = schema.embedded === true && !own ? withResourceFields(schema) : schema;
  return celTypeOf(seen, name, own);
}

const text: Schema = { type: 'string' };

/** What rules see of every whole object: apiVersion, kind and of metadata only the name. */
export function withResourceFields(schema: Schema): Schema {
  const { apiVersion, kind, metadata } = schema.properties ?? {};
  const named = metadata?.type === 'object' ? metadata.properties : undefined;
  const given = [apiVersion, kind, named?.['name'], named?.['generateName']];
  if (given.every((one) => one?.type === 'string')) return schema;
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: text,
      kind: text,
      metadata: { type: 'object', properties: { name: text, generateName: text } },
    },
  };
}

function mapOfValues(schema: Schema, name: string, own: boolean): CelType | undefined {
  const value = within(schema, `${name}.@elem`, own);
  return value && mapOf(types.string, value);
}

function ofText(format: string | undefined): CelType | undefined {
  switch (format) {
    case 'byte':
      return types.bytes;
    case 'duration':
      return types.duration;
    case 'date':
    case 'date-time':
    case 'micro-time':
      return types.timestamp;
    // text or a number in OpenAPI: no type
    case 'quantity':
      return undefined;
    default:
      return types.string;
  }
}

/** A field whose name is a word of the language may be named by that as well. */
const isNamed = (name: string, field: string): boolean =>
  escapeName(name) === field || (name === field && isKeyword(name));

/** Fields are looked at when they are named: types may hold themselves. */
function structOf({ properties = {} }: Schema, name: string, own: boolean): CelType {
  const known = new Map<string, CelType | undefined>();
  return struct(name, (field) => {
    if (!known.has(field)) {
      const found = Object.keys(properties).find((one) => isNamed(one, field));
      const schema = found === undefined ? undefined : properties[found];
      known.set(field, schema && within(schema, `${name}.${field}`, own));
    }
    return known.get(field);
  });
}

/** Types made from schemas have a name of their own each time: upstream appends its clock's nanoseconds. */
export function uniqueName(kind: string): string {
  return `${kind}${process.hrtime.bigint() % 1_000_000_000n}`;
}
