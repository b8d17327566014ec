import { setOwn } from './copy.ts';

/**
 * JSON with all the digits of its whole numbers. Go reads what fits an int64 as one; a JavaScript
 * number is exact up to 2^53 only, so beyond that a value is a bigint, and only there: `===`
 * compares both kinds, copies take both, and where no such number is, nothing is different.
 */

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
/** 2^53 has 16 digits: texts without as many in a row need no second look. */
const longDigits = /[0-9]{16}/;
const whole = /^-?[0-9]+$/;

/** As JSON.parse; a whole number that only an int64 holds exactly is a bigint. Throws a SyntaxError. */
export function parseJson(text: string): unknown {
  return longDigits.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

/**
 * As {@link parseJson}, of what a client sent: halves of a surrogate pair become U+FFFD, as Go makes
 * of them. Only an escape can bring one.
 */
export function parseSent(text: string): unknown {
  const value = parseJson(text);
  return text.includes('\\ud') || text.includes('\\uD') ? wellFormed(value) : value;
}

const fractionOrExponent = /[.eE]/;

/**
 * As {@link parseSent}; a number with a fraction or an exponent that JavaScript would write otherwise
 * (`2.0`, `1e3`, `1e999`) is a symbol that is described by its text. Go knows such a number for a float,
 * though it be whole. Copies and patches pass a symbol on as they do a number; whoever reads the value
 * makes a number of it again ({@link plainFloats}).
 */
export function parseWritten(text: string): unknown {
  const value: unknown = JSON.parse(text, (key, field: unknown, { source = '' } = {}) =>
    typeof field === 'number' && fractionOrExponent.test(source) && source !== String(field)
      ? Symbol(source)
      : exact(key, field, { source }),
  );
  return wellFormed(value);
}

/** The number behind what {@link parseWritten} made of it. */
export function floatOf(written: symbol): number {
  return Number(written.description);
}

/** JSON in which such numbers stand as they were written. */
export function writtenText(value: unknown): string {
  const raw = (JSON as unknown as RawJson).rawJSON;
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'symbol' ? raw(field.description ?? '') : field,
  );
}

/** Puts numbers in the place of those that {@link parseWritten} kept as written. `found` has each with its path. */
export function plainFloats(
  value: unknown,
  found: (path: string, written: symbol) => void = () => {},
  path = '',
): unknown {
  if (typeof value === 'symbol') {
    found(path, value);
    return floatOf(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  const list = Array.isArray(value);
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const at = list ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const field = fields[key];
    const plain = plainFloats(field, found, at);
    if (plain !== field) setOwn(fields, key, plain);
  }
  return value;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    setOwn(out, key.toWellFormed(), wellFormed(field));
  }
  return out;
}

function exact(_key: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && whole.test(source)
    ? (int64Of(source) ?? value)
    : value;
}

function int64Of(digits: string): bigint | undefined {
  const value = BigInt(digits);
  return value < int64Min || value > int64Max ? undefined : value;
}

/** A whole number as parseJson gives it. */
export function wholeNumber(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) || value < int64Min || value > int64Max ? near : value;
}

/** Whether a value of JSON is a number; Go would hold a bigint as an int64. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Whether it is a whole one: what is too large for an int64 is a float to Go. */
export function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

/** Not in the library's types yet. */
interface RawJson {
  rawJSON(text: string): unknown;
}

// JSON.stringify asks every bigint for this; it is not called where there is none
Object.defineProperty(BigInt.prototype, 'toJSON', {
  configurable: true,
  writable: true,
  value(this: bigint): unknown {
    return (JSON as unknown as RawJson).rawJSON(String(this));
  },
});
