import {
  type CallShape,
  type Charge,
  type Charging,
  isText,
  matching,
  one,
  perLetter,
  sizeOf,
  walk,
  wrapped,
} from './charge.ts';
import { libraryCharges } from './library-calls.ts';
import { listCharges } from './list-calls.ts';
import { product, scaled, sum, union } from './span.ts';

/** One of the functions that the name stands for (cel-go checker/cost.go, functionCost). */
export function chargeOf(call: CallShape): Charge {
  const { name } = call;
  for (const charges of [listCharges, libraryCharges, languageCharges]) {
    const charge = Object.hasOwn(charges, name) ? charges[name]?.(call) : undefined;
    if (charge !== undefined) return charge;
  }
  return { cost: one };
}

const lettersPerByte = 4n;

/** Walks over as much as the shorter one has. */
const compared: Charging = ({ args: [a, b] }) => {
  const [x, y] = [sizeOf(a).max, sizeOf(b).max];
  const max = x < y ? x : y;
  return { cost: scaled({ min: max > 0n ? 1n : 0n, max }, perLetter) };
};
const ordered: Charging = (call) => (isText(call.overload.takes[0]) ? compared(call) : undefined);
const ofArgument: Charging = ({ args: [a] }) => ({ cost: walk(a) });

const languageCharges: Readonly<Record<string, Charging>> = {
  format: ({ target }) => ({ cost: walk(target) }),
  bytes: ({ overload, args: [a] }) => {
    const { min, max } = sizeOf(a);
    const size = { min, max: wrapped(max * lettersPerByte) };
    return overload.takes[0]?.kind === 'string' ? { cost: walk(a), size } : undefined;
  },
  string: ({ overload, args: [a] }) => {
    const { min, max } = sizeOf(a);
    const size = { min: min / lettersPerByte, max };
    return overload.takes[0]?.kind === 'bytes' ? { cost: walk(a), size } : undefined;
  },
  // every letter may be escaped
  'strings.quote': ({ args: [a] }) => {
    const { min, max } = sizeOf(a);
    return { cost: walk(a), size: { min: wrapped(min + 2n), max: wrapped(max * 2n + 2n) } };
  },
  startsWith: ofArgument,
  endsWith: ofArgument,
  '@in': ({ overload, args: [, list] }) =>
    overload.takes[1]?.kind === 'list' ? { cost: scaled(sizeOf(list), 1) } : undefined,
  matches: ({ target, args: [pattern] }) =>
    target === undefined ? undefined : { cost: matching(target, pattern) },
  contains: ({ target, args: [part] }) => ({ cost: product(walk(target), walk(part)) }),
  '_?_:_': ({ args: [, yes, no] }) => ({ cost: one, size: union(sizeOf(yes), sizeOf(no)) }),
  '_+_': ({ overload, args: [a, b] }) => {
    const size = sum(sizeOf(a), sizeOf(b));
    if (isText(overload.takes[0])) return { cost: scaled(size, perLetter), size };
    return overload.takes[0]?.kind === 'list' ? { cost: one, size } : undefined;
  },
  '_<_': ordered,
  '_<=_': ordered,
  '_>_': ordered,
  '_>=_': ordered,
  '_==_': compared,
  '_!=_': compared,
};
