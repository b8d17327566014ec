import {
  type Charge,
  type Charging,
  isText,
  type Operand,
  one,
  perLetter,
  sizeOf,
  wrapped,
  writtenNumber,
} from './charge.ts';
import { exactly, largest, product, type Span, scaled, sum } from './span.ts';

/** Lists and sets (cel-go ext/lists.go, ext/sets.go). */

const listMade = exactly(10);

/** Work in proportion to a size, and a list beside. */
function made(size: Span, factor = 1): Charge {
  return { cost: sum(scaled(size, factor), one, listMade), size };
}

/** Every element with every other; upstream takes the square for the size of the result as well. */
function selfCompared(list: Operand | undefined, texts: boolean): Charge {
  const size = sizeOf(list);
  return made(product(size, size), texts ? 2 + perLetter : 2);
}

const crossed =
  (factor: number): Charging =>
  ({ args: [a, b] }) => ({ cost: sum(scaled(product(sizeOf(a), sizeOf(b)), factor), one) });

export const listCharges: Readonly<Record<string, Charging>> = {
  slice({ target, args: [from, to] }) {
    const start = (from && writtenNumber(from)) ?? 0n;
    const end = (to && writtenNumber(to)) ?? sizeOf(target).max;
    return made(exactly(wrapped(end - start)));
  },
  'lists.range': ({ args: [count] }) => made(exactly((count && writtenNumber(count)) ?? largest)),
  reverse: ({ target }) => made(sizeOf(target)),
  flatten({ target, args: [depth] }) {
    const levels = depth === undefined ? 1n : (writtenNumber(depth) ?? largest);
    return made(sizeOf(target), Number(levels));
  },
  distinct: ({ target }) => selfCompared(target, false),
  sort: ({ target, overload }) => selfCompared(target, isText(overload.takes[0]?.parameters[0])),
  '@sortByAssociatedKeys': ({ args: [keys], overload }) =>
    selfCompared(keys, isText(overload.takes[1]?.parameters[0])),
  'sets.contains': crossed(1),
  'sets.intersects': crossed(1),
  'sets.equivalent': crossed(2),
};
