import type { Environment } from '@marcbachmann/cel-js';
import { spend } from './budget.ts';

/**
 * Lists and sets (k8s.io/apiserver cel/library lists.go, cel-go's sets extension), and loops over two
 * variables (cel-go's two-variable comprehensions).
 */
export function registerListFunctions(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly (bigint | string | number)[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
    )
    .registerFunction('list.sum(): dyn', (list: readonly (bigint | number)[]) => {
      let total: bigint | number = typeof list[0] === 'number' ? 0 : 0n;
      for (const item of list) total = (total as number) + (item as number);
      return total;
    })
    .registerFunction('list.min(): dyn', (list: readonly bigint[]) =>
      extreme('min', list, (a, b) => a < b),
    )
    .registerFunction('list.max(): dyn', (list: readonly bigint[]) =>
      extreme('max', list, (a, b) => a > b),
    )
    .registerFunction('list.indexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findIndex((other) => equal(other, item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findLastIndex((other) => equal(other, item))),
    );
  class Sets {}
  environment
    .registerType('SetsNamespace', Sets)
    .registerConstant('sets', 'SetsNamespace', new Sets())
    .registerFunction(
      'SetsNamespace.contains(list, list): bool',
      (_: Sets, all: readonly unknown[], some: readonly unknown[]) => contains(all, some),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: Sets, a: readonly unknown[], b: readonly unknown[]) => contains(a, b) && contains(b, a),
    )
    .registerFunction(
      'SetsNamespace.intersects(list, list): bool',
      (_: Sets, a: readonly unknown[], b: readonly unknown[]) => {
        spend(a.length * b.length);
        return a.some((item) => b.some((other) => equal(item, other)));
      },
    );
}

function contains(all: readonly unknown[], some: readonly unknown[]): boolean {
  spend(all.length * some.length);
  return some.every((item) => all.some((other) => equal(item, other)));
}

function extreme(
  name: string,
  list: readonly bigint[],
  better: (a: bigint, b: bigint) => boolean,
): bigint {
  let [best] = list;
  if (best === undefined) throw new Error(`${name} called on empty list`);
  for (const item of list) if (better(item, best)) best = item;
  return best;
}

/** CEL's equality: numbers by value whatever their type, lists and maps by content. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // oxlint-disable-next-line eqeqeq -- 1n == 1 is what is meant
  if (isNumber(a) && isNumber(b)) return a == b;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => equal(item, b[index]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]));
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
