/**
 * resource.Quantity: exact decimal numbers with a suffix (k8s.io/apimachinery api/resource). Values
 * are whole nano-units; anything finer is rounded away from zero. The text of a quantity that was
 * already canonical is kept.
 */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  /** The value in units of 10^-9. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
  /** The text as parsed, where upstream keeps it. */
  readonly text?: string;
}

export class QuantityError extends Error {}

const formatError =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const numericError = 'unable to parse numeric part of quantity';
const suffixError = "unable to parse quantity's suffix";

const giga = 1_000_000_000n;
const maxInt64 = 9_223_372_036_854_775_807n;
/** Digits of a value that upstream handles in an int64 without looking closer. */
const fastDigits = 18;
/** 10^4096 is far past anything of use; beyond it a number would only burn memory. */
const maxExponent = 4096;

const decimalSuffix: Record<string, number> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const decimalNames = new Map(Object.entries(decimalSuffix).map(([name, power]) => [power, name]));
const binaryNames = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

interface Suffix {
  format: QuantityFormat;
  /** Power of ten, or of two for BinarySI. */
  exponent: number;
}

function interpret(text: string): Suffix | undefined {
  const decimal = Object.hasOwn(decimalSuffix, text) ? decimalSuffix[text] : undefined;
  if (decimal !== undefined) return { format: 'DecimalSI', exponent: decimal };
  const binary = binaryNames.indexOf(text);
  if (binary > 0) return { format: 'BinarySI', exponent: binary * 10 };
  if (/^[eE][+-]?\d+$/.test(text)) {
    const exponent = Number(text.slice(1));
    return exponent > maxExponent ? undefined : { format: 'DecimalExponent', exponent };
  }
  return undefined;
}

/** The same few texts come again and again; quantities never change. */
const parsed = new Map<string, Quantity>();
const parsedMost = 1_024;

/** @throws QuantityError with upstream's text */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const quantity = parse(text);
  if (parsed.size === parsedMost) parsed.clear();
  // a long text is nobody's habit
  if (text.length <= 32) parsed.set(text, quantity);
  return quantity;
}

function parse(text: string): Quantity {
  const parts = /^([+-]?)0*(\d*)(\.?)(\d*)([eEinumkKMGTP]*[-+]?\d*)$/.exec(text);
  if (parts === null || text === '') throw new QuantityError(formatError);
  const [, sign, whole, dot, fraction, suffixText] = parts as unknown as [string, ...string[]];
  if (dot === '' && fraction !== '') throw new QuantityError(formatError);
  const suffix = interpret(suffixText as string);
  if (suffix === undefined) throw new QuantityError(suffixError);
  const digits = `${whole === '' ? '0' : whole}${fraction}`;
  const { format } = suffix;
  const fast = isFast(suffix, digits.length, (fraction as string).length);
  if (!fast && !/^[+-]?\.?\d/.test(text)) throw new QuantityError(numericError);
  const negative = sign === '-';
  let nano = magnitude(digits, (fraction as string).length, suffix);
  if (format === 'BinarySI' && nano > maxInt64 * giga) nano = maxInt64 * giga;
  const value = negative ? -nano : nano;
  if (fast && isCanonical(suffix, digits, (fraction as string).length)) {
    return { nano: value, format, text };
  }
  // A binary fraction of one cannot be shown in binary units.
  const small = !fast && format === 'BinarySI' && nano > 0n && nano < giga;
  return { nano: value, format: small ? 'DecimalSI' : format };
}

/** The power of ten that upstream counts in with an int64; undefined: it keeps a decimal of any length. */
export function scaleOf(text: string): number | undefined {
  const [, whole = '', fraction = '', suffixText = ''] =
    /^[+-]?0*(\d*)\.?(\d*)([eEinumkKMGTP]*[-+]?\d*)$/.exec(text) ?? [];
  const suffix = interpret(suffixText);
  const digits = Math.max(1, whole.length) + fraction.length;
  if (suffix === undefined || !isFast(suffix, digits, fraction.length)) return undefined;
  return (suffix.format === 'BinarySI' ? 0 : suffix.exponent) - fraction.length;
}

/** Where upstream keeps to int64 arithmetic; only there it keeps the text. */
function isFast({ format, exponent }: Suffix, digits: number, fraction: number): boolean {
  if (format === 'BinarySI') {
    return fraction === 0 && 15 - digits - Math.trunc((exponent * 3) / 10) - 1 >= 0;
  }
  return fastDigits - digits >= 0 && exponent - fraction >= -9;
}

function isCanonical({ format, exponent }: Suffix, digits: string, fraction: number): boolean {
  if (format === 'BinarySI') return exponent % 10 === 0 && (BigInt(digits) & 7n) !== 0n;
  return (exponent - fraction) % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
}

/** The absolute value in nano-units, rounded up. */
function magnitude(digits: string, fraction: number, { format, exponent }: Suffix): bigint {
  let value = BigInt(digits);
  let power = 9 - fraction;
  if (format === 'BinarySI') value <<= BigInt(exponent);
  else power += exponent;
  if (power >= 0) return value * 10n ** BigInt(power);
  // Smaller than any digit given: one nano-unit stands for every positive amount.
  if (-power > digits.length + 64) return value === 0n ? 0n : 1n;
  return divideUp(value, 10n ** BigInt(-power));
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** The canonical text: as upstream writes it to JSON. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text;
  const { nano } = quantity;
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  if (quantity.format === 'BinarySI' && size >= 1024n * giga && size % giga === 0n) {
    return sign + binaryText(size / giga);
  }
  return sign + decimalText(size, quantity.format === 'DecimalExponent');
}

function binaryText(value: bigint): string {
  let power = 0;
  let rest = value;
  while (power < 6 && rest % 1024n === 0n) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${binaryNames[power]}`;
}

function decimalText(nano: bigint, asExponent: boolean): string {
  let power = -9;
  let rest = nano;
  while (rest % 1000n === 0n && (asExponent || power < 18)) {
    rest /= 1000n;
    power += 3;
  }
  if (asExponent) return power === 0 ? `${rest}` : `${rest}e${power}`;
  return `${rest}${decimalNames.get(power) ?? ''}`;
}

/** The canonical text of a quantity given as text or number. @throws QuantityError */
export function canonicalQuantity(value: string | number): string {
  return formatQuantity(parseQuantity(String(value).trim()));
}

export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

/** The sum in the first one's format, or the second's when the first is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function quantityOf(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nano: BigInt(value) * giga, format };
}

/** Whole units, rounded away from zero; exact up to 2^53. */
export function quantityValue(quantity: Quantity): number {
  return scaled(quantity.nano, giga);
}

/** Thousandths, rounded away from zero: `250m` of CPU is 250. */
export function quantityMilliValue(quantity: Quantity): number {
  return scaled(quantity.nano, 1_000_000n);
}

function scaled(nano: bigint, unit: bigint): number {
  return Number(nano < 0n ? -divideUp(-nano, unit) : divideUp(nano, unit));
}
