import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { fieldRequired } from '../../../object/field-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkName, type Errors } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';
import { checkParameters } from './parameters.ts';

export const volumeAttributesClass: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  namespaced: false,
  shortNames: ['vac'],
  storagePath: 'volumeattributesclasses',
  generation: false,
  columns: [
    nameColumn,
    textColumn('DriverName', (attributes) => attributes.driverName ?? ''),
    ageColumn,
  ],
  updateChecks: ['changed metadata', 'changes', 'new metadata', 'rules'],
  validate(attributes) {
    const errors: Errors = [];
    checkName(errors, attributes.driverName?.toLowerCase(), 'driverName', labelKeyErrors);
    checkParameters(errors, attributes.parameters);
    if (Object.keys(attributes.parameters ?? {}).length === 0) {
      const text = 'must contain at least one key/value pair';
      errors.push(fieldRequired('parameters', text));
    }
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    for (const field of ['driverName', 'parameters']) {
      if (semanticEqual(next[field], old[field])) continue;
      errors.push(fieldForbidden(field, `updates to ${field} are forbidden.`));
    }
    return errors;
  },
};
