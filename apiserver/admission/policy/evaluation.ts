import type { Compiled } from '../../../cel/admission.ts';
import { perCallLimit } from '../../../cel/budget.ts';
import type { RequestAccess } from './access.ts';

/** The outcome of one expression: its value, or upstream's text of why there is none. */
export type Outcome = { value: unknown; error: undefined } | { value: undefined; error: string };

export class OutOfBudget extends Error {
  constructor() {
    super(
      'validation failed due to running out of cost budget, no further validation rules will be run',
    );
  }
}

export interface Variable {
  name: string;
  value: Compiled;
}

/**
 * Expressions that share a budget and the values of `variables`, each of which is computed when it
 * is first used (k8s.io/apiserver admission/plugin/cel activation.go, composition.go).
 */
export class Evaluation {
  readonly #values: object;
  readonly #access: RequestAccess | undefined;
  #budget: number;
  /** What variables have cost since the last expression. */
  #composed = 0;

  /** @param values by the name that expressions know them by */
  constructor(
    values: object,
    budget: number,
    access?: RequestAccess,
    variables: readonly Variable[] = [],
  ) {
    this.#access = access;
    this.#budget = budget;
    this.#values = Object.create(values, { variables: { value: this.#lazy(variables) } });
  }

  get budget(): number {
    return this.#budget;
  }

  /** Throws {@link OutOfBudget}. */
  async evaluate({ expression, program, error }: Compiled): Promise<Outcome> {
    if (program === undefined || error !== undefined) {
      return { value: undefined, error: `compilation error: ${error ?? ''}` };
    }
    for (;;) {
      const { used, run } = program.evaluate(this.#values as Record<string, unknown>, perCallLimit);
      const outcome = outcomeOf(expression, run);
      const waiting = this.#access?.take();
      if (waiting !== undefined && outcome.error !== undefined) {
        await waiting;
        continue;
      }
      this.#charge(this.#composed);
      this.#composed = 0;
      this.#charge(used);
      return outcome;
    }
  }

  #charge(units: number): void {
    if (units > this.#budget) throw new OutOfBudget();
    this.#budget -= units;
  }

  #lazy(variables: readonly Variable[]): object {
    const object = {};
    for (const { name, value } of variables) {
      let known: (() => unknown) | undefined;
      const get = (): unknown => {
        if (known !== undefined) return known();
        const result = this.#compute(name, value);
        // what fails for want of an answer is computed again when the answer is there
        if (this.#access?.isWaiting !== true) known = result;
        return result();
      };
      Object.defineProperty(object, name, { enumerable: true, configurable: true, get });
    }
    return object;
  }

  #compute(name: string, { program, error }: Compiled): () => unknown {
    const title = `composited variable ${JSON.stringify(name)}`;
    if (program === undefined) return failing(`${title} fails to compile: ${error ?? ''}`);
    const { used, run } = program.evaluate(this.#values as Record<string, unknown>, perCallLimit);
    if (this.#access?.isWaiting !== true) this.#composed += used;
    try {
      const value = run();
      return () => value;
    } catch (why) {
      return failing(`${title} fails to evaluate: ${(why as Error).message}`);
    }
  }
}

function outcomeOf(expression: string, run: () => unknown): Outcome {
  try {
    return { value: run(), error: undefined };
  } catch (error) {
    const why = (error as Error).message;
    return { value: undefined, error: `expression '${expression}' resulted in error: ${why}` };
  }
}

function failing(text: string): () => never {
  return () => {
    throw new Error(text);
  };
}
