import { Environment } from '@marcbachmann/cel-js';
import { registerNetworkFunctions } from './network-library.ts';
import { registerQuantityFunctions } from './quantity-library.ts';
import { registerTextFunctions } from './text-library.ts';

/**
 * The Common Expression Language as Kubernetes offers it: the language from the cel-js package (its
 * only import), Kubernetes' libraries beside it. Source: k8s.io/apiserver cel/environment/base.go.
 */

/** An expression that does not parse or does not type-check. */
export class ExpressionError extends Error {}

export interface Program {
  /** Throws with the reason when it cannot be computed (a missing key, an overflow). */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** Larger expressions are refused: they come from users. */
const limits = { maxAstNodes: 20_000, maxDepth: 200 };

let base: Environment | undefined;

function baseEnvironment(): Environment {
  if (base === undefined) {
    base = new Environment({
      unlistedVariablesAreDyn: false,
      enableOptionalTypes: true,
      homogeneousAggregateLiterals: false,
      limits,
    });
    registerTextFunctions(base);
    registerNetworkFunctions(base);
    registerQuantityFunctions(base);
  }
  return base;
}

/** Compiles an expression over the given variables (all of dynamic type). @throws ExpressionError */
export function compileExpression(expression: string, variables: readonly string[]): Program {
  const environment = baseEnvironment().clone();
  for (const name of variables) environment.registerVariable(name, 'dyn');
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(expression);
  } catch (error) {
    throw new ExpressionError(firstLine(error));
  }
  const checked = parsed.check();
  if (!checked.valid) throw new ExpressionError(firstLine(checked.error));
  return {
    evaluate(values) {
      try {
        return parsed(values);
      } catch (error) {
        throw new Error(firstLine(error), { cause: error });
      }
    },
  };
}

/** The library's messages go on with an excerpt of the source. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}
