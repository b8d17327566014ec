import { Ended } from '../budget.ts';
import type { Run } from './compile.ts';

/** && and ||: the side that settles it does so whether the other can be computed or not. */

export function truthOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new Error('no such overload');
}

export const and = (left: Run, right: Run): Run => settledBy(false, left, right);
export const or = (left: Run, right: Run): Run => settledBy(true, left, right);

function settledBy(settles: boolean, left: Run, right: Run): Run {
  return (variables, named) => {
    let reason: unknown;
    let failed = false;
    try {
      if (truthOf(left(variables, named)) === settles) return settles;
    } catch (error) {
      if (error instanceof Ended) throw error;
      failed = true;
      reason = error;
    }
    let value: boolean;
    try {
      value = truthOf(right(variables, named));
    } catch (error) {
      if (failed && !(error instanceof Ended)) throw reason;
      throw error;
    }
    if (failed && value !== settles) throw reason;
    return value;
  };
}
