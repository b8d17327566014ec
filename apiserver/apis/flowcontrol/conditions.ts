import { fieldDuplicate, fieldRequired } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Conditions of both kinds of flow control: of each type one. */
export function checkConditions(conditions: Plain[]): Errors {
  const errors: Errors = [];
  const types = new Set<string>();
  for (const [i, { type = '' }] of conditions.entries()) {
    const path = `status.conditions[${i}].type`;
    if (types.has(type)) errors.push(fieldDuplicate(path, type));
    types.add(type);
    if (type === '') errors.push(fieldRequired(path, 'must not be empty'));
  }
  return errors;
}
