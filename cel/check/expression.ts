import type { CelType } from './cel-type.ts';

/** A parsed expression, macros expanded. `at` is where messages about it point: an offset into the text. */
export type Expression =
  | Literal
  | Identifier
  | Selection
  | Call
  | List
  | MapLiteral
  | StructLiteral
  | Fold;

export interface Literal {
  kind: 'literal';
  at: number;
  type: CelType;
  value: unknown;
}

export interface Identifier {
  kind: 'identifier';
  at: number;
  name: string;
}

export interface Selection {
  kind: 'select';
  at: number;
  operand: Expression;
  field: string;
  /** has(…) */
  test: boolean;
}

export interface Call {
  kind: 'call';
  at: number;
  name: string;
  target?: Expression;
  args: readonly Expression[];
}

export interface List {
  kind: 'list';
  at: number;
  items: readonly { value: Expression; optional: boolean }[];
}

export interface MapLiteral {
  kind: 'map';
  at: number;
  entries: readonly { key: Expression; value: Expression; optional: boolean }[];
}

export interface StructLiteral {
  kind: 'struct';
  at: number;
  name: string;
  fields: readonly { at: number; name: string; value: Expression; optional: boolean }[];
}

/** What macros that loop become. */
export interface Fold {
  kind: 'fold';
  at: number;
  range: Expression;
  variable: string;
  second?: string;
  accumulator: string;
  start: Expression;
  condition: Expression;
  step: Expression;
  result: Expression;
}

/** A mistake, and where it is. */
export interface Mistake {
  at: number;
  why: string;
}

/** One function for each kind of expression. */
export interface Visitor<Result> {
  literal(part: Literal): Result;
  identifier(part: Identifier): Result;
  select(part: Selection): Result;
  call(part: Call): Result;
  list(part: List): Result;
  map(part: MapLiteral): Result;
  struct(part: StructLiteral): Result;
  fold(part: Fold): Result;
}

export function visit<Result>(part: Expression, visitor: Visitor<Result>): Result {
  const of = visitor[part.kind] as (part: Expression) => Result;
  return of(part);
}

/** What an expression is made of. */
export function parts(one: Expression): Expression[] {
  switch (one.kind) {
    case 'literal':
    case 'identifier':
      return [];
    case 'select':
      return [one.operand];
    case 'call':
      return one.target === undefined ? [...one.args] : [one.target, ...one.args];
    case 'list':
      return one.items.map(({ value }) => value);
    case 'map':
      return one.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return one.fields.map(({ value }) => value);
    case 'fold':
      return [one.range, one.start, one.condition, one.step, one.result];
  }
}

/** A fold that gives a value a name: it never turns. */
export function isBinding({ range, condition }: Fold): boolean {
  const never = condition.kind === 'literal' && condition.value === false;
  return range.kind === 'list' && range.items.length === 0 && never;
}

/** `a.b.c` of names alone. */
export function pathOf(part: Expression): string | undefined {
  if (part.kind === 'identifier') return part.name;
  if (part.kind !== 'select' || part.test) return undefined;
  const operand = pathOf(part.operand);
  return operand === undefined ? undefined : `${operand}.${part.field}`;
}
