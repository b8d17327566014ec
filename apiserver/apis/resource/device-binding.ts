import { fieldDuplicate, fieldInvalid } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkSlice, twice } from './bounded-list.ts';

const conditionsMax = 4;

/** What must hold, and what must not, before a pod is bound (validateDeviceBindingParameters). */
export function checkBindingConditions(errors: Errors, holder: Plain, path: string): void {
  const needed: string[] = holder.bindingConditions ?? [];
  const failing: string[] = holder.bindingFailureConditions ?? [];
  const lists = [
    ['bindingConditions', needed],
    ['bindingFailureConditions', failing],
  ] as const;
  for (const [field, list] of lists) {
    checkSlice(errors, list, `${path}.${field}`, {
      max: conditionsMax,
      check: (type, at) => checkFormat(errors, type, at, labelKeyErrors),
    });
  }
  for (const [i, type] of twice(needed)) {
    errors.push(fieldDuplicate(`${path}.bindingConditions[${i}]`, type));
  }
  const again = new Set(twice(failing).map(([i]) => i));
  for (const [i, type] of failing.entries()) {
    const at = `${path}.bindingFailureConditions[${i}]`;
    if (again.has(i)) errors.push(fieldDuplicate(at, type));
    if (needed.includes(type)) {
      const text = 'bindingFailureConditions must not overlap with bindingConditions';
      errors.push(fieldInvalid(at, type, text));
    }
  }
  if (needed.length === 0 && failing.length > 0) {
    const text = 'bindingConditions are required to use bindingFailureConditions';
    errors.push(fieldInvalid(`${path}.bindingConditions`, holder.bindingConditions, text));
  }
  if (failing.length === 0 && needed.length > 0) {
    const text = 'bindingFailureConditions are required to use bindingConditions';
    const at = `${path}.bindingFailureConditions`;
    errors.push(fieldInvalid(at, holder.bindingFailureConditions, text));
  }
}
