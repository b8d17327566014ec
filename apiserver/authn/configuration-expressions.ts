import {
  any,
  bool,
  type CelType,
  listOf,
  mapOf,
  string,
  struct,
} from '../../cel/check/cel-type.ts';
import { type Expression, parts } from '../../cel/check/expression.ts';
import {
  ExpressionError,
  InstantiationError,
  programOf,
  type Program,
  readExpression,
  type Variables,
} from '../../cel/environment.ts';

/** The CEL of an AuthenticationConfiguration (k8s.io/apiserver authentication/cel compile.go). */

const userFields: Readonly<Record<string, CelType>> = {
  username: string,
  uid: string,
  groups: listOf(string),
  extra: mapOf(string, listOf(string)),
};

const variables = {
  claims: { claims: mapOf(string, any) },
  user: { user: struct('kubernetes.UserInfo', (name) => userFields[name]) },
} satisfies Record<string, Variables>;

export interface CompiledExpression {
  program: Program;
  /** Whether it looks at this claim by name. */
  usesClaim(name: string): boolean;
}

/** Over `claims` or `user`. Throws Error with upstream's detail. */
export function compileOver(
  what: keyof typeof variables,
  expression: string,
  result: 'any' | 'bool',
): CompiledExpression {
  try {
    const typed = readExpression(expression, variables[what]);
    if (result === 'bool' && typed.type !== bool) throw new Error('must evaluate to bool');
    return {
      program: programOf(typed, variables[what]),
      usesClaim: (name) => selects(typed.tree, 'claims', name, new Set()),
    };
  } catch (error) {
    if (error instanceof InstantiationError || !(error instanceof ExpressionError)) throw error;
    throw new Error(`compilation failed: ${error.message}`, { cause: error });
  }
}

/** `claims.name`, `claims.?name` and `has(claims.name)`, anywhere. */
function selects(part: Expression, operand: string, name: string, seen: Set<Expression>): boolean {
  if (seen.has(part)) return false;
  seen.add(part);
  const isOperand = (one: Expression | undefined) =>
    one?.kind === 'identifier' && one.name === operand;
  if (part.kind === 'select' && part.field === name && isOperand(part.operand)) return true;
  if (part.kind === 'call' && part.name === '_?._' && isOperand(part.args[0])) {
    const [, field] = part.args;
    if (field?.kind === 'literal' && field.value === name) return true;
  }
  return parts(part).some((one) => selects(one, operand, name, seen));
}
