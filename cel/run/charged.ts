import { Ended, spend } from '../budget.ts';
import type { Run } from './compile.ts';

/** What parts cost beside what they are made of (cel-go interpreter/runtimecost.go). */

/** Costs as much more, or less, whether it can be computed or not. */
export function charged(run: Run, units: number): Run {
  return (variables, named) => {
    try {
      return run(variables, named);
    } finally {
      spend(units);
    }
  };
}

/** Costs as much more, or less, where it cannot be computed. */
export function failingFor(run: Run, units: number): Run {
  return (variables, named) => {
    try {
      return run(variables, named);
    } catch (error) {
      if (!(error instanceof Ended)) spend(units);
      throw error;
    }
  };
}
