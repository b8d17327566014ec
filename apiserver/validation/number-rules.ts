import { fieldInvalid, fieldInvalidWhole } from '../../object/field-error.ts';
import { goNumber } from '../../object/go-format.ts';
import { isWhole } from '../../object/json.ts';
import type { Schema } from '../../schema/schema.ts';
import {
  type Check,
  enforcedFormat,
  invalid,
  nearlyWhole,
  pathOf,
  type Sink,
} from './value-rules.ts';

/**
 * What a schema says of numbers (kube-openapi validation/validate values.go). Go holds a whole number
 * as an int64 and compares it with the whole part of a bound; any other is a float64.
 */

type Numeric = number | bigint;

export function numberChecks(schema: Schema): Check[] {
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema.rules ?? {};
  const range = rangeOf(schema);
  const checks: Check[] = [];
  if (range !== undefined) checks.push((value, sink) => range(value as Numeric, 'Checked', sink));
  // the bound is held to the type as well: one that does not fit is compared as a float
  const add = (what: string, bound: Numeric, judge: Judge): void => {
    checks.push((value, sink) => {
      const fits = range?.(bound, what, sink) ?? true;
      judge(
        fits ? (value as Numeric) : Number(value),
        sink,
        fits && isWhole(value) && !isFloat(sink),
      );
    });
  };
  if (multipleOf !== undefined) {
    add('MultipleOf', multipleOf, (value, sink, whole) =>
      whole
        ? wholeMultiple(value, multipleOf, sink)
        : multiple(Number(value), Number(multipleOf), sink),
    );
  }
  const limits = [
    ['Minimum boundary', minimum, exclusiveMinimum, 'greater', -1],
    ['Maximum boundary', maximum, exclusiveMaximum, 'less', 1],
  ] as const;
  for (const [what, bound, exclusive, word, sign] of limits) {
    if (bound === undefined) continue;
    const than = `should be ${word} than ${exclusive === true ? '' : 'or equal to '}`;
    add(what, bound, (value, sink, whole) => {
      const limit = whole ? wholePart(bound) : Number(bound);
      // a bigint compares with numbers as one of them
      const [over, under] = [value > limit, value < limit];
      const beyond = sign > 0 ? over : under;
      if (!beyond && (exclusive !== true || over || under)) return;
      invalidNumber(
        sink,
        value,
        `${than}${whole ? wholeText(limit) : goNumber(Number(limit), true)}`,
        whole,
      );
    });
  }
  return checks;
}

function isFloat(sink: Sink): boolean {
  return sink.floats?.has(pathOf(sink)) === true;
}

/** @param whole both are int64 */
type Judge = (value: Numeric, sink: Sink, whole: boolean) => void;

function invalidNumber(sink: Sink, value: Numeric, what: string, whole: boolean): void {
  const path = pathOf(sink);
  const shown = whole ? String(value) : goNumber(value, true);
  sink.causes.push(
    fieldInvalidWhole(path === '' ? '<nil>' : path, `${shown}: ${path} in body ${what}`),
  );
}

/** Bounds too are bigints where a number would not hold all of their digits. */
function wholePart(bound: Numeric): Numeric {
  return typeof bound === 'bigint' ? bound : Math.trunc(bound);
}

function wholeText(value: Numeric): string {
  return String(BigInt(value));
}

function wholeMultiple(value: Numeric, factor: Numeric, sink: Sink): void {
  const whole = BigInt(wholePart(factor));
  if (whole <= 0n) return notPositive(sink, whole);
  if (BigInt(value) % whole !== 0n) invalid(sink, value, `should be a multiple of ${whole}`);
}

function multiple(value: number, factor: number, sink: Sink): void {
  if (factor <= 0) return notPositive(sink, factor);
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  if (nearlyWhole(times)) return;
  invalidNumber(sink, value, `should be a multiple of ${goNumber(factor, true)}`, false);
}

function notPositive(sink: Sink, factor: Numeric): void {
  const path = pathOf(sink);
  const what = `factor MultipleOf declared for ${path} must be positive: ${goNumber(factor)}`;
  sink.causes.push(fieldInvalid(path === '' ? '<nil>' : path, factor, what));
}

const floatMax = 3.4028234663852886e38;

/** Whether a number can be of its schema's type and format without loss; reported without a field. */
function rangeOf(
  schema: Schema,
): ((value: Numeric, what: string, sink: Sink) => boolean) | undefined {
  const format = enforcedFormat(schema);
  const fits = fitsOf(schema.type, format);
  if (fits === undefined) return undefined;
  const named = format === '' ? '(default format)' : `with format ${format}`;
  return (value, what, sink) => {
    if (fits(value)) return true;
    const text = `${what} value must be of type ${schema.type} ${named} in ${pathOf(sink)}`;
    sink.causes.push(fieldInvalid('<nil>', '', text));
    return false;
  };
}

function fitsOf(type: string, format: string): ((value: Numeric) => boolean) | undefined {
  if (format === 'int32') return (value) => (Number(value) | 0) === Number(value);
  if (type === 'integer') return isWhole;
  return format === 'float' ? (value) => Math.abs(Number(value)) <= floatMax : undefined;
}
