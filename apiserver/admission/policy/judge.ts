import { matchConditionsBudget, runtimeBudget } from '../../../cel/budget.ts';
import { byteLength } from '../../../object/name.ts';
import type { RequestAccess } from './access.ts';
import type { CompiledValidation, ValidatingPolicy } from './compile.ts';
import { Evaluation, OutOfBudget, type Outcome } from './evaluation.ts';
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
    const denials: (Denial | undefined)[] = [];
    const outcomes = await allOf(policy.validations, ({ check }) => evaluation.evaluate(check));
    for (const [validation, outcome] of outcomes) {
      denials.push(await denialOf(validation, outcome, policy, evaluation));
    }
    return { denials, ...(await annotate(policy, values, access)) };
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

async function denialOf(
  validation: CompiledValidation,
  { value, error }: Outcome,
  policy: ValidatingPolicy,
  evaluation: Evaluation,
): Promise<Denial | undefined> {
  if (error !== undefined) return failure(policy, error);
  if (value === true) return undefined;
  const { message, text, reason } = validation;
  if (message === undefined) return { message: text, reason };
  try {
    const said = await evaluation.evaluate(message);
    return { message: sayable(said.value) || text, reason };
  } catch (why) {
    if (!(why instanceof OutOfBudget)) throw why;
    return failure(policy, `failed messageExpression: ${why.message}`);
  }
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
