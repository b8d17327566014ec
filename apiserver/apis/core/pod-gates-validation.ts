import { fieldDuplicate } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** What a pod waits for before it is ready, and before it is scheduled. */
export function checkGates(errors: Errors, spec: Plain, path: string): void {
  for (const [i, gate] of (spec.readinessGates ?? []).entries()) {
    const at = `${path}.readinessGates[${i}].conditionType`;
    checkFormat(errors, gate.conditionType ?? '', at, labelKeyErrors);
  }
  const seen = new Set<string>();
  for (const [i, { name = '' }] of (spec.schedulingGates ?? []).entries()) {
    const at = `${path}.schedulingGates[${i}]`;
    checkFormat(errors, name, at, labelKeyErrors);
    if (seen.has(name)) errors.push(fieldDuplicate(at, name));
    seen.add(name);
  }
}
