import type { Schema } from '../schema/schema.ts';
import { namespaceSchema, requestSchema, schemaOfResult } from './admission-schema.ts';
import { authorizerType } from './authorizer-library.ts';
import { compileExpression, ExpressionError, type Program } from './environment.ts';

/**
 * Expressions of admission: of webhooks' matchConditions and of admission policies. They see object,
 * oldObject, request and namespaceObject, and what else the place they stand in offers
 * (k8s.io/apiserver admission/plugin/cel compile.go).
 */
export interface Offered {
  params: boolean;
  authorizer: boolean;
  /** `variables`, with those that come before; undefined where there are none. */
  variables?: Schema | undefined;
  /** What is known of object and oldObject, and of params; they are looked at as values otherwise. */
  types?: { object: Schema; params: Schema | undefined };
}

/** What an expression may result in; undefined: anything. */
type Returns = 'bool' | 'string' | 'string or null' | 'Object' | 'JSONPatch' | undefined;

/** An expression made ready, or why it cannot be: upstream's text without the field. */
export interface Compiled {
  readonly expression: string;
  readonly program: Program | undefined;
  readonly error: string | undefined;
}

export function compileAdmission(expression: string, offered: Offered, returns: Returns): Compiled {
  const variables: Record<string, Schema | undefined> = {
    object: offered.types?.object,
    oldObject: offered.types?.object,
    namespaceObject: namespaceSchema,
    request: requestSchema,
    ...(offered.params ? { params: offered.types?.params } : {}),
    ...(offered.authorizer ? { authorizer: undefined } : {}),
    ...(offered.variables === undefined ? {} : { variables: offered.variables }),
  };
  try {
    const types = { authorizer: authorizerType };
    const literals = returns === 'Object' || returns === 'JSONPatch';
    const program = compileExpression(expression, variables, types, literals);
    return { expression, program, error: mismatch(program, returns) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { expression, program: undefined, error: `compilation failed: ${error.message}` };
  }
}

const accepted: Record<NonNullable<Returns>, readonly string[]> = {
  bool: ['bool'],
  string: ['string'],
  'string or null': ['string', 'null'],
  Object: ['Object'],
  JSONPatch: ['list<JSONPatch>', 'list'],
};

/**
 * Upstream takes exact types only. Where this server's checker knows less than upstream's (results of
 * some calls), the value decides when it is there.
 */
function mismatch({ resultType, selection }: Program, returns: Returns): string | undefined {
  if (returns === undefined || accepted[returns].includes(resultType)) return undefined;
  if (resultType === 'dyn' && !selection) return undefined;
  const wanted =
    returns === 'string or null'
      ? 'one of [string null_type]'
      : named(String(accepted[returns][0]));
  return `must evaluate to ${wanted} but got ${named(resultType)}`;
}

/** As cel-go prints its types. */
function named(type: string): string {
  if (type === 'list') return 'list(dyn)';
  if (type === 'map' || type === 'object') return 'map(dyn, dyn)';
  if (type === 'null') return 'null_type';
  return type.replaceAll('<', '(').replaceAll('>', ')');
}

/** The schema of `variables` with one more. */
function withVariable(variables: Schema | undefined, name: string, value: Compiled): Schema {
  const properties = {
    ...variables?.properties,
    [name]: schemaOfResult(value.program?.resultType ?? 'dyn'),
  };
  return { type: 'object', properties };
}

/** Policies without variables have no `variables` either. */
export function compileVariables(
  given: readonly { name: string; expression: string }[],
  params: boolean,
  types?: Offered['types'],
): { compiled: { name: string; value: Compiled }[]; schema: Schema | undefined } {
  let schema: Schema | undefined =
    given.length === 0 ? undefined : { type: 'object', properties: {} };
  const compiled: { name: string; value: Compiled }[] = [];
  for (const { name, expression } of given) {
    const offered = { params, authorizer: true, variables: schema, ...(types && { types }) };
    const value = compileAdmission(expression, offered, undefined);
    schema = withVariable(schema, name, value);
    compiled.push({ name, value });
  }
  return { compiled, schema };
}

/**
 * What is wrong with an expression for objects of known types, laid out as cel-go does; undefined:
 * nothing that can be seen before it runs. Its result may be of any type.
 */
export function typeProblem(
  expression: string,
  variables: readonly { name: string; expression: string }[],
  types: NonNullable<Offered['types']>,
): string | undefined {
  const params = types.params !== undefined;
  const { schema } = compileVariables(variables, params, types);
  const offered = { params, authorizer: true, variables: schema, types };
  const { error } = compileAdmission(expression, offered, undefined);
  return error?.replace(/^compilation failed: /, '');
}
