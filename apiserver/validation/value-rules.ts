import { isNumber, isWhole } from '../../object/json.ts';
import { deepEqual } from '../../object/equal.ts';
import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  fieldTooMany,
  fieldTypeInvalid,
} from '../../object/field-error.ts';
import { compilePattern } from '../../object/pattern.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema, ValueRules } from '../../schema/schema.ts';
import { formats } from './formats.ts';

/**
 * The value rules of one schema node, each as a function that reports what is wrong. Order and words
 * are those of kube-openapi validation/validate; values are "in body".
 */

/** Where checks report, and where they are: the path is only put together for a report. */
export interface Sink {
  causes: StatusCause[];
  /** `.spec`, `[0]`, `.name` … */
  path: string[];
  /** Checks that passed: picks the best of several alternatives that all fail. */
  passed: number;
}

/** `old` is the value before an update, where it can be told; undefined otherwise. */
export type Check = (value: unknown, sink: Sink, old: unknown) => void;

/** As upstream prints it: `spec.list[0].name`, empty at the root. */
export function pathOf(sink: Sink): string {
  const path = sink.path.join('');
  return path.startsWith('.') ? path.slice(1) : path;
}

function invalid(sink: Sink, value: unknown, what: string): void {
  const path = pathOf(sink);
  sink.causes.push(fieldInvalid(path === '' ? '<nil>' : path, value, `${path} in body ${what}`));
}

/** For faults that upstream reports without a field. */
export function unplaced(sink: Sink, what: string): void {
  sink.causes.push(fieldInvalid('<nil>', '', `${JSON.stringify(pathOf(sink))} ${what}`));
}

export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isNumber(value)) return isWhole(value) ? 'integer' : 'number';
  return typeof value;
}

/** The type, also of null. */
export function typeCheck(schema: Schema): Check {
  const types = schema.intOrString === true ? ['integer', 'string'] : typesOf(schema);
  const name = types.join(',');
  const numeric = types.includes('integer') || types.includes('number');
  const format = enforcedFormat(schema);
  return (value, sink) => {
    const actual = jsonType(value);
    if (actual === 'null') {
      if (name !== '' && schema.nullable !== true) typeFault(sink, name, 'null');
      return;
    }
    const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'));
    const textual = actual === 'string' || actual === 'array';
    if (format !== '' && !textual && !fits) {
      const shown = actual === 'integer' ? 'int64' : actual === 'number' ? 'float64' : '';
      typeFault(sink, format, shown);
    } else if (format !== '' && !numeric && textual) {
      sink.passed++;
    } else if (name !== '' && !fits) {
      typeFault(sink, name, actual);
    } else {
      sink.passed++;
    }
  };
}

/** Of strings those that are known, of numbers two each; what else a format says is not enforced. */
function enforcedFormat({ type, format = '' }: Schema): string {
  if (type === 'integer') return format === 'int32' || format === 'int64' ? format : '';
  if (type === 'number') return format === 'float' || format === 'double' ? format : '';
  return formats.has(format) ? format : '';
}

function typesOf(schema: Schema): string[] {
  return schema.type === 'any' ? [] : [schema.type];
}

function typeFault(sink: Sink, expected: string, actual: string): void {
  const path = pathOf(sink);
  const what = `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`;
  sink.causes.push(fieldTypeInvalid(path === '' ? '<nil>' : path, actual, what));
}

/** Length, pattern and format of strings; the first fault of the first two is enough. */
export function stringChecks(schema: Schema): Check[] {
  const { maxLength, minLength, pattern } = schema.rules ?? {};
  const checks: Check[] = [];
  if (maxLength !== undefined || minLength !== undefined || pattern !== undefined) {
    const compiled = pattern === undefined ? undefined : compilePattern(pattern);
    checks.push((value, sink) => {
      const text = value as string;
      if (maxLength !== undefined && longer(text, maxLength)) {
        sink.causes.push(fieldTooLong(pathOf(sink), maxLength));
      } else if (
        minLength !== undefined &&
        text.length < minLength * 2 &&
        runes(text) < minLength
      ) {
        invalid(sink, text, `should be at least ${minLength} chars long`);
      } else if (compiled !== undefined && !compiled.test(text)) {
        invalid(sink, text, `should match '${pattern}'`);
      } else {
        sink.passed++;
      }
    });
  }
  const known = schema.format === undefined ? undefined : formats.get(schema.format);
  if (known !== undefined && schema.intOrString !== true) {
    checks.push((value, sink) => {
      if (known(value as string)) sink.passed++;
      else typeFault(sink, schema.format as string, value as string);
    });
  }
  return checks;
}

