import { spend } from '../budget.ts';
import type { Run } from './compile.ts';
import { cost } from './cost.ts';
import { mapOf, Optional } from './values.ts';

/** Lists, maps and values of types with fields from their parts. */

interface Item {
  run: Run;
  /** It is only there when its value is. */
  optional: boolean;
}

interface Entry extends Item {
  key: Run;
}

/** @param free what is known before anything runs costs nothing */
export function listOf(items: readonly Item[], free: boolean): Run {
  return (variables, named) => {
    if (!free) spend(cost.list);
    const list: unknown[] = [];
    for (const { run, optional } of items) {
      const value = run(variables, named);
      if (!optional) list.push(value);
      else if (!(value instanceof Optional)) {
        const why = 'cannot initialize optional list element from non-optional value';
        throw new Error(`${why} ${String(value)}`);
      } else if (value.present) list.push(value.value());
    }
    return list;
  };
}

function made(entries: readonly Entry[], ...given: Parameters<Run>): [unknown, unknown][] {
  const pairs: [unknown, unknown][] = [];
  for (const { key, run, optional } of entries) {
    const at = key(...given);
    const value = run(...given);
    if (!optional) pairs.push([at, value]);
    else if (!(value instanceof Optional)) {
      const why = `cannot initialize optional entry '${String(at)}' from non-optional value`;
      throw new Error(`${why} ${String(value)}`);
    } else if (value.present) pairs.push([at, value.value()]);
  }
  return pairs;
}

export function mapOfEntries(entries: readonly Entry[], free: boolean): Run {
  return (variables, named) => {
    if (!free) spend(cost.map);
    return mapOf(made(entries, variables, named));
  };
}

export function structOf(
  fields: readonly Entry[],
  make: (fields: Readonly<Record<string, unknown>>) => unknown,
): Run {
  return (variables, named) => {
    spend(cost.struct);
    return make(Object.fromEntries(made(fields, variables, named) as [string, unknown][]));
  };
}
