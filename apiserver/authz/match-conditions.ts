import { perCallLimit } from '../../cel/budget.ts';
import { bool, type CelType, listOf, mapOf, string, struct } from '../../cel/check/cel-type.ts';
import {
  ExpressionError,
  InstantiationError,
  type Program,
  programOf,
  readExpression,
} from '../../cel/environment.ts';
import { toCel } from '../../cel/value.ts';

/**
 * `matchConditions` of an AuthorizationConfiguration's webhook: CEL over `request`, the spec of the
 * SubjectAccessReview. All must hold for the webhook to be asked; one that cannot be computed counts
 * only when none is false (k8s.io/apiserver authorization/cel).
 */
export type ConditionsHold = (spec: object) => boolean;

const requirement = typeOf('SelectorRequirement', {
  key: string,
  operator: string,
  values: listOf(string),
});
const selector = (name: string) =>
  typeOf(name, { rawSelector: string, requirements: listOf(requirement) });
const request = typeOf('SubjectAccessReviewSpec', {
  resourceAttributes: typeOf('ResourceAttributes', {
    namespace: string,
    verb: string,
    group: string,
    version: string,
    resource: string,
    subresource: string,
    name: string,
    fieldSelector: selector('FieldSelectorAttributes'),
    labelSelector: selector('LabelSelectorAttributes'),
  }),
  nonResourceAttributes: typeOf('NonResourceAttributes', { path: string, verb: string }),
  user: string,
  groups: listOf(string),
  extra: mapOf(string, listOf(string)),
  uid: string,
});

function typeOf(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  return struct(`kubernetes.${name}`, (field) => fields[field]);
}

/** Throws Error with upstream's detail. */
export function compileCondition(expression: string): Program {
  try {
    const typed = readExpression(expression, { request });
    const program = programOf(typed, { request });
    if (typed.type === bool) return program;
    throw new Error(`must evaluate to bool but got ${program.resultType}`);
  } catch (error) {
    if (error instanceof InstantiationError || !(error instanceof ExpressionError)) throw error;
    throw new Error(`compilation failed: ${error.message}`, { cause: error });
  }
}

export interface Condition {
  expression: string;
  program: Program;
}

export function conditionsHold(conditions: readonly Condition[]): ConditionsHold {
  return (spec) => {
    const value = toCel(spec, undefined);
    const errors: string[] = [];
    for (const { expression, program } of conditions) {
      try {
        if (program.evaluate({ request: value }, perCallLimit).run() === false) return false;
      } catch (error) {
        errors.push(
          `cel evaluation error: expression '${expression}' resulted in error: ${(error as Error).message}`,
        );
      }
    }
    if (errors.length === 1) throw new Error(errors[0]);
    if (errors.length > 1) throw new Error(`[${errors.join(', ')}]`);
    return true;
  };
}
