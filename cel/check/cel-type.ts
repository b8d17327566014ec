/**
 * The types of CEL and how they fit each other, as cel-go's checker has them
 * (cel-go common/types/types.go, checker/types.go).
 */
export type Kind =
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'none'
  | 'null'
  | 'opaque'
  | 'parameter'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'uint';

export interface CelType {
  readonly kind: Kind;
  /** As values of type print it: `google.protobuf.Duration`, `list`. */
  readonly name: string;
  readonly parameters: readonly CelType[];
  /**
   * The type of a field of a struct; undefined: there is no such field. Without it nothing is known
   * of the struct's fields, and none may be named.
   */
  readonly field?: (name: string) => CelType | undefined;
}

function simple(kind: Kind, name: string = kind): CelType {
  return { kind, name, parameters: [] };
}

export const dyn = simple('dyn');
export const any = simple('any', 'google.protobuf.Any');
export const bool = simple('bool');
export const bytes = simple('bytes');
export const double = simple('double');
export const duration = simple('duration', 'google.protobuf.Duration');
export const failed = simple('error', '!error!');
export const int = simple('int');
/** Of a field that a type answers for without having it. */
export const none = simple('none', '');
export const nullType = simple('null', 'null_type');
export const string = simple('string');
export const timestamp = simple('timestamp', 'google.protobuf.Timestamp');
export const uint = simple('uint');

export const listOf = (item: CelType): CelType => ({
  kind: 'list',
  name: 'list',
  parameters: [item],
});
export const mapOf = (key: CelType, value: CelType): CelType => ({
  kind: 'map',
  name: 'map',
  parameters: [key, value],
});
export const typeOf = (type: CelType): CelType => ({
  kind: 'type',
  name: 'type',
  parameters: [type],
});
export const optionalOf = (type: CelType): CelType => ({
  kind: 'opaque',
  name: 'optional_type',
  parameters: [type],
});
export const parameter = (name: string): CelType => simple('parameter', name);
export const struct = (name: string, field?: CelType['field']): CelType => ({
  ...simple('struct', name),
  ...(field && { field }),
});

/** In the checker's messages. */
export function shown(type: CelType): string {
  switch (type.kind) {
    case 'any':
    case 'duration':
    case 'null':
    case 'timestamp':
      return type.kind;
    default:
      return withParameters(type, shown);
  }
}

/** What a call was given, as messages show it. */
export function signature(types: readonly CelType[], member: boolean): string {
  const [first, ...rest] = types.map(shown);
  return member ? `${first}.(${rest.join(', ')})` : `(${[first, ...rest].join(', ')})`;
}

/** As a type prints itself: what a whole expression results in. */
export function named(type: CelType): string {
  return withParameters(type, named);
}

function withParameters({ name, parameters }: CelType, show: (type: CelType) => string): string {
  return parameters.length === 0 ? name : `${name}(${parameters.map(show).join(', ')})`;
}

export function isExactly(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.parameters.length === b.parameters.length &&
    a.parameters.every((type, i) => isExactly(type, b.parameters[i] as CelType))
  );
}

export const isDyn = ({ kind }: CelType): boolean => kind === 'dyn' || kind === 'any';
export const isDynOrFailed = (type: CelType): boolean => isDyn(type) || type.kind === 'error';

/** What is in an optional, or the type itself. */
export function unwrapped(type: CelType): [type: CelType, optional: boolean] {
  const [inner] = type.parameters;
  return type.kind === 'opaque' && type.name === 'optional_type' && inner !== undefined
    ? [inner, true]
    : [type, false];
}

/** What type parameters stand for, by their names. */
export type Bindings = ReadonlyMap<string, CelType>;

/** @param free what parameters without a binding become; undefined: they stay */
export function substitute(bindings: Bindings, type: CelType, free?: CelType): CelType {
  if (type.kind === 'parameter') {
    const bound = bindings.get(type.name);
    if (bound !== undefined) return substitute(bindings, bound, free);
    return free ?? type;
  }
  if (type.parameters.length === 0) return type;
  const parameters = type.parameters.map((one) => substitute(bindings, one, free));
  return { ...type, parameters };
}

