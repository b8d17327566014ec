import { type Call, type Expression, type Fold, type Mistake, pathOf } from './expression.ts';
import { bool, int } from './cel-type.ts';

/**
 * What calls of macros stand for (cel-go parser/macro.go, cel/library.go, ext/comprehensions.go,
 * ext/lists.go): the checker sees only what they become.
 */
export function expand(written: Call, bind: boolean): Expression | Mistake {
  const { name, target, args } = written;
  if (bind && name === 'bind' && args.length === 3 && target && pathOf(target) === 'cel') {
    return named(written);
  }
  if (target === undefined)
    return name === 'has' && args.length === 1 ? presence(written) : written;
  const make = macros[`${name}/${args.length}`];
  return make === undefined ? written : make({ ...written, target });
}

type Member = Call & { target: Expression };
type Macro = (written: Member) => Expression | Mistake;

/** The name of what a loop has come to: no expression can write it. */
export const accumulator = '@result';
const result = (at: number): Expression => ({ kind: 'identifier', at, name: accumulator });
const truth = (at: number, value = true): Expression => ({
  kind: 'literal',
  at,
  type: bool,
  value,
});
const number = (at: number, value: bigint): Expression => ({
  kind: 'literal',
  at,
  type: int,
  value,
});
const call = (at: number, name: string, ...args: Expression[]): Expression => ({
  kind: 'call',
  at,
  name,
  args,
});
const method = (at: number, name: string, target: Expression): Expression => ({
  kind: 'call',
  at,
  name,
  target,
  args: [],
});
const list = (at: number, ...values: Expression[]): Expression => ({
  kind: 'list',
  at,
  items: values.map((value) => ({ value, optional: false })),
});

function presence({ at, args: [selected] }: Call): Expression | Mistake {
  if (selected?.kind === 'select') return { ...selected, at, test: true };
  return { at: selected?.at ?? 0, why: 'invalid argument to has() macro' };
}

/** The names that a macro gives to what it loops over, or why they cannot be. */
function namesOf(args: readonly Expression[], count: 1 | 2, why: string): string[] | Mistake {
  const names: string[] = [];
  for (const arg of args.slice(0, count)) {
    if (arg.kind !== 'identifier') return { at: arg.at, why };
    names.push(arg.name);
  }
  const [first, second] = args as [Expression, Expression];
  if (count === 2 && names[0] === names[1]) {
    return { at: second.at, why: `duplicate variable name: ${names[0]}` };
  }
  for (const [i, name] of names.entries()) {
    if (name === accumulator || name === '__result__') {
      const { at } = i === 0 ? first : second;
      return { at, why: 'iteration variable overwrites accumulator variable' };
    }
  }
  return names;
}

interface Parts {
  start: Expression;
  condition: Expression;
  step: Expression;
  result: Expression;
}

function loop(
  count: 1 | 2,
  parts: (at: number, rest: readonly Expression[], names: readonly Expression[]) => Parts,
  why = 'argument must be a simple name',
): Macro {
  return ({ at, target, args }) => {
    const names = namesOf(args, count, why);
    if (!Array.isArray(names)) return names;
    const [variable, second] = names as [string, string | undefined];
    const fold: Fold = {
      kind: 'fold',
      at,
      range: target,
      variable,
      accumulator,
      ...parts(at, args.slice(count), args.slice(0, count)),
    };
    return second === undefined ? fold : { ...fold, second };
  };
}

type Body = (at: number, rest: readonly Expression[], names: readonly Expression[]) => Parts;

const all: Body = (at, [body]) => ({
  start: truth(at),
  condition: call(at, '@not_strictly_false', result(at)),
  step: call(at, '_&&_', result(at), body as Expression),
  result: result(at),
});

const exists: Body = (at, [body]) => ({
  start: truth(at, false),
  condition: call(at, '@not_strictly_false', call(at, '!_', result(at))),
  step: call(at, '_||_', result(at), body as Expression),
  result: result(at),
});

const existsOne: Body = (at, [body]) => ({
  start: number(at, 0n),
  condition: truth(at),
  step: call(
    at,
    '_?_:_',
    body as Expression,
    call(at, '_+_', result(at), number(at, 1n)),
    result(at),
  ),
  result: call(at, '_==_', result(at), number(at, 1n)),
});

