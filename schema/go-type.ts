import { isNumber, isWhole } from '../object/json.ts';
import type { Schema } from './schema.ts';

/** Go's name of the type behind a schema node, as decoding errors show it: `[]v1.Container`. */
export function goTypeName(schema: Schema): string {
  if (schema.goType !== undefined) return schema.goType;
  if (schema.name !== undefined) return shortName(schema.name);
  if (schema.type === 'array') return `[]${goTypeName(schema.items ?? schema)}`;
  if (schema.type === 'object') return `map[string]${goTypeName(schema.additional ?? schema)}`;
  if (schema.type === 'integer') return schema.format === 'int32' ? 'int32' : 'int64';
  if (schema.type === 'number') return 'float64';
  if (schema.type === 'boolean') return 'bool';
  return schema.format === 'byte' ? '[]uint8' : 'string';
}

/** `io.k8s.api.core.v1.PodSpec` is v1.PodSpec in Go. */
function shortName(definition: string): string {
  return definition.split('.').slice(-2).join('.');
}

/** The same without its package: how errors name the struct that holds a field. */
export function goStructName(schema: Schema): string {
  return schema.name?.slice(schema.name.lastIndexOf('.') + 1) ?? '';
}

/** What encoding/json calls a value in its errors. */
export function goValueName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  if (typeof value === 'bigint' || typeof value === 'symbol') return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What Go's reflection calls the kind of a value that came as JSON. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'boolean') return 'bool';
  if (isNumber(value)) return isWhole(value) ? 'int64' : 'float64';
  return typeof value === 'string' ? 'string' : 'map';
}

/** Why runtime.DefaultUnstructuredConverter cannot make a field's type of a value. */
export function conversionError(value: unknown, schema: Schema): string {
  const from = goKind(value);
  if (schema.type === 'array' || schema.format === 'byte')
    return `cannot restore slice from ${from}`;
  if (schema.type === 'object') {
    const struct = schema.properties !== undefined;
    return struct ? `cannot restore struct from: ${from}` : `cannot restore map from ${from}`;
  }
  // Go converts numbers to text and to each other, and refuses these two by another rule
  const number = schema.type === 'integer' || schema.type === 'number';
  const convertible = isNumber(value) && (number || schema.type === 'string');
  if (convertible) return `cannot convert ${from} to ${goTypeName(schema)}`;
  const kind = { ...schema };
  delete kind.goType;
  return `unrecognized type: ${goTypeName(kind)}`;
}
