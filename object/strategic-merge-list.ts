import { isNumber } from './json.ts';
import type { Schema } from '../schema/schema.ts';
import { goFormat } from './go-format.ts';
import {
  badPatchType,
  badType,
  directive,
  failed,
  isMap,
  type JsonMap,
  noMergeKey,
  withoutDirectives,
} from './strategic-merge-error.ts';

/** Lists in a strategic merge patch: merging by key or as sets, and the order of the result. */

/** How two elements of a keyed list become one. */
export type MergeMaps = (original: JsonMap, patch: JsonMap, schema: Schema | undefined) => JsonMap;

/** `original` and `patch` may be changed. `deleting`: `patch` lists scalars to take out. */
export function mergeLists(
  original: unknown[],
  patch: unknown[],
  schema: Schema | undefined,
  deleting: boolean,
  mergeMaps: MergeMaps,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (!elementsAreMaps(original, patch)) {
    if (deleting) {
      const gone = new Set(patch);
      return original.filter((element) => !gone.has(element));
    }
    const both = [...new Set([...original, ...patch])];
    const [inPatch, others] = partition(both, patch, undefined);
    return interleave(inPatch, others, patch, original, undefined);
  }
  const key = schema?.patchMergeKey;
  if (key === undefined) throw failed('cannot merge lists without merge key for type map');
  const { kept, rest, replaced } = specialElements(original as JsonMap[], patch as JsonMap[], key);
  const merged = replaced ? kept : mergeElements(kept, rest, key, schema?.items, mergeMaps);
  const changes = replaced ? [] : rest;
  const [inPatch, others] = partition(merged, changes, key);
  return interleave(inPatch, others, changes, kept, key);
}

/**
 * The list in the order that `$setElementOrder` asks for; undefined when there is no list at all.
 * Without `mergeMaps` the patch replaces the list.
 */
export function orderLists(
  original: unknown[] | undefined,
  patch: unknown[] | undefined,
  order: unknown[],
  schema: Schema | undefined,
  mergeMaps: MergeMaps | undefined,
): unknown[] | undefined {
  const key = schema?.patchMergeKey;
  checkOrder(patch ?? [], order, key);
  if (original === undefined && patch === undefined) return undefined;
  const live = original === undefined ? [] : [...original];
  let merged: unknown[];
  if (original === undefined) merged = withoutDirectives(patch) as unknown[];
  else if (patch === undefined) merged = original;
  else
    merged =
      mergeMaps === undefined ? patch : mergeLists(original, patch, schema, false, mergeMaps);
  if (live.length === 0 && (patch ?? []).length === 0) {
    throw failed('no elements in any of the given slices');
  }
  const [inPatch, others] = partition(merged, order, key);
  return interleave(inPatch, others, order, live, key);
}

const scalarKind = (value: unknown): string => (isNumber(value) ? 'number' : typeof value);

/** Whether elements are maps. @throws when they are of mixed types or lists */
function elementsAreMaps(...lists: (readonly unknown[])[]): boolean {
  let kind: string | undefined;
  for (const list of lists) {
    for (const element of list) {
      const next = isMap(element) ? 'map' : Array.isArray(element) ? 'list' : scalarKind(element);
      if (next === 'list') throw failed('lists of lists are not supported');
      if (kind !== undefined && kind !== next) {
        throw failed(`list element types are not identical: [${lists.map(goFormat).join(' ')}]`);
      }
      kind = next;
    }
  }
  return kind === 'map';
}

interface Special {
  kept: JsonMap[];
  /** The patch's plain elements. */
  rest: JsonMap[];
  /** The patch replaces the list: `kept` is already the result. */
  replaced: boolean;
}

function specialElements(original: JsonMap[], patch: JsonMap[], key: string): Special {
  const rest: JsonMap[] = [];
  const deleted = new Set<unknown>();
  let replaced = false;
  for (const element of patch) {
    if (!Object.hasOwn(element, directive)) {
      rest.push(element);
      continue;
    }
    switch (element[directive]) {
      case 'delete':
        deleted.add(keyOf(element, key));
        break;
      case 'replace':
        replaced = true;
        break;
      case 'merge':
        throw failed('merging lists cannot yet be specified in the patch');
      default:
        throw badPatchType(element[directive], element);
    }
  }
  if (replaced) return { kept: rest, rest: [], replaced };
  const kept =
    deleted.size === 0
      ? original
      : original.filter((element) => !Object.hasOwn(element, key) || !deleted.has(element[key]));
  return { kept, rest, replaced };
}

function keyOf(element: unknown, key: string): unknown {
  if (!isMap(element)) throw badType({}, element);
  if (!Object.hasOwn(element, key)) throw noMergeKey(element, key);
  return element[key];
}

