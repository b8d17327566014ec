import type { Functions } from './run/functions.ts';
import { compare, Duration, equal, typeName, Uint } from './run/values.ts';

/** Lists and sets (k8s.io/apiserver cel/library lists.go, cel-go's lists and sets extensions). */
export function registerListFunctions(functions: Functions): void {
  type List = readonly unknown[];
  functions
    .add('.isSorted(list)', (list: List) =>
      list.every((item, i) => i === 0 || ordered(list[i - 1], item) <= 0),
    )
    .add('.sum(list)', sum)
    .add('.min(list)', (list: List) => extreme('min', list, -1))
    .add('.max(list)', (list: List) => extreme('max', list, 1))
    .add('.indexOf(list, dyn)', (list: List, item: unknown) =>
      BigInt(list.findIndex((other) => equal(other, item))),
    )
    .add('.lastIndexOf(list, dyn)', (list: List, item: unknown) =>
      BigInt(list.findLastIndex((other) => equal(other, item))),
    )
    .add('.reverse(list)', (list: List) => list.toReversed())
    .add('.distinct(list)', (list: List) =>
      list.filter((item, i) => list.findIndex((other) => equal(other, item)) === i),
    )
    .add('.flatten(list)', (list: List) => flatten(list, 1n))
    .add('.flatten(list, int)', flatten)
    .add('.slice(list, int, int)', slice)
    .add('.sort(list)', (list: List) => sorted(list, list))
    .add('.@sortByAssociatedKeys(list, list)', sorted)
    .add('lists.range(int)', range)
    .add('sets.contains(list, list)', contains)
    .add('sets.equivalent(list, list)', (a: List, b: List) => contains(a, b) && contains(b, a))
    .add('sets.intersects(list, list)', (a: List, b: List) =>
      a.some((item) => b.some((other) => equal(item, other))),
    );
}

function contains(all: readonly unknown[], some: readonly unknown[]): boolean {
  return some.every((item) => all.some((other) => equal(item, other)));
}

function ordered(a: unknown, b: unknown): number {
  const order = compare(a, b);
  if (order === undefined) throw new Error('no such overload');
  return order;
}

/** Of nothing: zero, as an int. */
function sum(list: readonly unknown[]): unknown {
  let total: bigint | number = 0n;
  let [first] = list;
  for (const item of list) {
    if (typeof item !== typeof first) throw new Error('no such overload');
    if (typeof item === 'number') total = Number(total) + item;
    else if (typeof item === 'bigint') total = (total as bigint) + item;
    else if (item instanceof Uint) total = (total as bigint) + item.value;
    else if (item instanceof Duration) total = (total as bigint) + item.nanoseconds;
    else throw new Error('no such overload');
    first = item;
  }
  if (first instanceof Uint) return new Uint(total as bigint);
  if (first instanceof Duration) return new Duration(total as bigint);
  if (typeof total === 'bigint' && total !== BigInt.asIntN(64, total))
    throw new Error('integer overflow');
  return total;
}

function extreme(name: string, list: readonly unknown[], sign: number): unknown {
  let [best] = list;
  if (list.length === 0) throw new Error(`${name} called on empty list`);
  for (const item of list) if (ordered(item, best) * sign > 0) best = item;
  return best;
}

function flatten(list: readonly unknown[], depth: bigint): unknown[] {
  if (depth < 0n) throw new Error('level must be non-negative');
  return list.flatMap((item) =>
    Array.isArray(item) && depth > 0n ? flatten(item, depth - 1n) : [item],
  );
}

function slice(list: readonly unknown[], from: bigint, to: bigint): unknown[] {
  const asked = `cannot slice(${from}, ${to})`;
  if (from < 0n || to < 0n) throw new Error(`${asked}, negative indexes not supported`);
  if (from > to) {
    throw new Error(`${asked}, start index must be less than or equal to end index`);
  }
  if (to > list.length) throw new Error(`${asked}, list is length ${list.length}`);
  return list.slice(Number(from), Number(to));
}

function sorted(list: readonly unknown[], keys: readonly unknown[]): unknown[] {
  const [first] = keys;
  if (keys.length === 0) return [];
  if (compare(first, first) === undefined) throw new Error('list elements must be comparable');
  if (keys.some((key) => typeName(key) !== typeName(first))) {
    throw new Error('list elements must have the same type');
  }
  return keys
    .map((key, i) => [key, list[i]] as const)
    .sort(([a], [b]) => ordered(a, b))
    .map(([, item]) => item);
}

/** Longer lists are not made: the server has to hold them. */
const rangeMax = 1_000_000n;

function range(size: bigint): bigint[] {
  if (size < 0n) throw new Error(`lists.range: size must be non-negative, got ${size}`);
  if (size > rangeMax) {
    throw new Error(`lists.range: size ${size} exceeds maximum allowed (${rangeMax})`);
  }
  return Array.from({ length: Number(size) }, (_, i) => BigInt(i));
}
