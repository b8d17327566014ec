import { shownValue } from '../../object/field-error.ts';
import { byteLength } from '../../object/name.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';

/** What is told of rules that refuse a value, or that cannot be judged (apiextensions-apiserver schema/cel validation.go). */

export const noBudget = 'running out of cost budget, no further validation rules will be run';
export const outOfBudget = `validation failed due to ${noBudget}`;

/** Types that are not known before a rule runs may turn out not to fit. */
export function whyNot(why: string, name: string): string {
  return why.startsWith('no such overload')
    ? `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`
    : `${why} evaluating rule: ${name}`;
}

const messageBytesMax = 5 * 1024;

/** Undefined: nothing that can be said in one line. */
export function sayable(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  const sayable = text !== '' && !text.includes('\n') && byteLength(text) <= messageBytesMax;
  return sayable ? text : undefined;
}

export function reasoned(
  rule: ValidationRule,
  path: string,
  value: unknown,
  text: string,
): StatusCause {
  const field = path === '' ? '<nil>' : path;
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { reason: rule.reason, message: `Forbidden: ${text}`, field };
    case 'FieldValueRequired':
      return { reason: rule.reason, message: `Required value: ${text}`, field };
    case 'FieldValueDuplicate':
      return { reason: rule.reason, message: `Duplicate value${shown(value)}`, field };
    default: {
      const message = `Invalid value${shown(value)}: ${text}`;
      return { reason: 'FieldValueInvalid', message, field };
    }
  }
}

/** Scalars are shown, objects and lists are not. */
function shown(value: unknown): string {
  return value !== null && typeof value === 'object' ? '' : `: ${shownValue(value)}`;
}

/** A rule that could not be judged: upstream shows the type of the value. */
export function typeCause(path: string, schema: Schema, text: string): StatusCause {
  const type = schema.type === 'any' ? '' : schema.type;
  const message = `Invalid value: ${JSON.stringify(type)}: ${text}`;
  return { reason: 'FieldValueInvalid', message, field: path === '' ? '<nil>' : path };
}