/** Two expressions after the names: the first says which elements take part. */
function gathered(
  at: number,
  start: Expression,
  rest: readonly Expression[],
  add: (one: Expression) => Expression,
): Parts {
  const [only, one] = rest as [Expression, Expression | undefined];
  const step = one === undefined ? add(only) : call(at, '_?_:_', only, add(one), result(at));
  return { start, condition: truth(at), step, result: result(at) };
}

const map: Body = (at, rest) =>
  gathered(at, list(at), rest, (one) => call(at, '_+_', result(at), list(at, one)));

const filter: Body = (at, [body], [name]) =>
  gathered(at, list(at), [body as Expression, name as Expression], (one) =>
    call(at, '_+_', result(at), list(at, one)),
  );

const emptyMap = (at: number): Expression => ({ kind: 'map', at, entries: [] });

const transformMap: Body = (at, rest, [key]) =>
  gathered(at, emptyMap(at), rest, (one) =>
    call(at, 'cel.@mapInsert', result(at), { ...(key as Expression), at }, one),
  );

const transformMapEntry: Body = (at, rest) =>
  gathered(at, emptyMap(at), rest, (one) => call(at, 'cel.@mapInsert', result(at), one));

/** `cel.bind(name, value, body)`, which some environments have. */
function named({ at, args: [name, value, body] }: Call): Expression | Mistake {
  if (name?.kind === 'identifier') {
    return bound(at, name.name, value as Expression, body as Expression);
  }
  return { at: name?.at ?? at, why: 'cel.bind() variable names must be simple identifiers' };
}

/** A name for a value in one expression: a loop that never runs. */
function bound(at: number, variable: string, value: Expression, body: Expression): Fold {
  const range = list(at);
  const step: Expression = { kind: 'identifier', at, name: variable };
  const condition = truth(at, false);
  return {
    kind: 'fold',
    at,
    range,
    variable: '#unused',
    accumulator: variable,
    start: value,
    condition,
    step,
    result: body,
  };
}

function optionalMap(wrapped: boolean): Macro {
  return ({ at, name, target, args: [variable, body] }) => {
    if (variable?.kind !== 'identifier' || body === undefined) {
      return { at: variable?.at ?? at, why: `${name}() variable name must be a simple identifier` };
    }
    const inner = bound(at, variable.name, method(at, 'value', target), body);
    const wanted = wrapped ? call(at, 'optional.of', inner) : inner;
    return call(at, '_?_:_', method(at, 'hasValue', target), wanted, call(at, 'optional.none'));
  };
}

const sortBy: Macro = ({ at, target, args: [variable, key] }) => {
  if (!['identifier', 'select', 'list', 'fold', 'call'].includes(target.kind)) {
    const what = `sortBy can only be applied to a list, identifier, comprehension, call or select expression`;
    return { at: target.at, why: what };
  }
  if (variable?.kind !== 'identifier' || key === undefined) {
    return { at: variable?.at ?? at, why: 'argument must be a simple name' };
  }
  const input = '@__sortBy_input__';
  const keys = loop(
    1,
    map,
  )({
    kind: 'call',
    at,
    name: 'map',
    target: { kind: 'identifier', at, name: input },
    args: [variable, key],
  });
  const sorted: Expression = {
    kind: 'call',
    at,
    name: '@sortByAssociatedKeys',
    target: { kind: 'identifier', at, name: input },
    args: [keys as Expression],
  };
  return bound(at, input, target, sorted);
};

const noName = 'argument is not an identifier';

const macros: Readonly<Record<string, Macro>> = {
  'all/2': loop(1, all),
  'exists/2': loop(1, exists),
  'exists_one/2': loop(1, existsOne),
  'map/2': loop(1, map, noName),
  'map/3': loop(1, map, noName),
  'filter/2': loop(1, filter, noName),
  'all/3': loop(2, all),
  'exists/3': loop(2, exists),
  'exists_one/3': loop(2, existsOne),
  'existsOne/3': loop(2, existsOne),
  'transformList/3': loop(2, map),
  'transformList/4': loop(2, map),
  'transformMap/3': loop(2, transformMap),
  'transformMap/4': loop(2, transformMap),
  'transformMapEntry/3': loop(2, transformMapEntry),
  'transformMapEntry/4': loop(2, transformMapEntry),
  'optMap/2': optionalMap(true),
  'optFlatMap/2': optionalMap(false),
  'sortBy/2': sortBy,
};
