import { perCallLimit } from '../../cel/budget.ts';
import { compileExpression } from '../../cel/environment.ts';
import { toCel } from '../../cel/value.ts';

/**
 * `matchConditions` of an AuthorizationConfiguration's webhook: CEL over `request`, the spec of the
 * SubjectAccessReview. All must hold for the webhook to be asked; one that cannot be computed counts
 * only when none is false (k8s.io/apiserver authorization/cel).
 */
export type ConditionsHold = (spec: object) => boolean;

/** Throws with the expression that does not compile or gives no bool. */
export function compileConditions(expressions: readonly string[], path: string): ConditionsHold {
  const programs = expressions.map((expression, index) => {
    const at = `${path}[${index}].expression: Invalid value: ${JSON.stringify(expression)}`;
    try {
      const program = compileExpression(expression, { request: undefined });
      if (!['bool', 'dyn'].includes(program.resultType)) {
        throw new Error('must evaluate to bool');
      }
      return program;
    } catch (error) {
      throw new Error(`${at}: ${(error as Error).message}`, { cause: error });
    }
  });
  return (spec) => {
    const request = toCel(spec, undefined);
    const errors: string[] = [];
    for (const program of programs) {
      try {
        const value = program.evaluate({ request }, perCallLimit).run();
        if (value === false) return false;
        if (value !== true) throw new Error('evaluation result is not a bool');
      } catch (error) {
        errors.push((error as Error).message);
      }
    }
    if (errors.length > 0) throw new Error(`cel evaluation error: ${errors.join(', ')}`);
    return true;
  };
}
