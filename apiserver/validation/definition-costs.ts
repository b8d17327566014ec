import { fieldForbidden } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';

/**
 * What the rules of a definition's schema may cost, one by one and all together, where each runs as
 * often as its schema says (apiextensions validation validation.go, cel_validation.go).
 */

export const ruleMost = 10_000_000n;
const schemaMost = 100_000_000n;
/** What is less than a hundredth is not named among the causes, and of the rest no more than these. */
const namedMost = 4;

const largest = 2n ** 64n - 1n;

/** How often something may be there: undefined where nothing bounds it. */
export type Times = bigint | undefined;

export function times(a: bigint, b: bigint): bigint {
  const product = a * b;
  return product > largest ? largest : product;
}

export class SchemaCosts {
  #total = 0n;
  #dearest: { path: string; cost: bigint }[] = [];

  add(path: string, cost: bigint): void {
    const total = this.#total + cost;
    this.#total = total > largest ? largest : total;
    if (cost < schemaMost / 100n) return;
    this.#dearest = [...this.#dearest, { path, cost }]
      .sort((a, b) => (a.cost > b.cost ? -1 : a.cost < b.cost ? 1 : 0))
      .slice(0, namedMost);
  }

  /** @param at the path of the schema */
  causes(at: string): StatusCause[] {
    if (this.#total <= schemaMost) return [];
    const part =
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const whole = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...this.#dearest.map(({ path }) => fieldForbidden(path, part)),
      fieldForbidden(at, tooMuch(whole, this.#total, schemaMost)),
    ];
  }
}

export function tooMuch(what: string, cost: bigint, most: bigint): string {
  const factor = Number(cost) / Number(most);
  return `${what} exceeds budget by factor of ${shown(factor)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

function shown(factor: number): string {
  if (factor > 100) return 'more than 100x';
  return factor < 1.5 ? `${factor.toFixed(6)}x` : `${tenths(factor)}x`;
}

/** Half a tenth goes to the even one. */
function tenths(factor: number): string {
  return factor % 1 === 0.25 ? (factor - 0.05).toFixed(1) : factor.toFixed(1);
}
