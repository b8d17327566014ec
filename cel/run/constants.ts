import type { Call, Expression } from '../check/expression.ts';
import { accumulator } from '../check/macros.ts';
import { patternOf } from './patterns.ts';

/** What can be known of an expression before it runs. */

/** Conversions of literals are done once, before anything runs, and are free. */
const conversions = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'int',
  'string',
  'timestamp',
  'uint',
  'type',
  'dyn',
]);

/** Known before anything runs: costs nothing. */
export function isConstant(part: Expression): boolean {
  switch (part.kind) {
    case 'literal':
      return true;
    case 'list':
      return part.items.every(({ value, optional }) => !optional && isConstant(value));
    case 'map':
      return part.entries.every(
        ({ key, value, optional }) => !optional && isConstant(key) && isConstant(value),
      );
    case 'call':
      return part.target === undefined && isFixed(part.name, part.args);
    default:
      return false;
  }
}

export function isFixed(name: string, given: readonly Expression[]): boolean {
  return conversions.has(name) && given.length === 1 && given.every(isConstant);
}

/** Patterns that are literals are read before anything runs. */
export function checkPattern(name: string, given: readonly Expression[]): void {
  const [, pattern] = given;
  if (!['find', 'findAll', 'matches'].includes(name) || pattern?.kind !== 'literal') return;
  if (typeof pattern.value === 'string') patternOf(pattern.value);
}

const selections = new Set(['identifier', 'select']);
export const indexes: ReadonlySet<string> = new Set(['_[_]', '_[?_]', '_?._']);

/** A name, or a way to a part of something. */
export function isAttribute(part: Expression): boolean {
  return (
    selections.has(part.kind) ||
    (part.kind === 'call' && (indexes.has(part.name) || part.name === '_?_:_'))
  );
}

/** Of these, what counts one for itself: neither has(…) nor `a ? b : c`. */
export function isCounted(part: Expression): boolean {
  if (part.kind === 'select') return !part.test;
  return isAttribute(part) && (part.kind !== 'call' || part.name !== '_?_:_');
}

/** What loops gather is theirs alone until they end: it grows in place. */
export function gathers({ name, args: [sum, more] }: Call): boolean {
  return (
    name === '_+_' &&
    sum?.kind === 'identifier' &&
    sum.name === accumulator &&
    more?.kind === 'list'
  );
}
