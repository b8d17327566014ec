import {
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  fieldTooMany,
} from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Fields that objects of a version can be selected by (validation ValidateCustomResourceSelectableFields). */

const selectableMax = 8;

export function checkSelectableFields(errors: Errors, version: Plain, path: string): void {
  const fields: Plain[] = version.selectableFields ?? [];
  const schema = version.schema?.openAPIV3Schema;
  if (fields.length > 0 && schema === undefined) {
    // upstream says the contrary of what it means
    const text =
      'selectableFields may only be set when version.schema.openAPIV3Schema is not included';
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
    const found = fieldAt(schema, jsonPath);
    if ('problem' in found) {
      errors.push(fieldInvalid(at, jsonPath, `is an invalid path: ${found.problem}`));
      continue;
    }
    if (found.root === 'metadata') {
      errors.push(fieldInvalid(at, jsonPath, 'must not point to fields in metadata'));
    }
    if (!['string', 'boolean', 'integer'].includes(found.schema?.type)) {
      const text =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(fieldInvalid(at, jsonPath, text));
    }
    if (seen.has(jsonPath)) errors.push(fieldDuplicate(at, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > selectableMax) errors.push(fieldTooMany(path, seen.size, selectableMax));
}

type Found = { schema: Plain | undefined; root: string } | { problem: string };

const noField = 'does not refer to a valid field';

/** The schema of `.spec.color`, or why there is none (schema/cel ValidFieldPath). */
function fieldAt(root: Plain, jsonPath: string): Found {
  // delimiters by themselves, what stands between them whole, quotes and all
  const tokens: string[] = jsonPath.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/gs) ?? [];
  let schema: Plain | undefined = root;
  for (let i = 0; i < tokens.length; i += 2) {
    const token = tokens[i];
    if (token === '[') return { problem: 'array notation is not allowed' };
    if (token !== '.') return { problem: `expected [ or . but got: ${token}` };
    const name = tokens[i + 1];
    if (name === undefined) return { problem: 'unexpected end of JSON path' };
    const at: Plain = schema ?? {};
    const { properties, additionalProperties } = at;
    if (properties !== undefined) {
      if (!Object.hasOwn(properties, name)) return { problem: noField };
      schema = properties[name];
    } else if (additionalProperties !== undefined) {
      schema = typeof additionalProperties === 'object' ? additionalProperties : undefined;
    } else return { problem: noField };
  }
  return { schema, root: tokens[1] ?? '' };
}
