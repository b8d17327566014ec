import { showDouble } from './conversion-library.ts';
import { clausesOf, refusal } from './format-clauses.ts';
import { showDuration, showTimestamp } from './run/times.ts';
import { Duration, entriesOf, isMap, Timestamp, TypeValue, typeName, Uint } from './run/values.ts';

/** `'%s has %d'.format([name, count])` (cel-go ext/formatting.go). */
export function format(text: string, values: readonly unknown[]): string {
  let next = 0;
  let written = '';
  for (const piece of clausesOf(text)) {
    if (typeof piece === 'string') {
      written += piece;
      continue;
    }
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    if (piece.fault !== undefined) throw new Error(piece.fault);
    written += shown(values[next++], piece.verb, piece.precision ?? 6);
  }
  return written;
}

function shown(value: unknown, verb: string, precision: number): string {
  switch (verb) {
    case 's':
      return inText(value);
    case 'd':
      return decimal(value);
    case 'f':
      return inNotation(value, verb, (number) => number.toFixed(precision));
    case 'e':
      return inNotation(value, verb, scientific);
    case 'b':
      return binary(value);
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      return wholeIn(value, 8, verb);
  }
}

function refused(verb: string, value: unknown): Error {
  return new Error(refusal(verb, typeName(value)));
}

function decimal(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint) return String(value.value);
  throw refused('d', value);
}

function inNotation(value: unknown, verb: string, show: (value: number) => string): string {
  const number =
    typeof value === 'string' && /^(?:NaN|-?Infinity)$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') throw refused(verb, value);
  return Number.isFinite(number)
    ? show(number)
    : showDouble(number).replace('+Inf', '∞').replace('-Inf', '-∞');
}

/** Upstream does not look at the precision that is asked for. */
function scientific(value: number): string {
  const [digits = '', exponent = '0'] = value.toExponential(6).split('e');
  const power = Number(exponent);
  const raised = [...String(Math.abs(power)).padStart(2, '0')].map(
    (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)],
  );
  return `${digits}×10${power < 0 ? '⁻' : ''}${raised.join('')}`;
}

function binary(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return wholeIn(value, 2, 'b');
}

function wholeIn(value: unknown, base: number, verb: string): string {
  const whole = value instanceof Uint ? value.value : value;
  if (typeof whole !== 'bigint') throw refused(verb, value);
  return whole.toString(base);
}

function hexadecimal(value: unknown): string {
  if (typeof value === 'string' || value instanceof Uint8Array)
    return Buffer.from(value as string).toString('hex');
  return wholeIn(value, 16, 'x');
}

function inText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return showDouble(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Timestamp) return showTimestamp(value);
  if (value instanceof Duration) return showDuration(value);
  return within(value);
}

/** Inside a list or a map: texts and times as they would be written. */
function within(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? value.toFixed(6) : `"${showDouble(value)}"`;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return `b${JSON.stringify(Buffer.from(value).toString())}`;
  if (value instanceof Timestamp) return `timestamp("${showTimestamp(value)}")`;
  if (value instanceof Duration) return `duration("${showDuration(value)}")`;
  if (value instanceof TypeValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(within).join(', ')}]`;
  if (isMap(value)) {
    const pairs = entriesOf(value).map(([key, one]) => [within(key), within(one)] as const);
    return `{${pairs
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => `${key}:${one}`)
      .join(', ')}}`;
  }
  throw refused('s', value);
}
