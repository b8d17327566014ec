import type { Schema } from '../../schema/schema.ts';
import { deepEqual } from '../equal.ts';
import {
  fieldElement,
  type FieldSet,
  insert,
  insertNode,
  leaf,
  ordered,
  recursiveDifference,
  sortSet,
} from './field-set.ts';
import {
  type Fields,
  fieldSchema,
  isEmptyContainer,
  itemElement,
  type Shape,
  shapeOf,
} from './shape.ts';

/** What changed between two objects, as three disjoint sets. Equal objects give three empty ones. */
export interface Comparison {
  removed: FieldSet;
  modified: FieldSet;
  added: FieldSet;
}

interface Walk extends Comparison {
  path: string[];
}

/** Compare two objects field by field as the schema says fields are owned. */
export function compareObjects(left: Fields, right: Fields, schema: Schema): Comparison {
  const walk: Walk = { removed: {}, modified: {}, added: {}, path: [] };
  compareMaps(walk, left, right, schema);
  return {
    removed: sortSet(walk.removed),
    modified: sortSet(walk.modified),
    added: sortSet(walk.added),
  };
}

/** Leave out some fields and everything below them. */
export function excluding(comparison: Comparison, fields: FieldSet | undefined): Comparison {
  if (fields === undefined) return comparison;
  return {
    removed: recursiveDifference(comparison.removed, fields),
    modified: recursiveDifference(comparison.modified, fields),
    added: recursiveDifference(comparison.added, fields),
  };
}

function compareMaps(
  walk: Walk,
  left: Fields | undefined,
  right: Fields | undefined,
  schema: Schema | undefined,
): void {
  if (right !== undefined) {
    for (const key in right) {
      const after = right[key];
      const before = left !== undefined && Object.hasOwn(left, key) ? left[key] : undefined;
      if (before === after) continue;
      const field = fieldSchema(schema, key);
      visit(walk, fieldElement(key), before ?? implied(left, before, field), after, field);
    }
  }
  if (left === undefined) return;
  for (const key in left) {
    if (left[key] === undefined) continue;
    if (right !== undefined && Object.hasOwn(right, key)) continue;
    const field = fieldSchema(schema, key);
    visit(walk, fieldElement(key), left[key], implied(right, undefined, field), field);
  }
}

/** A field that is no pointer in Go exists, with its zero value, wherever its struct does. */
function implied(parent: Fields | undefined, value: unknown, field: Schema | undefined): unknown {
  return value === undefined && parent !== undefined ? field?.zero : value;
}

function visit(
  walk: Walk,
  element: string,
  left: unknown,
  right: unknown,
  schema: Schema | undefined,
): void {
  if (left === undefined && right === undefined) return;
  walk.path.push(element);
  if (left === undefined || right === undefined) {
    const whole = wholeNode(left ?? right, schema);
    insertNode(left === undefined ? walk.added : walk.removed, walk.path, whole);
    walk.path.pop();
    return;
  }
  const before: Shape = shapeOf(schema, left);
  const after: Shape = shapeOf(schema, right);
  if (before === after) {
    compareAs(walk, after, left, right, schema);
  } else if (left === null || right === null) {
    compareAs(walk, left === null ? after : before, left, right, schema);
  } else {
    // Free-form data that changed its kind: what was inside is gone, the value itself is modified.
    compareAs(walk, before, before === 'leaf' ? undefined : left, undefined, schema, true);
    compareAs(walk, after, undefined, after === 'leaf' ? undefined : right, schema, true);
    insert(walk.modified, walk.path);
  }
  walk.path.pop();
}

/** All there is of a value that only one side has, in order. */
function wholeNode(value: unknown, schema: Schema | undefined): FieldSet {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf' || isEmptyContainer(value)) return leaf;
  const node: Record<string, FieldSet> = { '.': leaf };
  if (shape === 'map') {
    const map = value as Fields;
    for (const key in map) {
      if (map[key] === undefined) continue;
      node[fieldElement(key)] = wholeNode(map[key], fieldSchema(schema, key));
    }
  } else {
    for (const item of value as unknown[]) {
      const element = elementOf(schema as Schema, item);
      if (element === undefined) continue;
      // of elements that occur more than once only their presence can be owned
      node[element] = Object.hasOwn(node, element) ? leaf : wholeNode(item, schema?.items);
    }
  }
  return ordered(node);
}

function compareAs(
  walk: Walk,
  shape: Shape,
  left: unknown,
  right: unknown,
  schema: Schema | undefined,
  insideOnly = false,
): void {
  if (shape === 'leaf' || (isEmptyContainer(left) && isEmptyContainer(right))) {
    if (!insideOnly && !deepEqual(left, right)) insert(walk.modified, walk.path);
    return;
  }
  if (shape === 'map') {
    const before = (left ?? undefined) as Fields | undefined;
    compareMaps(walk, before, (right ?? undefined) as Fields | undefined, schema);
  } else {
    compareLists(walk, (left ?? []) as unknown[], (right ?? []) as unknown[], schema as Schema);
  }
}

function compareLists(walk: Walk, left: unknown[], right: unknown[], schema: Schema): void {
  if (deepEqual(left, right)) return;
  const before = byElement(left, schema);
  const after = byElement(right, schema);
  for (const [element, items] of before) {
    compareItems(walk, element, items, after.get(element) ?? [], schema.items);
  }
  for (const [element, items] of after) {
    if (!before.has(element)) compareItems(walk, element, [], items, schema.items);
  }
}

/** Undefined: elements without identity cannot be owned one by one and are passed over, as upstream does. */
function elementOf(schema: Schema, item: unknown): string | undefined {
  try {
    return itemElement(schema, item);
  } catch {
    return undefined;
  }
}

function byElement(list: readonly unknown[], schema: Schema): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const element = elementOf(schema, item);
    if (element === undefined) continue;
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

/** Elements that occur more than once are compared as one. */
function compareItems(
  walk: Walk,
  element: string,
  left: readonly unknown[],
  right: readonly unknown[],
  schema: Schema | undefined,
): void {
  if (left.length <= 1 && right.length <= 1) {
    visit(walk, element, left[0], right[0], schema);
    return;
  }
  const path = [...walk.path, element];
  if (left.length >= 2 && right.length >= 2) {
    if (!deepEqual(left, right)) insert(walk.modified, path);
  } else if (left.length >= 2) {
    if (right.length > 0) visit(walk, element, undefined, right[0], schema);
    insert(walk.removed, path);
  } else {
    if (left.length > 0) visit(walk, element, left[0], undefined, schema);
    insert(walk.added, path);
  }
}
