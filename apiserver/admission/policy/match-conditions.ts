import { type Compiled, compileAdmission, type Offered } from '../../../cel/admission.ts';
import { type Evaluation, OutOfBudget } from './evaluation.ts';

/** `matchConditions` of webhooks and policies (k8s.io/apiserver webhook/matchconditions matcher.go). */

export function compileConditions(
  given: readonly { expression: string }[],
  offered: Offered,
): Compiled[] {
  return given.map(({ expression }) => compileAdmission(expression, offered, 'bool'));
}

/**
 * All must hold. One that is false settles it, whatever the others; without one, an error means no
 * under the failure policy Ignore and is thrown under Fail.
 */
export async function conditionsHold(
  conditions: readonly Compiled[],
  evaluation: Evaluation,
  failurePolicy: 'Fail' | 'Ignore',
): Promise<boolean> {
  const errors = new Set<string>();
  try {
    for (const condition of conditions) {
      const { value, error } = await evaluation.evaluate(condition);
      if (value === false) return false;
      if (error !== undefined) errors.add(error);
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    errors.clear();
    errors.add(error.message);
  }
  if (errors.size === 0) return true;
  if (failurePolicy === 'Ignore') return false;
  const texts = [...errors];
  throw new Error(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`);
}
