import {
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  fieldTooMany,
} from '../../../object/field-error.ts';
import { semanticEqual } from '../../../object/equal.ts';
import { fieldAt } from '../../validation/field-path.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Fields that objects of a version can be selected by (validation ValidateCustomResourceSelectableFields). */

const selectableMax = 8;

interface SelectableContext {
  /** The schema is where the fields are: with this version, or with all. */
  hasSchema: boolean;
  /** All versions have the same fields. */
  shared: boolean;
  /** As they were. */
  before: Plain[];
}

export function checkSelectableFields(
  errors: Errors,
  version: Plain,
  path: string,
  { hasSchema, shared, before }: SelectableContext,
): void {
  const fields: Plain[] = version.selectableFields ?? [];
  if (fields.length === 0) return;
  const schema = version.schema?.openAPIV3Schema;
  if (!hasSchema || schema === undefined) {
    // upstream says the contrary of what it means where a version has fields of its own
    const text = shared
      ? 'may only be set when validations.schema is included'
      : 'may only be set when `version.schema.openAPIV3Schema` is not included';
    errors.push(fieldInvalid(path, '', text));
    return;
  }
  const seen = new Set<string>();
  for (const [i, { jsonPath = '' }] of fields.entries()) {
    const at = `${path}[${i}].jsonPath`;
    if (jsonPath === '') {
      errors.push(fieldRequired(at));
      continue;
    }
    const found = fieldAt(schema, jsonPath, false);
    if ('problem' in found) {
      errors.push(fieldInvalid(at, jsonPath, `is an invalid path: ${found.problem}`));
      continue;
    }
    if (found.steps[0] === 'metadata') {
      errors.push(fieldInvalid(at, jsonPath, 'must not point to fields in metadata'));
    }
    if (!['string', 'boolean', 'integer'].includes(found.schema?.type as string)) {
      const text =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(fieldInvalid(at, jsonPath, text));
    }
    if (seen.has(found.normalised)) errors.push(fieldDuplicate(at, jsonPath));
    seen.add(found.normalised);
  }
  const mayStay = before.length > selectableMax && semanticEqual(fields, before);
  if (seen.size > selectableMax && !mayStay)
    errors.push(fieldTooMany(path, seen.size, selectableMax));
}
