import type { Schema } from '../../schema/schema.ts';
import { setOwn } from '../copy.ts';
import { fieldElement, type FieldSet, isEmpty } from './field-set.ts';
import { type Fields, fieldSchema, isNamedField, itemElement, shapeOf } from './shape.ts';

/**
 * The object without the fields and elements that a set names; the argument stays as it is. A map
 * or list of which nothing is left but that is not named itself becomes null (structured-merge-diff
 * 6.3.3: 6.3.1 and 6.3.2 left it empty, which was taken back).
 */
export function removeItems(object: Fields, set: FieldSet, schema: Schema): Fields {
  return isEmpty(set) ? object : (removeFromMap(object, set, schema) ?? {});
}

function remove(value: unknown, set: FieldSet, schema: Schema | undefined): unknown {
  if (value === null || typeof value !== 'object') return value;
  const shape = shapeOf(schema, value);
  // Whoever owned something below an atomic value owned the value.
  if (shape === 'leaf') return null;
  return shape === 'map'
    ? removeFromMap(value as Fields, set, schema)
    : removeFromList(value as unknown[], set, schema as Schema);
}

function removeFromMap(map: Fields, set: FieldSet, schema: Schema | undefined): Fields | null {
  const out: Fields = {};
  let left = false;
  for (const key of Object.keys(map)) {
    const node = set[fieldElement(key)];
    if (node !== undefined && isMember(node)) continue;
    const kept = node === undefined ? map[key] : remove(map[key], node, fieldSchema(schema, key));
    setOwn(out, key, kept);
    left = true;
  }
  return left ? out : null;
}

function removeFromList(list: unknown[], set: FieldSet, schema: Schema): unknown[] | null {
  const out: unknown[] = [];
  for (const item of list) {
    const node = set[itemElement(schema, item)];
    if (node !== undefined && isMember(node)) continue;
    out.push(node === undefined ? item : remove(item, node, schema.items));
  }
  return out.length > 0 ? out : null;
}

function isMember(node: FieldSet): boolean {
  return node['.'] !== undefined || isEmpty(node);
}

/**
 * A set with every named field on the way to a member as a member itself: `a.b` also names `a`
 * when `a` is a field of the schema and not the entry of a map.
 */
export function withNamedFields(set: FieldSet, schema: Schema | undefined): FieldSet {
  const out: Record<string, FieldSet> = {};
  for (const element in set) {
    const node = set[element] as FieldSet;
    if (element === '.' || isEmpty(node)) {
      out[element] = node;
      continue;
    }
    const name = element.slice(2);
    const field = element.startsWith('f:') ? fieldSchema(schema, name) : schema?.items;
    const children = withNamedFields(node, field);
    const named = element.startsWith('f:') && isNamedField(schema, name);
    out[element] = named && children['.'] === undefined ? { '.': {}, ...children } : children;
  }
  return out;
}