function runes(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function longer(text: string, limit: number): boolean {
  return text.length > limit && runes(text) > limit;
}

/** Whether a number can be of its schema's type and format without loss: reported without a field. */
function rangeCheck(schema: Schema): Check[] {
  const format = enforcedFormat(schema);
  const fits = rangeOf(schema.type, format);
  if (fits === undefined) return [];
  const named = format === '' ? '(default format)' : `with format ${format}`;
  const what = `Checked value must be of type ${schema.type} ${named} in`;
  return [
    (value, sink) => {
      if (fits(value as number | bigint)) sink.passed++;
      else sink.causes.push(fieldInvalid('<nil>', '', `${what} ${pathOf(sink)}`));
    },
  ];
}

const floatMax = 3.4028234663852886e38;

function rangeOf(type: string, format: string): ((n: number | bigint) => boolean) | undefined {
  if (format === 'int32') return (n) => (Number(n) | 0) === Number(n);
  if (type === 'integer') return isWhole;
  return format === 'float' ? (n) => Math.abs(Number(n)) <= floatMax : undefined;
}

export function numberChecks(schema: Schema): Check[] {
  const rules = schema.rules ?? {};
  const checks = rangeCheck(schema);
  // a bigint compares with numbers as one of them
  const add = (fails: (value: number) => boolean, what: string): void => {
    checks.push((value, sink) => {
      if (fails(value as number)) invalid(sink, value, what);
      else sink.passed++;
    });
  };
  const { multipleOf, maximum, minimum } = rules;
  if (multipleOf !== undefined) {
    add((n) => !Number.isInteger(Number(n) / multipleOf), `should be a multiple of ${multipleOf}`);
  }
  if (maximum !== undefined) {
    const only = rules.exclusiveMaximum === true;
    add(
      (n) => n > maximum || (only && n === maximum),
      `should be less than ${only ? '' : 'or equal to '}${maximum}`,
    );
  }
  if (minimum !== undefined) {
    const only = rules.exclusiveMinimum === true;
    add(
      (n) => n < minimum || (only && n === minimum),
      `should be greater than ${only ? '' : 'or equal to '}${minimum}`,
    );
  }
  return checks;
}

export function listChecks(rules: ValueRules): Check[] {
  const { minItems, maxItems, uniqueItems } = rules;
  const checks: Check[] = [];
  if (minItems !== undefined) {
    checks.push((value, sink) => {
      const size = (value as unknown[]).length;
      if (size < minItems) invalid(sink, size, `should have at least ${minItems} items`);
    });
  }
  if (maxItems !== undefined) {
    checks.push((value, sink) => {
      const size = (value as unknown[]).length;
      if (size > maxItems) sink.causes.push(fieldTooMany(pathOf(sink), size, maxItems));
    });
  }
  if (uniqueItems === true) {
    checks.push((value, sink) => {
      const list = value as unknown[];
      const seen = new Set(list.map((item) => JSON.stringify(item)));
      if (seen.size !== list.length) invalid(sink, '', "shouldn't contain duplicates");
    });
  }
  return checks;
}

export function enumCheck(values: readonly unknown[]): Check {
  const supported = values.map((v) => (typeof v === 'string' ? v : JSON.stringify(v)));
  return (value, sink) => {
    if (value !== null && values.some((allowed) => deepEqual(allowed, value))) sink.passed++;
    else sink.causes.push(fieldNotSupported(pathOf(sink) || '<nil>', value, supported));
  };
}

/** Too few or too many fields; true when nothing else need be looked at. */
export function sizeFault(rules: ValueRules, size: number, sink: Sink): boolean {
  const { minProperties, maxProperties } = rules;
  if (minProperties !== undefined && size < minProperties) {
    invalid(sink, size, `should have at least ${minProperties} properties`);
    return true;
  }
  if (maxProperties !== undefined && size > maxProperties) {
    sink.causes.push(fieldTooMany(pathOf(sink) || '<nil>', size, maxProperties));
    return true;
  }
  return false;
}

export function required(sink: Sink, name: string): void {
  const path = pathOf(sink);
  sink.causes.push(fieldRequired(path === '' ? name : `${path}.${name}`));
}
