import type { Functions } from './run/functions.ts';
import { UnorderedList } from './run/unordered.ts';
import {
  compare,
  Duration,
  entriesOf,
  equal,
  type Fields,
  KeyedMap,
  keyOf,
  lookup,
  sizeOfMap,
  Timestamp,
  Uint,
} from './run/values.ts';

/** The operators of the language (cel-go common/stdlib/standard.go, common/types/overflow.go). */
export function registerOperators(functions: Functions): void {
  functions
    .add('!_(bool)', (value: boolean) => !value)
    .add('_==_(dyn, dyn)', equal)
    .add('_!=_(dyn, dyn)', (a: unknown, b: unknown) => !equal(a, b))
    .add('@in(dyn, list)', (value: unknown, list: readonly unknown[]) =>
      list.some((item) => equal(item, value)),
    )
    .add('@in(dyn, map)', (key: unknown, map: Fields | KeyedMap) => lookup(map, key) !== undefined)
    .add('size(string)', letters)
    .add('.size(string)', letters);
  for (const dot of ['', '.']) {
    functions
      .add(`${dot}size(bytes)`, (value: Uint8Array) => BigInt(value.length))
      .add(`${dot}size(list)`, (value: readonly unknown[]) => BigInt(value.length))
      .add(`${dot}size(map)`, (value: Fields | KeyedMap) => BigInt(sizeOfMap(value)));
  }
  registerOrder(functions);
  registerWholeNumbers(functions);
  registerDoubles(functions);
  registerJoins(functions);
  functions.add('cel.@mapInsert(map, dyn, dyn)', insert).add('cel.@mapInsert(map, map)', insertAll);
}

const letters = (text: string): bigint => BigInt([...text].length);

function registerOrder(functions: Functions): void {
  const holds: Record<string, (order: number) => boolean> = {
    '<': (order) => order < 0,
    '<=': (order) => order <= 0,
    '>': (order) => order > 0,
    '>=': (order) => order >= 0,
  };
  for (const [sign, is] of Object.entries(holds)) {
    functions.add(`_${sign}_(dyn, dyn)`, (a: unknown, b: unknown) => {
      const order = compare(a, b);
      if (order === undefined) throw new Error('no such overload');
      return is(order);
    });
  }
}

function int(value: bigint): bigint {
  if (value !== BigInt.asIntN(64, value)) throw new Error('integer overflow');
  return value;
}

function uint(value: bigint): Uint {
  if (value !== BigInt.asUintN(64, value)) throw new Error('unsigned integer overflow');
  return new Uint(value);
}

type Whole = (a: bigint, b: bigint) => bigint;

const whole: Readonly<Record<string, Whole>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / notZero(b, 'division by zero'),
  '%': (a, b) => a % notZero(b, 'modulus by zero'),
};

function notZero(value: bigint, why: string): bigint {
  if (value === 0n) throw new Error(why);
  return value;
}

function registerWholeNumbers(functions: Functions): void {
  for (const [sign, of] of Object.entries(whole)) {
    functions
      .add(`_${sign}_(int, int)`, (a: bigint, b: bigint) => int(of(a, b)))
      .add(`_${sign}_(uint, uint)`, (a: Uint, b: Uint) => uint(of(a.value, b.value)));
  }
  functions.add('-_(int)', (value: bigint) => int(-value));
}

function registerDoubles(functions: Functions): void {
  functions
    .add('_+_(double, double)', (a: number, b: number) => a + b)
    .add('_-_(double, double)', (a: number, b: number) => a - b)
    .add('_*_(double, double)', (a: number, b: number) => a * b)
    .add('_/_(double, double)', (a: number, b: number) => a / b)
    .add('-_(double)', (value: number) => -value);
}

function registerJoins(functions: Functions): void {
  const moved = (at: Timestamp, by: bigint): Timestamp =>
    new Timestamp(at.nanoseconds + by, at.offset);
  functions
    .add('_+_(string, string)', (a: string, b: string) => a + b)
    .add('_+_(bytes, bytes)', (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]))
    .add('_+_(list, list)', (a: readonly unknown[], b: readonly unknown[]) =>
      a instanceof UnorderedList ? a.joined(b) : [...a, ...b],
    )
    .add(
      '_+_(duration, duration)',
      (a: Duration, b: Duration) => new Duration(a.nanoseconds + b.nanoseconds),
    )
    .add(
      '_-_(duration, duration)',
      (a: Duration, b: Duration) => new Duration(a.nanoseconds - b.nanoseconds),
    )
    .add('_+_(timestamp, duration)', (a: Timestamp, b: Duration) => moved(a, b.nanoseconds))
    .add('_+_(duration, timestamp)', (a: Duration, b: Timestamp) => moved(b, a.nanoseconds))
    .add('_-_(timestamp, duration)', (a: Timestamp, b: Duration) => moved(a, -b.nanoseconds))
    .add(
      '_-_(timestamp, timestamp)',
      (a: Timestamp, b: Timestamp) => new Duration(a.nanoseconds - b.nanoseconds),
    );
}

/** Into a map that is a loop's alone until it ends: it grows in place. */
function insert(map: Fields | KeyedMap, key: unknown, value: unknown): Fields | KeyedMap {
  if (lookup(map, key) !== undefined)
    throw new Error(`insert failed: key ${String(key)} already exists`);
  if (!(map instanceof KeyedMap) && typeof key === 'string') {
    const field = { value, enumerable: true, configurable: true, writable: true };
    return Object.defineProperty(map, key, field);
  }
  const grown =
    map instanceof KeyedMap
      ? map
      : new KeyedMap(new Map(entriesOf(map).map((entry) => [`s${String(entry[0])}`, entry])));
  const at = keyOf(key);
  if (at === undefined) throw new Error('unsupported key type');
  (grown.entries as Map<string, readonly [unknown, unknown]>).set(at, [key, value]);
  return grown;
}

function insertAll(map: Fields | KeyedMap, more: Fields | KeyedMap): Fields | KeyedMap {
  let grown = map;
  for (const [key, value] of entriesOf(more)) grown = insert(grown, key, value);
  return grown;
}