function mergeElements(
  original: readonly JsonMap[],
  patch: readonly JsonMap[],
  key: string,
  items: Schema | undefined,
  mergeMaps: MergeMaps,
): JsonMap[] {
  const merged = [...original];
  const places = new Map<unknown, number>();
  merged.forEach((element, i) => {
    const value = Object.hasOwn(element, key) ? element[key] : undefined;
    if (value !== undefined && !places.has(value)) places.set(value, i);
  });
  for (const element of patch) {
    const value = keyOf(element, key);
    const at = places.get(value);
    if (at === undefined) {
      places.set(value, merged.length);
      merged.push(element);
    } else {
      merged[at] = mergeMaps(merged[at] as JsonMap, element, items);
    }
  }
  return merged;
}

/** Elements that are named in `by`, and the others. */
function partition(
  elements: readonly unknown[],
  by: readonly unknown[],
  key: string | undefined,
): [unknown[], unknown[]] {
  const named = key === undefined ? new Set(by) : keySet(by, key);
  const inside: unknown[] = [];
  const outside: unknown[] = [];
  for (const element of elements) {
    const value = nameOf(element, key);
    (named.has(value) ? inside : outside).push(element);
  }
  return [inside, outside];
}

function keySet(elements: readonly unknown[], key: string): Set<unknown> {
  const values = new Set<unknown>();
  elements.forEach((element, i) => {
    if (!isMap(element)) throw failed(`value for key ${i} is not a map.`);
    if (Object.hasOwn(element, key)) values.add(element[key]);
  });
  return values;
}

/**
 * `patched` in the order of `patchOrder` and `others` in the order of `liveOrder`, woven so that an
 * element of `others` comes before the next patched one when the live list had it so.
 */
function interleave(
  patched: readonly unknown[],
  others: readonly unknown[],
  patchOrder: readonly unknown[],
  liveOrder: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const live = places(liveOrder, key);
  const left = sorted(others, live, key);
  const right = sorted(patched, places(patchOrder, key), key);
  const out: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const a = live.get(value(left[i], key));
    const b = live.get(value(right[j], key));
    if (a !== undefined && b !== undefined && a < b) out.push(left[i++]);
    else out.push(right[j++]);
  }
  while (i < left.length) out.push(left[i++]);
  while (j < right.length) out.push(right[j++]);
  return out;
}

function nameOf(element: unknown, key: string | undefined): unknown {
  return key === undefined ? element : keyOf(element, key);
}

function value(element: unknown, key: string | undefined): unknown {
  return key === undefined ? element : (element as JsonMap)[key];
}

function places(order: readonly unknown[], key: string | undefined): Map<unknown, number> {
  const found = new Map<unknown, number>();
  order.forEach((element, i) => {
    const at = nameOf(element, key);
    if (!found.has(at)) found.set(at, i);
  });
  return found;
}

/**
 * By place; elements marked for deletion go last. What has no place stands in front of what it is compared
 * with: upstream's order function says so of both, and its sort inserts.
 */
function sorted(
  elements: readonly unknown[],
  order: ReadonlyMap<unknown, number>,
  key: string | undefined,
): unknown[] {
  const plain: unknown[] = [];
  const deleted: unknown[] = [];
  for (const element of elements) {
    const gone = isMap(element) && element[directive] === 'delete';
    (gone ? deleted : plain).push(element);
  }
  return [...inserted(plain, (element) => order.get(value(element, key))), ...deleted];
}

/** Go's stable sort inserts in blocks of so many. */
const insertedMost = 20;

function inserted(
  elements: unknown[],
  placeOf: (element: unknown) => number | undefined,
): unknown[] {
  const before = (a: unknown, b: unknown): boolean => {
    const [first, second] = [placeOf(a), placeOf(b)];
    return first === undefined || second === undefined || first < second;
  };
  if (elements.length > insertedMost) {
    return elements.sort((a, b) => (placeOf(a) ?? -1) - (placeOf(b) ?? -1));
  }
  const out: unknown[] = [];
  for (const element of elements) {
    let at = out.length;
    while (at > 0 && before(element, out[at - 1])) at--;
    out.splice(at, 0, element);
  }
  return out;
}

/** The patch's plain elements must appear in `order`, in the same relative order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], key?: string): void {
  if (patch.length === 0 || order.length === 0) return;
  const rest = patch.filter((element) => {
    if (key !== undefined && !isMap(element)) throw badType({}, element);
    return key === undefined || (element as JsonMap)[directive] !== 'delete';
  });
  let [at, i] = [0, 0];
  while (at < rest.length && i < order.length) {
    const element = rest[at];
    if (isMap(element) && Object.hasOwn(element, directive)) at++;
    else if (nameOf(element, key) === nameOf(order[i++], key)) at++;
  }
  if (at < rest.length) {
    throw failed(
      `The order in patch list:\n${goFormat(patch)}\n doesn't match $setElementOrder list:\n${goFormat(order)}\n`,
    );
  }
}
