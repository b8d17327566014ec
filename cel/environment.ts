import { registerAuthorizer } from './authorizer-library.ts';
import { limited } from './budget.ts';
import { type Extras, type TypedExpression, typeExpression } from './check/compile.ts';
import { isTypeName } from './check/declarations.ts';
import { type Expression, parts } from './check/expression.ts';
import { type CelType, dyn, named } from './check/cel-type.ts';
import { registerConversions } from './conversion-library.ts';
import { registerFormatFunctions } from './format-library.ts';
import { registerListFunctions } from './list-library.ts';
import { registerNetworkFunctions } from './network-library.ts';
import { makeLiteral } from './object-literals.ts';
import { registerOperators } from './operator-library.ts';
import { registerOptionals } from './optional-library.ts';
import { registerQuantityFunctions } from './quantity-library.ts';
import { Compiler, type Run } from './run/compile.ts';
import { Functions } from './run/functions.ts';
import { Optional } from './run/values.ts';
import { registerSemverFunctions } from './semver-library.ts';
import { registerTextFunctions, registerTextMatches } from './text-library.ts';
import { registerTimeFunctions } from './time-library.ts';
import { registerUrlFunctions } from './url-library.ts';

/**
 * The Common Expression Language as Kubernetes offers it: the language, Kubernetes' libraries
 * beside it. Source: k8s.io/apiserver cel/environment/base.go.
 */

/** An expression that does not parse or does not type-check: where and why, laid out as cel-go does. */
export class ExpressionError extends Error {}

/** An expression with types that fit, and with a literal in it that cannot be made. */
export class InstantiationError extends ExpressionError {
  /** `instantiation failed: …` */
  readonly reason: string;

  constructor(why: string) {
    super(`program instantiation failed: ${why}`);
    this.reason = `instantiation failed: ${why}`;
  }
}

export interface Program {
  /** Type of the result as cel-go names it: `list(string)`, `dyn`. */
  readonly resultType: string;
  readonly type: CelType;
  uses(variable: string): boolean;
  /**
   * At most `limit` units of cost (budget.ts). `run` gives the value, or throws the reason why it
   * cannot be computed: a missing key, an overflow, {@link CostExceeded}.
   */
  evaluate(
    variables: Readonly<Record<string, unknown>>,
    limit: number,
  ): { used: number; run(): unknown };
}

const library = lazily(() => {
  const functions = new Functions();
  registerOperators(functions);
  registerTimeFunctions(functions);
  registerTextMatches(functions);
  functions.markPlain();
  registerConversions(functions);
  registerTextFunctions(functions);
  registerOptionals(functions);
  registerListFunctions(functions);
  registerNetworkFunctions(functions);
  registerUrlFunctions(functions);
  registerQuantityFunctions(functions);
  registerSemverFunctions(functions);
  registerFormatFunctions(functions);
  registerAuthorizer(functions);
  return functions;
});

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Variables and their types; undefined: any. */
export type Variables = Readonly<Record<string, CelType | undefined>>;

/** @throws ExpressionError */
export function compileExpression(
  expression: string,
  variables: Variables,
  extras?: Extras,
): Program {
  return programOf(readExpression(expression, variables, extras), variables);
}

/** @throws ExpressionError a literal that cannot be made */
export function programOf(typed: TypedExpression, variables: Variables): Program {
  const { tree, type, calls } = typed;
  let run: Run;
  try {
    run = new Compiler({
      functions: library(),
      isSettled: (call) => (calls.get(call)?.overloads.length ?? 0) < 2,
      isVariable: (name) => Object.hasOwn(variables, name),
      isType: (name) => !Object.hasOwn(variables, name) && isTypeName(name),
      make: makeLiteral,
    }).compile(tree);
  } catch (error) {
    throw new InstantiationError((error as Error).message);
  }
  return {
    resultType: named(type),
    type,
    uses: (variable) => names(tree, variable, new Set()),
    evaluate: (values, limit) => limited(limit, () => run(values, [])),
  };
}

function names(part: Expression, variable: string, seen: Set<Expression>): boolean {
  if (part.kind === 'identifier' && part.name.replace(/^\./, '') === variable) return true;
  if (seen.has(part)) return false;
  seen.add(part);
  return parts(part).some((one) => names(one, variable, seen));
}

/**
 * The type of the result.
 *
 * @throws ExpressionError all that is wrong, as upstream tells it
 */
export function checked(expression: string, variables: Variables): CelType {
  return readExpression(expression, variables).type;
}

/** @throws ExpressionError all that is wrong, as upstream tells it */
export function readExpression(
  expression: string,
  variables: Variables,
  extras?: Extras,
): TypedExpression {
  const known = Object.entries(variables).map(([name, type]) => [name, type ?? dyn] as const);
  const made = typeExpression(expression, Object.fromEntries(known), extras);
  if ('error' in made) throw new ExpressionError(made.error);
  return made;
}

/** `optional.of(value)`, or none for undefined: what oldSelf is where a rule asks for an optional. */
export function optionalOf(value: unknown): unknown {
  return value === undefined ? Optional.none : Optional.of(value);
}
