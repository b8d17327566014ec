import { fieldDuplicate, fieldRequired, fieldTooMany } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

const conditionsMax = 64;

/** Conditions of webhooks and policies (admissionregistration validation validateMatchConditions). */
export function checkMatchConditions(errors: Errors, conditions: Plain[], path: string): void {
  if (conditions.length > conditionsMax) {
    errors.push(fieldTooMany(path, conditions.length, conditionsMax));
  }
  const names = new Set<string>();
  for (const [i, { name, expression = '' }] of conditions.entries()) {
    const at = `${path}[${i}]`;
    if (expression.trim() === '') errors.push(fieldRequired(`${at}.expression`));
    checkName(errors, name, `${at}.name`, labelKeyErrors);
    if (name && names.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    names.add(name);
  }
}
