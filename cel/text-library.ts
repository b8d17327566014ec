import type { Environment } from '@marcbachmann/cel-js';
import { compilePattern } from '../object/pattern.ts';

/**
 * Strings and lists beyond the language (k8s.io/apiserver cel/library regex.go, lists.go and cel-go's
 * strings extension). Patterns run in linear time.
 */
export function registerTextFunctions(environment: Environment): void {
  environment
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => compilePattern(pattern).find(text, 1)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list', (text: string, pattern: string) =>
      compilePattern(pattern).find(text, Number.POSITIVE_INFINITY),
    )
    .registerFunction(
      'string.replace(string, string): string',
      (text: string, a: string, b: string) => text.replaceAll(a, b),
    )
    .registerFunction('list.isSorted(): bool', (list: readonly (bigint | string | number)[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
    )
    .registerFunction('list.sum(): dyn', (list: readonly (bigint | number)[]) => {
      let total: bigint | number = typeof list[0] === 'number' ? 0 : 0n;
      for (const item of list) total = (total as number) + (item as number);
      return total;
    })
    .registerFunction('list.min(): dyn', (list: readonly bigint[]) =>
      extreme(list, (a, b) => a < b),
    )
    .registerFunction('list.max(): dyn', (list: readonly bigint[]) =>
      extreme(list, (a, b) => a > b),
    );
}

function extreme(list: readonly bigint[], better: (a: bigint, b: bigint) => boolean): bigint {
  let [best] = list;
  if (best === undefined) throw new Error('min/max called on empty list');
  for (const item of list) if (better(item, best)) best = item;
  return best;
}
