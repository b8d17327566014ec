import { namespaceSchema, requestSchema } from './admission-schema.ts';
import { celTypeOf } from './check/schema-type.ts';
import { type CelType, dyn, listOf, mapOf, struct } from './check/cel-type.ts';
import {
  checked,
  compileExpression,
  ExpressionError,
  InstantiationError,
  type Program,
} from './environment.ts';

/**
 * Expressions of admission: of webhooks' matchConditions and of admission policies. They see object,
 * oldObject, request and namespaceObject, and what else the place they stand in offers
 * (k8s.io/apiserver admission/plugin/cel compile.go).
 */
export interface Offered {
  params: boolean;
  authorizer: boolean;
  /** `variables`, with those that come before; undefined where there are none. */
  variables?: CelType | undefined;
}

const request = celTypeOf(requestSchema, 'kubernetes.AdmissionRequest', true);
const namespaceObject = celTypeOf(namespaceSchema, 'kubernetes.Namespace', true);
const authorization = (name: string): CelType => struct(`kubernetes.authorization.${name}`);

function variablesOf({ params, authorizer, variables }: Offered): Record<string, CelType> {
  return {
    object: dyn,
    oldObject: dyn,
    namespaceObject: namespaceObject ?? dyn,
    request: request ?? dyn,
    ...(params ? { params: dyn } : {}),
    ...(authorizer
      ? {
          authorizer: authorization('Authorizer'),
          'authorizer.requestResource': authorization('ResourceCheck'),
        }
      : {}),
    ...(variables === undefined ? {} : { variables }),
  };
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
  try {
    const literals = returns === 'Object' || returns === 'JSONPatch';
    const program = compileExpression(expression, variablesOf(offered), { literals });
    return { expression, program, error: mismatch(program, returns) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const why =
      error instanceof InstantiationError ? error.message : `compilation failed: ${error.message}`;
    return { expression, program: undefined, error: why };
  }
}

/** Upstream takes exact types only. */
const accepted: Record<NonNullable<Returns>, readonly string[]> = {
  bool: ['bool'],
  string: ['string'],
  'string or null': ['string', 'null_type'],
  Object: ['Object'],
  JSONPatch: ['list(JSONPatch)'],
};

function mismatch({ resultType }: Program, returns: Returns): string | undefined {
  if (returns === undefined || accepted[returns].includes(resultType)) return undefined;
  const [first, ...more] = accepted[returns];
  const wanted = more.length === 0 ? first : `one of [${[first, ...more].join(' ')}]`;
  return `must evaluate to ${wanted} but got ${resultType}`;
}

/** `variables` with these fields. */
function variablesType(fields: ReadonlyMap<string, CelType>): CelType {
  return struct('kubernetes.variables', (name) => fields.get(name));
}

/** What others see of a variable's type: objects and types of libraries are dyn to them. */
function declared(type: CelType): CelType {
  const [first = dyn, second = dyn] = type.parameters;
  switch (type.kind) {
    case 'list':
      return listOf(declared(first));
    case 'map':
      return mapOf(declared(first), declared(second));
    case 'opaque':
    case 'struct':
    case 'type':
    case 'parameter':
      return dyn;
    default:
      return type;
  }
}

interface Variable {
  name: string;
  expression: string;
}

/** Policies without variables have no `variables` either, unless `always`. */
export function compileVariables(
  given: readonly Variable[],
  params: boolean,
  always = false,
): { compiled: { name: string; value: Compiled }[]; variables: CelType | undefined } {
  const fields = new Map<string, CelType>();
  const variables = given.length === 0 && !always ? undefined : variablesType(fields);
  const compiled = given.map(({ name, expression }) => {
    const value = compileAdmission(expression, { params, authorizer: true, variables }, undefined);
    fields.set(name, value.program === undefined ? dyn : declared(value.program.type));
    return { name, value };
  });
  return { compiled, variables };
}

/** What is known of the objects that a policy sees; `params` are undefined where it has none. */
export interface SeenTypes {
  object: CelType;
  params: CelType | undefined;
}

/**
 * All that is wrong with an expression for objects of known types, laid out as cel-go does; undefined:
 * nothing that can be seen before it runs. Its result may be of any type
 * (k8s.io/apiserver admission/plugin/policy/validating typechecking.go).
 */
export function typeProblem(
  expression: string,
  given: readonly Variable[],
  { object, params }: SeenTypes,
): string | undefined {
  const fields = new Map<string, CelType>();
  const variables = {
    object,
    oldObject: object,
    namespaceObject,
    request,
    ...(params === undefined ? {} : { params }),
    authorizer: authorization('Authorizer'),
    variables: variablesType(fields),
  };
  const typeOf = (text: string): CelType | ExpressionError => {
    try {
      return checked(text, variables);
    } catch (error) {
      if (error instanceof ExpressionError) return error;
      throw error;
    }
  };
  for (const one of given) {
    const type = typeOf(one.expression);
    fields.set(one.name, type instanceof ExpressionError ? dyn : declared(type));
  }
  const type = typeOf(expression);
  return type instanceof ExpressionError ? type.message : undefined;
}
