import {
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  fieldTooMany,
} from '../../../object/field-error.ts';
import { type Compiled, compileAdmission } from '../../../cel/admission.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

const conditionsMax = 64;

/** An expression that does not compile, or results in something else. */
export function checkCompiled(errors: Errors, compiled: Compiled, path: string): void {
  if (compiled.error !== undefined) {
    errors.push(fieldInvalid(path, compiled.expression, compiled.error));
  }
}

/** Conditions of webhooks and policies (admissionregistration validation validateMatchConditions). */
export function checkMatchConditions(
  errors: Errors,
  conditions: Plain[],
  path: string,
  params = false,
): void {
  if (conditions.length > conditionsMax) {
    errors.push(fieldTooMany(path, conditions.length, conditionsMax));
  }
  const names = new Set<string>();
  for (const [i, { name, expression = '' }] of conditions.entries()) {
    const at = `${path}[${i}]`;
    const text = expression.trim();
    if (text === '') errors.push(fieldRequired(`${at}.expression`));
    else {
      const compiled = compileAdmission(text, { params, authorizer: true }, 'bool');
      checkCompiled(errors, compiled, `${at}.expression`);
    }
    checkName(errors, name, `${at}.name`, labelKeyErrors);
    if (name && names.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    names.add(name);
  }
}
