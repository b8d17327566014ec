import { fieldDuplicate, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { checkNonNegative, type Errors } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';

export const csiNode: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  namespaced: false,
  storagePath: 'csinodes',
  generation: false,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    integerColumn('Drivers', ({ spec }) => (spec?.drivers ?? []).length),
    ageColumn,
  ],
  validate,
};

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const names = new Set<string>();
  for (const [i, driver] of (spec?.drivers ?? []).entries()) {
    const path = `spec.drivers[${i}]`;
    if (!driver.name) errors.push(fieldRequired(`${path}.name`));
    if (names.has(driver.name)) errors.push(fieldDuplicate(`${path}.name`, driver.name));
    names.add(driver.name);
    if (!driver.nodeID) errors.push(fieldRequired(`${path}.nodeID`));
    else if (driver.nodeID.length > 256) {
      const text = 'must be 256 characters or less';
      errors.push(fieldInvalid(`${path}.nodeID`, driver.nodeID, text));
    }
    checkNonNegative(errors, driver.allocatable?.count, `${path}.allocatable.count`);
  }
  return errors;
}
