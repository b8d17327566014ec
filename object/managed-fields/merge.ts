import type { Schema } from '../../schema/schema.ts';
import { setOwn } from '../copy.ts';
import { type Fields, fieldSchema, isEmptyContainer, itemElement, shapeOf } from './shape.ts';

/**
 * Merge an apply configuration into the live object: maps and keyed lists by their entries, all
 * else as a whole. Nothing is removed here. The arguments stay; the result shares with them.
 */
export function mergeObjects(live: Fields, config: Fields, schema: Schema): Fields {
  return (mergeMaps(live, config, schema) ?? {}) as Fields;
}

function merge(left: unknown, right: unknown, schema: Schema | undefined): unknown {
  if (right === undefined) return left;
  const shape = shapeOf(schema, right);
  if (shape === 'leaf') return right;
  const before =
    left === null || left === undefined || shapeOf(schema, left) !== shape ? undefined : left;
  if (isEmptyContainer(before) && isEmptyContainer(right)) return right;
  return shape === 'map'
    ? mergeMaps(before as Fields | undefined, (right ?? {}) as Fields, schema)
    : mergeLists((before ?? []) as unknown[], (right ?? []) as unknown[], schema as Schema);
}

function mergeMaps(
  left: Fields | undefined,
  right: Fields,
  schema: Schema | undefined,
): Fields | undefined {
  const out: Fields = {};
  let size = 0;
  const put = (key: string, value: unknown): void => {
    if (value === undefined) return;
    setOwn(out, key, value);
    size++;
  };
  if (left !== undefined) {
    for (const key of Object.keys(left)) {
      const changed = Object.hasOwn(right, key) ? right[key] : undefined;
      put(key, merge(left[key], changed, fieldSchema(schema, key)));
    }
  }
  for (const key of Object.keys(right)) {
    if (left !== undefined && Object.hasOwn(left, key)) continue;
    put(key, merge(undefined, right[key], fieldSchema(schema, key)));
  }
  return size === 0 ? undefined : out;
}

/**
 * Elements of both sides woven together: those of the configuration keep its order, the others stay
 * where they were relative to them.
 */
function mergeLists(left: unknown[], right: unknown[], schema: Schema): unknown[] | undefined {
  const leftElements = left.map((item) => itemElement(schema, item));
  const rightElements = right.map((item) => itemElement(schema, item));
  const mine = new Map<string, unknown>();
  leftElements.forEach((element, i) => {
    // Of elements that occur twice none is the one to merge with.
    mine.set(element, mine.has(element) ? undefined : left[i]);
  });
  const theirs = new Map(rightElements.map((element, i) => [element, right[i]]));
  const shared = rightElements.filter((element) => mine.has(element));
  const merged = new Set<string>();
  const out: unknown[] = [];
  let nextShared = 0;
  let l = 0;
  let r = 0;
  const takeRight = (): void => {
    const element = rightElements[r++] as string;
    merged.add(element);
    const value = merge(mine.get(element), theirs.get(element), schema.items);
    if (value !== undefined) out.push(value);
    if (shared[nextShared] === element) nextShared++;
  };
  while (l < left.length || r < right.length) {
    const element = leftElements[l];
    if (element === undefined) {
      takeRight();
    } else if (r < right.length && element === rightElements[r]) {
      l++;
      takeRight();
    } else if (!theirs.has(element)) {
      out.push(left[l++]);
    } else if (
      r < right.length &&
      shared[nextShared] !== undefined &&
      shared[nextShared] !== element
    ) {
      // Shared, but another shared element comes first in the configuration.
      l++;
    } else {
      if (merged.has(element)) l++;
      if (r < right.length) takeRight();
    }
  }
  return out.length === 0 ? undefined : out;
}
