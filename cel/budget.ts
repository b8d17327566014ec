/**
 * What evaluation may cost, so that no rule holds the server up. One unit is about one node of an
 * expression computed once, as upstream's cost model counts. Evaluation is synchronous: one counter.
 * Source of the numbers: k8s.io/apiserver apis/cel (PerCallLimit, RuntimeCELCostBudget).
 */
export const perCallLimit = 1_000_000;
export const runtimeBudget = 10_000_000;
/** All matchConditions of one webhook, or of one policy and binding. */
export const matchConditionsBudget = 2_500_000;

/** An evaluation is over: what takes errors in does not take this. */
export class Ended extends Error {}

export class CostExceeded extends Ended {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

let left = 0;

/**
 * Runs `work` with at most `limit` units; tells what it used even when it throws. One may run inside
 * another (a lazy variable): what it uses is its own.
 */
export function limited<T>(limit: number, work: () => T): { used: number; run(): T } {
  const outer = left;
  left = limit;
  try {
    const value = work();
    const used = limit - left;
    return left < 0 ? { used, run: exceeded } : { used, run: () => value };
  } catch (error) {
    const used = limit - left;
    return {
      used,
      run() {
        if (used > limit) exceeded();
        throw error;
      },
    };
  } finally {
    left = outer;
  }
}

function exceeded(): never {
  throw new CostExceeded();
}

/** Throws {@link CostExceeded} when there is no more. */
export function spend(units: number): void {
  left -= units;
  if (left < 0) throw new CostExceeded();
}
