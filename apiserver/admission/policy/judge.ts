import { matchConditionsBudget, runtimeBudget } from '../../../cel/budget.ts';
import { byteLength } from '../../../object/name.ts';
import type { RequestAccess } from './access.ts';
import type { ValidatingPolicy } from './compile.ts';
import { Evaluation, OutOfBudget } from './evaluation.ts';
import { conditionsHold } from './match-conditions.ts';

/** One policy's judgement of one request with one parameter (policy/validating validator.go). */

/** Why not; reason empty: the policy could not be evaluated. */
export interface Denial {
  message: string;
  reason: string;
}

export interface Judgement {
  /** One per validation; undefined where it holds. */
  denials: readonly (Denial | undefined)[];
  annotations: readonly { key: string; value: string }[];
  /** Of annotations: they refuse the request whatever the binding's actions are. */
  errors: readonly string[];
}

const messageBytesMax = 5 * 1024;

/** @param values of the variables, without `variables` */
export async function judge(
  policy: ValidatingPolicy,
  values: object,
  access: RequestAccess,
): Promise<Judgement> {
  const { conditions, failurePolicy, variables } = policy;
  try {
    if (conditions.length > 0) {
      const evaluation = new Evaluation(values, matchConditionsBudget, access, variables);
      if (!(await conditionsHold(conditions, evaluation, failurePolicy))) return nothing;
    }
    const evaluation = new Evaluation(values, runtimeBudget, access, variables);
    const outcomes = await allOf(policy.validations, ({ check }) => evaluation.evaluate(check));
    const unasked = withoutAuthorizer(values);
    const words = await wordsOf(
      policy,
      new Evaluation(unasked, evaluation.budget, access, variables),
    );
    const denials = outcomes.map(([validation, outcome], i) => {
      if (outcome.error !== undefined) return failure(policy, outcome.error);
      if (words instanceof OutOfBudget) {
        return failure(policy, `failed messageExpression: ${words.message}`);
      }
      if (outcome.value === true) return undefined;
      return { message: words[i] || validation.text, reason: validation.reason };
    });
    return { denials, ...(await annotate(policy, unasked, access)) };
  } catch (error) {
    return { ...nothing, denials: [failure(policy, (error as Error).message)] };
  }
}

const nothing: Judgement = { denials: [], annotations: [], errors: [] };

async function allOf<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<[T, R][]> {
  const done: [T, R][] = [];
  for (const one of list) done.push([one, await work(one)]);
  return done;
}

function failure({ failurePolicy }: ValidatingPolicy, message: string): Denial | undefined {
  return failurePolicy === 'Ignore' ? undefined : { message, reason: '' };
}

/**
 * What each validation says, held or not: all are asked before any is judged, and have what the
 * validations left of the budget. Empty: nothing of its own.
 */
async function wordsOf(
  { validations }: ValidatingPolicy,
  evaluation: Evaluation,
): Promise<string[] | OutOfBudget> {
  const words: string[] = [];
  try {
    for (const { message } of validations) {
      words.push(message === undefined ? '' : sayable((await evaluation.evaluate(message)).value));
    }
    return words;
  } catch (error) {
    if (error instanceof OutOfBudget) return error;
    throw error;
  }
}

/** Messages and annotations cannot ask what the user may do, not by way of a variable either. */
function withoutAuthorizer(values: object): object {
  const get = (): never => {
    throw new Error('no such attribute(s): authorizer');
  };
  return Object.create(values, { authorizer: { get } }) as object;
}

/** Empty: the expression gave nothing that can be said in one line. */
function sayable(value: unknown): string {
  const said = typeof value === 'string' ? value.trim() : '';
  return said.includes('\n') || byteLength(said) > messageBytesMax ? '' : said;
}

async function annotate(
  policy: ValidatingPolicy,
  values: object,
  access: RequestAccess,
): Promise<Pick<Judgement, 'annotations' | 'errors'>> {
  const annotations: { key: string; value: string }[] = [];
  const errors: string[] = [];
  if (policy.annotations.length === 0) return { annotations, errors };
  const evaluation = new Evaluation(values, runtimeBudget, access, policy.variables);
  for (const { key, value: compiled } of policy.annotations) {
    const { value, error } = await evaluation.evaluate(compiled);
    if (error !== undefined) {
      if (policy.failurePolicy === 'Fail') errors.push(error);
    } else if (typeof value === 'string') {
      if (value.trim() !== '') annotations.push({ key, value: value.trim() });
    } else if (value !== null) {
      errors.push(
        `valueExpression '${compiled.expression}' resulted in unsupported return type: ${nameOf(value)}. Return type must be either string or null.`,
      );
    }
  }
  return { annotations, errors };
}

/** As cel-go names the type of a value. */
function nameOf(value: unknown): string {
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? 'list' : 'map';
}
