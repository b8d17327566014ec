import { UnorderedList } from './unordered.ts';

/**
 * Values of the language: int is bigint, double is number, bytes are Uint8Array, a map is an object
 * where all its keys are text and a {@link KeyedMap} otherwise; the rest have classes.
 */

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    if (nanoseconds !== BigInt.asIntN(64, nanoseconds)) throw new Error('integer overflow');
    this.nanoseconds = nanoseconds;
  }
}

const firstMoment = -62_135_596_800n * 1_000_000_000n;
const lastMoment = 253_402_300_800n * 1_000_000_000n;

export class Timestamp {
  /** Since 1970. */
  readonly nanoseconds: bigint;
  /** Minutes from UTC that it was written with, and is shown with. */
  readonly offset: number;
  constructor(nanoseconds: bigint, offset = 0) {
    if (nanoseconds < firstMoment || nanoseconds >= lastMoment) {
      throw new Error('timestamp overflow');
    }
    this.nanoseconds = nanoseconds;
    this.offset = offset;
  }
}

export class Optional {
  static readonly none = new Optional(false, undefined);
  readonly present: boolean;
  readonly #value: unknown;

  private constructor(present: boolean, value: unknown) {
    this.present = present;
    this.#value = value;
  }

  static of(value: unknown): Optional {
    return new Optional(true, value);
  }

  value(): unknown {
    if (!this.present) throw new Error('optional.none() dereference');
    return this.#value;
  }
}

/** A type as a value. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A map whose keys are not all text. */
export class KeyedMap {
  readonly entries: ReadonlyMap<string, readonly [key: unknown, value: unknown]>;
  constructor(entries: ReadonlyMap<string, readonly [unknown, unknown]>) {
    this.entries = entries;
  }
}

/** Values of libraries tell their type, and whether they are equal to another of it. */
export interface Typed {
  readonly celType: string;
  equals?(other: unknown): boolean;
}

export function isTyped(value: unknown): value is Typed {
  return typeof value === 'object' && value !== null && 'celType' in value;
}

export type Fields = Readonly<Record<string, unknown>>;

/** An object of JSON, or a map with text as keys. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export const isMap = (value: unknown): value is Fields | KeyedMap =>
  isFields(value) || value instanceof KeyedMap;

export function typeName(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    default:
  }
  if (value === null || value === undefined) return 'null_type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof TypeValue) return 'type';
  return isTyped(value) ? value.celType : 'map';
}

/** What two keys that are equal have in common; undefined: not a key. */
export function keyOf(key: unknown): string | undefined {
  switch (typeof key) {
    case 'string':
      return `s${key}`;
    case 'boolean':
      return `b${key}`;
    case 'bigint':
      return `n${key}`;
    case 'number':
      return Number.isInteger(key) ? `n${BigInt(key)}` : undefined;
    default:
      return key instanceof Uint ? `n${key.value}` : undefined;
  }
}

export function mapOf(
  entries: readonly (readonly [key: unknown, value: unknown])[],
): Fields | KeyedMap {
  if (entries.every(([key]) => typeof key === 'string')) {
    return Object.fromEntries(entries as [string, unknown][]);
  }
  return new KeyedMap(
    new Map(
      entries.map((entry) => {
        const key = keyOf(entry[0]);
        if (key === undefined) throw new Error(`unsupported key type: ${typeName(entry[0])}`);
        return [key, entry];
      }),
    ),
  );
}

export function entriesOf(map: Fields | KeyedMap): readonly (readonly [unknown, unknown])[] {
  return map instanceof KeyedMap ? [...map.entries.values()] : Object.entries(map);
}

export function sizeOfMap(map: Fields | KeyedMap): number {
  return map instanceof KeyedMap ? map.entries.size : Object.keys(map).length;
}

/** The value at a key, in a list for none to be told from undefined. */
export function lookup(
  map: Fields | KeyedMap,
  key: unknown,
): readonly [value: unknown] | undefined {
  if (map instanceof KeyedMap) {
    const at = keyOf(key);
    const entry = at === undefined ? undefined : map.entries.get(at);
    return entry && [entry[1]];
  }
  return typeof key === 'string' && Object.hasOwn(map, key) ? [map[key]] : undefined;
}

const numeric = (value: unknown): bigint | number | undefined =>
  typeof value === 'bigint' || typeof value === 'number'
    ? value
    : value instanceof Uint
      ? value.value
      : undefined;

/** Numbers by their value whatever their type, lists and maps by what they hold. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const x = numeric(a);
  const y = numeric(b);
  // oxlint-disable-next-line eqeqeq -- 1n == 1 is what is meant
  if (x !== undefined || y !== undefined) return x !== undefined && y !== undefined && x == y;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof UnorderedList) return Array.isArray(b) && a.equals(b, equal);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  }
  if (isMap(a)) return isMap(b) && equalMaps(a, b);
  return equalObjects(a, b);
}

function equalMaps(a: Fields | KeyedMap, b: Fields | KeyedMap): boolean {
  if (sizeOfMap(a) !== sizeOfMap(b)) return false;
  return entriesOf(a).every(([key, value]) => {
    const other = lookup(b, key);
    return other !== undefined && equal(value, other[0]);
  });
}

function equalObjects(a: object, b: object): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanoseconds === b.nanoseconds;
  if (a instanceof Duration) return b instanceof Duration && a.nanoseconds === b.nanoseconds;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) {
    if (!(b instanceof Optional) || a.present !== b.present) return false;
    return !a.present || equal(a.value(), b.value());
  }
  return isTyped(a) && isTyped(b) && a.celType === b.celType && (a.equals?.(b) ?? false);
}

/** Negative, zero or positive; undefined: they have no order. */
export function compare(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) {
    if (Number.isNaN(x) || Number.isNaN(y)) throw new Error('NaN values cannot be ordered');
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  const timed =
    (a instanceof Timestamp && b instanceof Timestamp) ||
    (a instanceof Duration && b instanceof Duration);
  if (!timed) return undefined;
  const [m, n] = [(a as Duration).nanoseconds, (b as Duration).nanoseconds];
  return m < n ? -1 : m > n ? 1 : 0;
}

/** By code points, as the bytes of UTF-8 are ordered. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const plain = /^[\0-\ud7ff]*$/;
  if (plain.test(a) && plain.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
