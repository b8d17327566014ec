import { type Clause, clausesOf, endFault, refusal } from '../format-clauses.ts';
import type { CelType, Kind } from './cel-type.ts';
import type { Call, Expression, Mistake } from './expression.ts';

/** Texts that ask for other than they are given (cel-go ext/formatting.go stringFormatValidator). */
export function formatMistakes(call: Call, typeOf: (part: Expression) => CelType): Mistake[] {
  const { at, name, target, args } = call;
  const [list] = args;
  if (name !== 'format' || args.length !== 1 || list?.kind !== 'list') return [];
  if (target?.kind !== 'literal' || typeof target.value !== 'string') return [];
  const given = list.items.map(({ value }) => value);
  let asked = 0;
  for (const piece of clausesOf(target.value)) {
    if (typeof piece === 'string') continue;
    const mistake = ofClause(piece, asked, given, typeOf);
    if (mistake !== undefined) return [{ at, ...mistake }];
    asked++;
  }
  if (given.length <= asked) return [];
  const why = `too many arguments supplied to string.format (expected ${asked}, got ${given.length})`;
  return [{ at, why }];
}

/** Where it is no mistake of the whole call, it says where it is. */
type Found = { at?: number; why: string } | undefined;

function ofClause(
  { verb, fault }: Clause,
  index: number,
  given: readonly Expression[],
  typeOf: (part: Expression) => CelType,
): Found {
  if (fault === endFault) return { why: fault };
  const arg = given[index];
  if (arg === undefined) return { why: `index ${index} out of range` };
  if (fault !== undefined) return { why: fault };
  const wrong = verb === 's' ? unsayable(arg, typeOf) : misfit(arg, verb, typeOf);
  return wrong && { at: wrong.at, why: refusal(verb, typeOf(wrong).name) };
}

const numbers: readonly Kind[] = ['int', 'uint'];
const takes: Readonly<Record<string, readonly Kind[]>> = {
  s: [
    ...numbers,
    'list',
    'map',
    'double',
    'bool',
    'string',
    'timestamp',
    'bytes',
    'duration',
  ].concat(['type', 'null']) as Kind[],
  d: numbers,
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: [...numbers, 'bool'],
  x: [...numbers, 'string', 'bytes'],
  o: numbers,
};

function misfit(
  arg: Expression,
  verb: string,
  typeOf: (part: Expression) => CelType,
): Expression | undefined {
  const { kind } = typeOf(arg);
  return kind === 'dyn' || takes[verb.toLowerCase()]?.includes(kind) ? undefined : arg;
}

/** The first part that cannot be written as text, of lists and maps as well. */
function unsayable(arg: Expression, typeOf: (part: Expression) => CelType): Expression | undefined {
  const wrong = misfit(arg, 's', typeOf);
  if (wrong !== undefined) return wrong;
  const within =
    arg.kind === 'list'
      ? arg.items.map(({ value }) => value)
      : arg.kind === 'map'
        ? arg.entries.flatMap(({ key, value }) => [key, value])
        : [];
  for (const part of within) {
    const found = unsayable(part, typeOf);
    if (found !== undefined) return found;
  }
  return undefined;
}
