import { Ended, spend } from '../budget.ts';
import { Failure } from './turns.ts';
import { entriesOf, isMap, isTyped, sizeOfMap } from './values.ts';

/**
 * What calls cost when they run (cel-go interpreter/runtimecost.go, k8s.io/apiserver
 * cel/library/cost.go): about one unit, or a tenth for each character that is walked over.
 */
export const cost = { select: 1, list: 10, map: 30, struct: 40, authorization: 350_000 };

const perLetter = 0.1;
const perPatternLetter = 0.25;

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return lettersOf(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (isMap(value)) return sizeOfMap(value);
  return isTyped(value) && 'costSize' in value ? Number(value.costSize) : 1;
}

function lettersOf(text: string): number {
  let letters = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd8_00 && code < 0xdc_00) letters--;
  }
  return letters;
}

const walked = (size: number, factor = perLetter): number => Math.ceil(size * factor);

function matching(text: number, pattern: number): number {
  return walked(1 + text) * walked(pattern, perPatternLetter);
}

type Cost = (args: readonly unknown[], result: unknown) => number;

const first: Cost = ([a]) => walked(sizeOf(a));
const twice: Cost = ([a]) => walked(sizeOf(a) * 2);
/** A list of requirements, each of which may be as short as two letters. */
const selector: Cost = ([, b]) =>
  cost.list + walked(sizeOf(b)) + walked(sizeOf(b), 0.5) * (cost.list + cost.struct);
const patterned: Cost = ([a, b]) => matching(sizeOf(a), sizeOf(b));
const texts = (a: unknown): boolean => typeof a === 'string' || a instanceof Uint8Array;
/** Walks over as much as the shorter one has. */
const compared: Cost = ([a, b]) => walked(Math.min(sizeOf(a), sizeOf(b)));
const ordered: Cost = (args) => (texts(args[0]) ? compared(args, undefined) : 1);
const equality: Cost = (args) => (isTyped(args[0]) ? 1 : compared(args, undefined));
const walks: Cost = ([list]) => walkCost(list);

function walkCost(value: unknown): number {
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * perLetter);
  if (value instanceof Uint8Array) return Math.floor(value.length * perLetter);
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + walkCost(item), 0);
  if (!isMap(value)) return 1;
  return entriesOf(value).reduce((sum, [key, item]) => sum + walkCost(key) + walkCost(item), 0);
}

const noList = 'interface conversion: *types.Err is not traits.Lister: missing method Add';

/** A list is made beside the call. */
const made = (size: number, factor = 1): number => Math.floor(size * factor) + 1 + cost.list;
const produced: Cost = (_args, result) => made(sizeOf(result));
const selfCompared = (list: unknown): number => {
  // upstream does not get over this, and it is what clients see
  if (list instanceof Failure) throw new Ended(`internal error: ${noList}`);
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return made(sizeOf(list) ** 2, texts(first) ? 2 + perLetter : 2);
};

const range: Cost = ([a, b]) =>
  walked(2 * sizeOf(a)) + (typeof b === 'string' || b instanceof Failure ? walked(sizeOf(b)) : 0);
const crossed: Cost = ([a, b]) => sizeOf(a) * sizeOf(b) + 1;

const costs: Readonly<Record<string, Cost>> = {
  startsWith: first,
  endsWith: first,
  bytes: ([a]) => (typeof a === 'string' ? walked(sizeOf(a)) : 1),
  string: ([a]) => (a instanceof Uint8Array ? walked(sizeOf(a)) : 1),
  'strings.quote': first,
  format: first,
  '@in': ([, list]) => (Array.isArray(list) ? list.length : 1),
  '_<_': ordered,
  '_<=_': ordered,
  '_>_': ordered,
  '_>=_': ordered,
  '_==_': equality,
  '_!=_': compared,
  '_+_': ([a, b]) => (texts(a) ? walked(sizeOf(a) + sizeOf(b)) : 1),
  matches: patterned,
  contains: ([a, b]) => walked(sizeOf(a)) * walked(sizeOf(b)),
  check: () => cost.authorization,
  fieldSelector: selector,
  labelSelector: selector,
  isSorted: walks,
  sum: walks,
  max: walks,
  min: walks,
  indexOf: walks,
  lastIndexOf: walks,
  url: first,
  lowerAscii: first,
  upperAscii: first,
  substring: first,
  trim: first,
  'jsonpatch.escapeKey': first,
  replace: twice,
  split: twice,
  join: (_args, result) => walked(sizeOf(result) * 2),
  find: patterned,
  findAll: patterned,
  cidr: first,
  isIP: first,
  isCIDR: first,
  ip: ([a]) => (typeof a === 'string' ? walked(sizeOf(a)) : 1),
  'ip.isCanonical': twice,
  containsIP: range,
  containsCIDR: ([a, b]) => range([a, b], undefined) + walked(sizeOf(a)) + 1,
  quantity: first,
  isQuantity: first,
  semver: first,
  isSemver: first,
  validate: ([a, text]) => matching(sizeOf(text), sizeOf(a)),
  slice: produced,
  'lists.range': produced,
  reverse: produced,
  distinct: ([list]) => selfCompared(list),
  sort: ([list]) => selfCompared(list),
  '@sortByAssociatedKeys': ([, keys]) => selfCompared(keys),
  flatten: ([list, depth]) => made(sizeOf(list), Math.max(1, Number(depth ?? 1))),
  'sets.contains': crossed,
  'sets.intersects': crossed,
  'sets.equivalent': ([a, b]) => sizeOf(a) * sizeOf(b) * 2 + 1,
};

/** Upstream counts these by what is called, the others by name. */
const byOverload = new Set([
  '_<_',
  '_<=_',
  '_>_',
  '_>=_',
  '_+_',
  '@in',
  'bytes',
  'string',
  'sort',
  '@sortByAssociatedKeys',
]);

/**
 * Charges for a call that has been made. One unit, as upstream has it, for `matches(a, b)`.
 *
 * @param settled where types say which of several functions is called; otherwise it is one unit
 */
export function chargeFor(
  name: string,
  member: boolean,
  settled: boolean,
): (args: readonly unknown[], result: unknown) => void {
  const counted = name !== 'matches' || member;
  const known = Object.hasOwn(costs, name) && counted && (settled || !byOverload.has(name));
  const of = known ? costs[name] : undefined;
  return of === undefined ? () => spend(1) : (args, result) => spend(of(args, result));
}
