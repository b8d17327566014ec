import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import type { Schema } from '../schema/schema.ts';
import { mentions, meterLoops, renameCalls } from './ast.ts';
import { limited } from './budget.ts';
import { registerAuthorizer } from './authorizer-library.ts';
import { registerFormatFunctions } from './format-library.ts';
import { library } from './library.ts';
import { registerListFunctions } from './list-library.ts';
import { registerNetworkFunctions } from './network-library.ts';
import { registerObjectLiterals, rewriteObjectLiterals } from './object-literals.ts';
import { registerQuantityFunctions } from './quantity-library.ts';
import { SchemaChecker } from './schema-check.ts';
import { registerSemverFunctions } from './semver-library.ts';
import { ownNames, registerTextFunctions } from './text-library.ts';
import { registerTwoVariableLoops } from './two-variables.ts';
import { registerUrlFunctions } from './url-library.ts';

/**
 * The Common Expression Language as Kubernetes offers it: the language from the cel-js package,
 * Kubernetes' libraries beside it. Source: k8s.io/apiserver cel/environment/base.go.
 */

/** An expression that does not parse or does not type-check: where and why, laid out as cel-go does. */
export class ExpressionError extends Error {}

export interface Program {
  /** Type of the result where it is known: a CEL type, `dyn` when it is not. */
  readonly resultType: string;
  /** The whole expression is a variable, or a field or element of one. */
  readonly selection: boolean;
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

/** Larger expressions are refused: they come from users. */
const limits = { maxAstNodes: 20_000, maxDepth: 200 };

let base: Environment | undefined;

function baseEnvironment(): Environment {
  if (base === undefined) {
    base = new (library().Environment)({
      unlistedVariablesAreDyn: false,
      enableOptionalTypes: true,
      homogeneousAggregateLiterals: false,
      limits,
    });
    registerTextFunctions(base);
    registerListFunctions(base);
    registerNetworkFunctions(base);
    registerUrlFunctions(base);
    registerQuantityFunctions(base);
    registerSemverFunctions(base);
    registerFormatFunctions(base);
    registerTwoVariableLoops(base);
    registerTimeFunctions(base);
    registerAuthorizer(base);
  }
  return base;
}

const environments = new Map<string, Environment>();

/** Callers name few combinations of variables, none of them users' own. */
function environmentOf(
  variables: readonly string[],
  types: VariableTypes,
  literals: boolean,
): Environment {
  const key = `${variables.map((name) => `${name}:${types[name] ?? ''}`).join(' ')} ${literals}`;
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = baseEnvironment().clone();
    if (literals) registerObjectLiterals(environment);
    for (const name of variables) environment.registerVariable(name, types[name] ?? 'dyn');
    environments.set(key, environment);
  }
  return environment;
}

/** Variables, with the schema of their values where there is one: fields it does not have are refused. */
export type Variables = Readonly<Record<string, Schema | undefined>>;

/** CEL types of variables that are no JSON values: those of this folder's libraries. */
export type VariableTypes = Readonly<Record<string, string>>;

/**
 * @param literals of the types Object and JSONPatch may be written (object-literals.ts)
 * @throws ExpressionError
 */
export function compileExpression(
  expression: string,
  variables: Variables,
  types: VariableTypes = {},
  literals = false,
): Program {
  const environment = environmentOf(Object.keys(variables), types, literals);
  const { text, written } = literals
    ? rewriteObjectLiterals(expression)
    : { text: expression, written: (at: number) => at };
  const laid = (at: number, why: string): string => laidOut(expression, written(at), why);
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(text);
  } catch (error) {
    throw compileError(laid, error);
  }
  const { ast } = parsed;
  const known = new SchemaChecker((node, why) => {
    throw new ExpressionError(laid(positionOf(node), why));
  }).check(ast, variables);
  renameCalls(ast, ownNames);
  const checked = parsed.check();
  if (!checked.valid) throw compileError(laid, checked.error);
  meterLoops(ast);
  const type = checked.type ?? 'dyn';
  return {
    resultType: type === 'dyn' ? known : type,
    selection: ['id', '.', '[]'].includes(ast.op),
    uses: (variable) => mentions(ast, variable),
    evaluate(values, limit) {
      const { used, run } = limited(limit, () => parsed(values));
      return {
        used,
        run() {
          try {
            return run();
          } catch (error) {
            throw reasonOf(error);
          }
        },
      };
    },
  };
}

/** `optional.of(value)`, or none for undefined: what oldSelf is where a rule asks for an optional. */
export function optionalOf(value: unknown): unknown {
  const { Optional } = library();
  return value === undefined ? Optional.none() : Optional.of(value);
}

/** The library's reasons in cel-go's lower case; other errors are functions' own. */
function reasonOf(error: unknown): Error {
  if (!(error instanceof library().EvaluationError)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const { summary } = error;
  if (/^found no matching overload|^no such overload/i.test(summary)) {
    return new Error(`no such overload: ${summary}`, { cause: error });
  }
  const text = summary.charAt(0).toLowerCase() + summary.slice(1);
  return new Error(text, { cause: error });
}

function compileError(laid: (at: number, why: string) => string, error: unknown): ExpressionError {
  const { ParseError, TypeError: TypeMismatch } = library();
  if (error instanceof ParseError || error instanceof TypeMismatch) {
    const { summary } = error;
    const unknown = /^Unknown variable: (.*)$/.exec(summary);
    const why =
      unknown?.[1] !== undefined
        ? `undeclared reference to '${unknown[1]}' (in container '')`
        : error instanceof ParseError
          ? `Syntax error: ${summary}`
          : summary;
    return new ExpressionError(laid(error.range?.start ?? 0, why));
  }
  return new ExpressionError(error instanceof Error ? error.message : String(error));
}

/** cel-go points at the dot of a field selection. */
function positionOf(node: ASTNode): number {
  if (node.op !== '.' && node.op !== '.?') return node.start;
  return node.args[0].end;
}

/** `ERROR: <input>:1:5: why`, then the line and a pointer below it. */
function laidOut(expression: string, at: number, why: string): string {
  const before = expression.slice(0, at);
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1);
  const text = expression.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${why}\n | ${text}\n | ${'.'.repeat(column)}^`;
}

/** Conversions of what is already a time. */
function registerTimeFunctions(environment: Environment): void {
  const duration = 'google.protobuf.Duration';
  const timestamp = 'google.protobuf.Timestamp';
  const same = (value: unknown): unknown => value;
  environment
    .registerFunction(`duration(${duration}): ${duration}`, same)
    .registerFunction(`timestamp(${timestamp}): ${timestamp}`, same);
}
