import { deepCopy, setOwn } from '../../object/copy.ts';
import type { Schema } from '../../schema/schema.ts';

/**
 * What happens to a custom object before it is judged: unknown fields go, nulls that mean nothing
 * go, defaults come. Source: apiextensions-apiserver schema/pruning, schema/defaulting.
 */

type Fields = Record<string, unknown>;

/** What every object and every embedded one has, whatever its schema says. */
const metaFields = new Set(['apiVersion', 'kind', 'metadata']);

/** Remove unknown fields in place. Returns their paths in order: `spec.foo`, `spec.list[0].bar`. */
export function pruneUnknown(object: Fields, schema: Schema): string[] {
  const pruned: string[] = [];
  pruneMap(pruned, '', object, { ...schema, embedded: true });
  return pruned.sort();
}

function prune(pruned: string[], path: string, value: unknown, schema: Schema | undefined): void {
  if (Array.isArray(value)) {
    // What a list preserves, it preserves in its elements.
    const items =
      schema?.preserveUnknown === true && schema.items !== undefined
        ? { ...schema.items, preserveUnknown: true }
        : schema?.items;
    if (schema?.preserveUnknown === true && items === undefined) return;
    for (let i = 0; i < value.length; i++) {
      if (typeof value[i] === 'object') prune(pruned, `${path}[${i}]`, value[i], items);
    }
  } else if (typeof value === 'object' && value !== null) {
    pruneMap(pruned, path, value as Fields, schema);
  }
}

function pruneMap(pruned: string[], path: string, map: Fields, schema: Schema | undefined): void {
  for (const key of Object.keys(map)) {
    if (schema?.embedded === true && metaFields.has(key)) continue;
    const field = known(schema, key) ?? schema?.additional;
    const at = path === '' ? key : `${path}.${key}`;
    if (field !== undefined) {
      if (typeof map[key] === 'object') prune(pruned, at, map[key], field);
    } else if (schema?.preserveUnknown !== true) {
      delete map[key];
      pruned.push(at);
    }
  }
}

function known(schema: Schema | undefined, key: string): Schema | undefined {
  const properties = schema?.properties;
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/** Take out nulls where null is no value, then fill in defaults, in place. True when there were any. */
export function fillDefaults(object: Fields, schema: Schema, keepNulls = false): boolean {
  const dropped = !keepNulls && dropNulls(object, schema);
  return fill(object, schema) || dropped;
}

function dropNulls(value: unknown, schema: Schema | undefined): boolean {
  if (schema === undefined || typeof value !== 'object' || value === null) return false;
  let changed = false;
  if (Array.isArray(value)) {
    for (const item of value) changed = dropNulls(item, schema.items) || changed;
    return changed;
  }
  const map = value as Fields;
  for (const key of Object.keys(map)) {
    const field = known(schema, key) ?? schema.additional;
    if (map[key] !== null) changed = dropNulls(map[key], field) || changed;
    else if (field !== undefined && field.nullable !== true && field.default === undefined) {
      delete map[key];
      changed = true;
    }
  }
  return changed;
}

function fill(value: unknown, schema: Schema | undefined): boolean {
  if (schema === undefined || typeof value !== 'object' || value === null) return false;
  let changed = false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (value[i] === null) {
        value[i] = forNull(schema.items);
        changed ||= value[i] !== null;
      }
      changed = fill(value[i], schema.items) || changed;
    }
    return changed;
  }
  const map = value as Fields;
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    if (field.default === undefined) continue;
    const absent = !Object.hasOwn(map, key) || (map[key] === null && field.nullable !== true);
    if (absent) setOwn(map, key, deepCopy(field.default));
    changed ||= absent;
  }
  for (const key of Object.keys(map)) {
    const field = known(schema, key);
    if (field === undefined && map[key] === null && schema.additional !== undefined) {
      map[key] = forNull(schema.additional);
      changed ||= map[key] !== null;
    }
    changed = fill(map[key], field ?? schema.additional) || changed;
  }
  return changed;
}

function forNull(schema: Schema | undefined): unknown {
  const usable = schema !== undefined && schema.nullable !== true && schema.default !== undefined;
  return usable ? deepCopy(schema.default) : null;
}
