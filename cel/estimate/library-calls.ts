import { isExactly } from '../check/cel-type.ts';
import {
  type Charging,
  isText,
  matching,
  one,
  perLetter,
  sizeOf,
  walk,
  wrapped,
} from './charge.ts';
import { exactly, largest, product, type Span, scaled, sum } from './span.ts';

/** The functions of Kubernetes' own libraries (k8s.io/apiserver cel/library/cost.go). */

const authorization = exactly(350_000);
const ofArgument: Charging = ({ args: [a] }) => (a === undefined ? undefined : { cost: walk(a) });
const kept: Charging = ({ target }) => ({ cost: walk(target), size: sizeOf(target) });
const pairwise = (a: Span): Span => scaled(a, 2 * perLetter);

/** A list of requirements, each of which may be as short as two letters. */
const selector: Charging = ({ args: [a] }) => {
  const size = sizeOf(a);
  const requirements = scaled(scaled(size, 0.5), 50);
  return { cost: sum(exactly(10), scaled(size, perLetter), requirements) };
};

/** Each element once, texts letter by letter. */
const walksList: Charging = ({ target, itemOf }) => {
  if (target === undefined) return undefined;
  const item = itemOf(target);
  if (item === undefined) return { cost: walk(target) };
  const each = isText(item.type) ? sum(one, scaled(item.size, perLetter)) : one;
  return { cost: product(sizeOf(target), each) };
};

const found: Charging = ({ target, args: [pattern] }) => ({
  cost: matching(target, pattern),
  size: { min: 0n, max: sizeOf(target).max },
});

/** Addresses of 4 bytes, or of 16. */
const address: Span = { min: 4n, max: 16n };
const addresses = pairwise(address);
const parsed: Charging = ({ overload, args: [a] }) =>
  overload.takes[1]?.kind === 'string' ? { cost: walk(a) } : { cost: exactly(0) };
const containsIp: Charging = (call) => ({ cost: sum(addresses, parsed(call)?.cost ?? one) });
const containsCidr: Charging = (call) => ({
  cost: sum(addresses, scaled(address, perLetter), one, parsed(call)?.cost ?? one),
});

export const libraryCharges: Readonly<Record<string, Charging>> = {
  check: () => ({ cost: authorization }),
  fieldSelector: selector,
  labelSelector: selector,
  isSorted: walksList,
  sum: walksList,
  max: walksList,
  min: walksList,
  indexOf: walksList,
  lastIndexOf: walksList,
  url: ({ args: [a] }) => ({ cost: walk(a), size: sizeOf(a) }),
  'jsonpatch.escapeKey': ({ args: [a] }) => ({ cost: walk(a), size: sizeOf(a) }),
  lowerAscii: kept,
  upperAscii: kept,
  substring: kept,
  trim: kept,
  replace: ({ target, args: [from, to] }) => {
    const text = sizeOf(target);
    return { cost: pairwise(text), size: replacedSize(text, sizeOf(from), sizeOf(to)) };
  },
  split({ target, args: [, most] }) {
    const text = sizeOf(target);
    const limit = most?.part.kind === 'literal' ? most.part.value : undefined;
    const max = typeof limit === 'bigint' ? wrapped(limit) : text.max;
    return { cost: pairwise(text), size: { min: 0n, max } };
  },
  join({ target, args: [by], itemOf }) {
    if (target === undefined) return undefined;
    const list = sizeOf(target);
    const item = itemOf(target);
    const items = item === undefined ? exactly(0) : product(list, item.size);
    const gaps = { min: oneLess(list.min), max: oneLess(list.max) };
    const size = by === undefined ? items : sum(items, product(sizeOf(by), gaps));
    return { cost: scaled(size, perLetter), size };
  },
  find: found,
  findAll: found,
  cidr: ofArgument,
  isIP: ofArgument,
  isCIDR: ofArgument,
  ip: ({ target, args: [a] }) => ({ cost: target === undefined ? walk(a) : one }),
  'ip.isCanonical': ({ args: [a] }) => ({ cost: pairwise(sizeOf(a)) }),
  containsIP: containsIp,
  containsCIDR: containsCidr,
  quantity: ofArgument,
  isQuantity: ofArgument,
  semver: ofArgument,
  isSemver: ofArgument,
  // a pattern of 128 letters
  validate: ({ args: [a] }) => ({ cost: scaled(walk(a), 32) }),
  '_==_': equality,
};

const oneLess = (value: bigint): bigint => (value > 0n ? value - 1n : 0n);

const quick = new Set(
  ['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver'].concat(
    ['Authorizer', 'PathCheck', 'GroupCheck', 'ResourceCheck', 'Decision'].map(
      (name) => `kubernetes.authorization.${name}`,
    ),
  ),
);

const formatMost = 64n;

/** Values of two of the same of these types. */
function equality({ args: [a, b] }: Parameters<Charging>[0]): ReturnType<Charging> {
  if (a === undefined || b === undefined || !isExactly(a.type, b.type)) return undefined;
  const { name } = a.type;
  if (quick.has(name)) return { cost: one };
  if (name === 'kubernetes.NamedFormat') {
    return { cost: scaled({ min: 1n, max: formatMost }, perLetter) };
  }
  if (name !== 'kubernetes.URL') return undefined;
  return { cost: scaled({ min: 1n, max: b.size?.max ?? 1n }, perLetter) };
}

const divided = (a: bigint, b: bigint): bigint => {
  const made = Math.ceil(Number(a) / Number(b));
  return made >= 2 ** 64 ? largest : BigInt(made);
};

const onceMore = (value: bigint): bigint => (value < largest ? value + 1n : value);

/** As long as replacing can make a text, and as short. */
function replacedSize(text: Span, from: Span, to: Span): Span {
  const longest = replacing(text.max, from.min, to.max <= from.min);
  const shortest = replacing(text.min, from.max, from.max <= to.min);
  const times = { min: shortest.times, max: longest.times };
  return sum(product(times, to), { min: shortest.kept, max: longest.kept });
}

/** How often a text is replaced, and what is kept beside. An empty text is found around every letter. */
function replacing(
  letters: bigint,
  from: bigint,
  unchanged: boolean,
): { times: bigint; kept: bigint } {
  if (from === 0n) return { times: onceMore(letters), kept: letters };
  return unchanged ? { times: 0n, kept: letters } : { times: divided(letters, from), kept: 0n };
}
