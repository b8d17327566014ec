import type { Functions } from './run/functions.ts';
import { durationOf, showDuration, showTimestamp, timestampOf } from './run/times.ts';
import { Duration, Timestamp, TypeValue, typeName, Uint } from './run/values.ts';

/** Values of one type from those of others (cel-go common/types). */
export function registerConversions(functions: Functions): void {
  functions.add('type(dyn)', (value: unknown) => new TypeValue(typeName(value)));
  const same = (value: unknown): unknown => value;
  for (const type of [
    'bool',
    'bytes',
    'double',
    'duration',
    'int',
    'string',
    'timestamp',
    'uint',
    'dyn',
  ]) {
    functions.add(`${type}(${type})`, same);
  }
  functions
    .add('bool(string)', boolOf)
    .add('bytes(string)', (text: string) => new Uint8Array(Buffer.from(text)))
    .add('double(int)', Number)
    .add('double(uint)', ({ value }: Uint) => Number(value))
    .add('double(string)', doubleOf)
    .add('duration(string)', durationOf)
    .add('timestamp(string)', timestampOf)
    .add('timestamp(int)', (seconds: bigint) => new Timestamp(seconds * 1_000_000_000n));
  registerWhole(functions);
  registerTexts(functions);
}

function cannot(from: string, to: string): Error {
  return new Error(`type conversion error from '${from}' to '${to}'`);
}

const trues = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const falses = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function boolOf(text: string): boolean {
  if (trues.has(text)) return true;
  if (falses.has(text)) return false;
  throw cannot('string', 'bool');
}

function doubleOf(text: string): number {
  const special = /^([+-]?)(?:inf|infinity|(nan))$/i.exec(text);
  if (special !== null) {
    if (special[2] !== undefined) return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const value = Number(text);
  const written = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
  if (!written || !Number.isFinite(value)) throw cannot('string', 'double');
  return value;
}

function registerWhole(functions: Functions): void {
  const parsed = (
    text: string,
    pattern: RegExp,
    fits: (value: bigint) => boolean,
    to: string,
  ): bigint => {
    const value = pattern.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
    if (value === undefined || !fits(value)) throw cannot('string', to);
    return value;
  };
  const isInt = (value: bigint): boolean => value === BigInt.asIntN(64, value);
  const isUint = (value: bigint): boolean => value === BigInt.asUintN(64, value);
  const within = (value: number, least: number, limit: number, why: string): bigint => {
    if (!(value > least && value < limit)) throw new Error(why);
    return BigInt(Math.trunc(value));
  };
  functions
    .add('int(uint)', ({ value }: Uint) => {
      if (!isInt(value)) throw new Error('integer overflow');
      return value;
    })
    .add('int(double)', (value: number) => within(value, -(2 ** 63), 2 ** 63, 'integer overflow'))
    .add('int(string)', (text: string) => parsed(text, /^[+-]?\d+$/, isInt, 'int'))
    .add('int(timestamp)', ({ nanoseconds }: Timestamp) => floored(nanoseconds, 1_000_000_000n))
    .add('int(duration)', ({ nanoseconds }: Duration) => nanoseconds)
    .add('uint(int)', (value: bigint) => {
      if (value < 0n) throw new Error('unsigned integer overflow');
      return new Uint(value);
    })
    .add(
      'uint(double)',
      (value: number) =>
        new Uint(within(value, -Number.MIN_VALUE, 2 ** 64, 'unsigned integer overflow')),
    )
    .add('uint(string)', (text: string) => new Uint(parsed(text, /^\d+$/, isUint, 'uint')));
}

function floored(value: bigint, by: bigint): bigint {
  const whole = value / by;
  return value < 0n && whole * by !== value ? whole - 1n : whole;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function registerTexts(functions: Functions): void {
  functions
    .add('string(bool)', String)
    .add('string(int)', String)
    .add('string(uint)', ({ value }: Uint) => String(value))
    .add('string(double)', showDouble)
    .add('string(timestamp)', showTimestamp)
    .add('string(duration)', showDuration)
    .add('string(bytes)', (value: Uint8Array) => {
      try {
        return utf8.decode(value);
      } catch (error) {
        const why = 'invalid UTF-8 in bytes, cannot convert to string';
        throw new Error(why, { cause: error });
      }
    });
}

/** As Go's %g with the fewest digits: large and small ones have an exponent of two digits at least. */
export function showDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return plain(digits, power);
  const sign = power < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

function plain(digits: string, power: number): string {
  const sign = digits.startsWith('-') ? '-' : '';
  const all = digits.replace('-', '').replace('.', '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${all}`;
  const whole = all.slice(0, power + 1).padEnd(power + 1, '0');
  const rest = all.slice(power + 1);
  return sign + whole + (rest === '' ? '' : `.${rest}`);
}