/** The bindings under which a list of types may stand where the other is asked for. */
export function assignable(
  bindings: Bindings,
  given: readonly CelType[],
  wanted: readonly CelType[],
): Bindings | undefined {
  if (given.length !== wanted.length) return undefined;
  const copied = given.some(isOpen) || wanted.some(isOpen);
  const made = copied ? new Map(bindings) : (bindings as Binding);
  return allAssignable(made, given, wanted) ? made : undefined;
}

/** Comparing it may bind a parameter. */
function isOpen({ kind, parameters }: CelType): boolean {
  return kind === 'parameter' || parameters.some(isOpen);
}

type Binding = Map<string, CelType>;

function allAssignable(
  bound: Binding,
  given: readonly CelType[],
  wanted: readonly CelType[],
): boolean {
  return (
    given.length === wanted.length &&
    given.every((type, i) => isAssignable(bound, type, wanted[i] as CelType))
  );
}

function isAssignable(bound: Binding, a: CelType, b: CelType): boolean {
  if (b.kind === 'parameter') {
    const { valid, known } = standsFor(bound, a, b);
    if (valid) return true;
    if (known) return false;
  }
  if (a.kind === 'parameter') return standsFor(bound, b, a).valid;
  if (isDynOrFailed(a) || isDynOrFailed(b)) return true;
  if (a.kind === 'null') return isNullable(b);
  if (b.kind === 'null') return isNullable(a);
  switch (a.kind) {
    case 'type':
      return b.kind === 'type';
    case 'opaque':
    case 'list':
    case 'map':
      return (
        a.kind === b.kind && a.name === b.name && allAssignable(bound, a.parameters, b.parameters)
      );
    case 'none':
      return false;
    default:
      return a.kind === b.kind && a.name === b.name;
  }
}

function isNullable({ kind }: CelType): boolean {
  return ['opaque', 'struct', 'any', 'duration', 'timestamp', 'null'].includes(kind);
}

/** Whether `parameter` may be `type`, and whether it already was something; binds it. */
function standsFor(
  bound: Binding,
  type: CelType,
  parameter: CelType,
): { valid: boolean; known: boolean } {
  if (isExactly(type, parameter)) return { valid: true, known: true };
  const now = bound.get(parameter.name);
  if (now !== undefined) {
    if (isExactly(type, now)) return { valid: true, known: true };
    if (!isAssignable(bound, type, now)) return { valid: false, known: true };
    const general = moreGeneral(type, now);
    if (isFree(bound, parameter, general)) bound.set(parameter.name, general);
    return { valid: true, known: true };
  }
  if (!isFree(bound, parameter, type)) return { valid: false, known: false };
  bound.set(parameter.name, type);
  return { valid: true, known: false };
}

/** The more general of two types that fit each other. */
export function moreGeneral(a: CelType, b: CelType): CelType {
  return isAtMostAsSpecific(a, b) ? a : b;
}

function isAtMostAsSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'parameter') return true;
  if (isDyn(b) || b.kind === 'parameter' || a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'opaque':
    case 'list':
    case 'map':
      return (
        a.name === b.name &&
        a.parameters.length === b.parameters.length &&
        a.parameters.every((type, i) => isAtMostAsSpecific(type, b.parameters[i] as CelType))
      );
    case 'type':
      return true;
    default:
      return isExactly(a, b);
  }
}

/** Nothing may stand for what it is part of. */
function isFree(bound: Bindings, parameter: CelType, within: CelType): boolean {
  if (isExactly(parameter, within)) return false;
  if (within.kind === 'parameter') {
    const now = bound.get(within.name);
    return now === undefined || isFree(bound, parameter, now);
  }
  return within.parameters.every((type) => isFree(bound, parameter, type));
}
