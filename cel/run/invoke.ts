import { Ended } from '../budget.ts';
import type { Run } from './compile.ts';
import { Failure } from './turns.ts';

/**
 * A call. It costs what it does where it fails, and also where its last argument does; an argument
 * behind one that fails is not looked at, and then the call costs nothing.
 *
 * @param charge sees a {@link Failure} in place of what could not be computed
 */
export function invocation(
  parts: readonly Run[],
  call: (values: unknown[]) => unknown,
  charge: (values: readonly unknown[], result: unknown) => void,
): Run {
  return (variables, named) => {
    const values: unknown[] = [];
    for (const part of parts) {
      try {
        values.push(part(variables, named));
      } catch (error) {
        values.push(new Failure(error));
        if (values.length === parts.length && !(error instanceof Ended)) charge(values, undefined);
        throw error;
      }
    }
    let result: unknown;
    try {
      result = call(values);
    } finally {
      charge(values, result);
    }
    return result;
  };
}
