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
  /** How many rules had something to say: picks the best of several alternatives that all fail. */
  matched: number;
  /** Paths of numbers that are floats though they are whole. */
  floats?: ReadonlySet<string> | undefined;
}

/** `old` is the value before an update, where it can be told; undefined otherwise. */
export type Check = (value: unknown, sink: Sink, old: unknown) => void;

/** As upstream prints it: `spec.list[0].name`, empty at the root. */
export function pathOf(sink: Sink): string {
  const path = sink.path.join('');
  return path.startsWith('.') ? path.slice(1) : path;
}

export function invalid(sink: Sink, value: unknown, what: string): void {
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

/** The type, also of null: whoever states none, and no format, is not asked. */
export function typeCheck(schema: Schema): Check {
  const types = schema.intOrString === true ? ['integer', 'string'] : typesOf(schema);
  const name = types.join(',');
  const numeric = types.includes('integer') || types.includes('number');
  const format = enforcedFormat(schema);
  const asked = name !== '' || format !== '' ? 1 : 0;
  return (value, sink) => {
    const actual = jsonType(value);
    if (actual === 'null') {
      if (name !== '' && schema.nullable !== true) typeFault(sink, name, 'null');
      else sink.matched++;
      return;
    }
    sink.matched += asked;
    const fits =
      types.includes(actual) ||
      (actual === 'integer' && types.includes('number')) ||
      (actual === 'number' && types.includes('integer') && nearlyWhole(value as number));
    const textual = actual === 'string' || actual === 'array';
    if (format !== '' && !textual && !fits) {
      const shown = actual === 'integer' ? 'int64' : actual === 'number' ? 'float64' : '';
      typeFault(sink, format, shown);
    } else if (name !== '' && !fits && (format === '' || numeric || !textual)) {
      typeFault(sink, name, actual);
    } else {
      sink.matched += asked;
    }
  };
}

const jsonSafe = 2 ** 53 - 1;

/** Whether a float stands for a whole number: a little beside one is close enough for upstream. */
export function nearlyWhole(value: number): boolean {
  if (!(Math.abs(value) <= jsonSafe)) return false;
  const whole = Math.round(value);
  return value === whole || Math.abs(value - whole) < 1e-9 * Math.abs(whole);
}

/** Of strings those that are known, of numbers two each; what else a format says is not enforced. */
export function enforcedFormat({ type, format = '' }: Schema): string {
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
      }
    });
  }
  const known = schema.format === undefined ? undefined : formats.get(schema.format);
  if (known !== undefined && schema.intOrString !== true) {
    checks.push((value, sink) => {
      sink.matched++;
      if (!known(value as string)) typeFault(sink, schema.format as string, value as string);
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
    if (value !== null && values.some((allowed) => isAllowed(value, allowed))) return;
    sink.causes.push(fieldNotSupported(pathOf(sink) || '<nil>', value, supported));
  };
}

/** Upstream compares a number with a whole one without what stands behind its point. */
function isAllowed(value: unknown, allowed: unknown): boolean {
  if (typeof value === 'number' && !isWhole(value) && isWhole(allowed)) {
    return Math.trunc(value) === Number(allowed);
  }
  return deepEqual(allowed, value);
}

export function checkSize(rules: ValueRules, size: number, sink: Sink): void {
  const { minProperties, maxProperties } = rules;
  if (minProperties !== undefined && size < minProperties) {
    invalid(sink, size, `should have at least ${minProperties} properties`);
  }
  if (maxProperties !== undefined && size > maxProperties) {
    sink.causes.push(fieldTooMany(pathOf(sink) || '<nil>', size, maxProperties));
  }
}

export function required(sink: Sink, name: string): void {
  const path = pathOf(sink);
  sink.causes.push(fieldRequired(path === '' ? name : `${path}.${name}`));
}
