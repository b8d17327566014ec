import { fieldDuplicate, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { byteLength, labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { checkFormat, checkNonNegative, type Errors } from '../field-check.ts';
import { checkImmutableStruct } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkDriverName } from './driver-name.ts';
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
  updateChecks: ['new metadata', 'rules', 'new metadata', 'rules', 'changes'],
  validate,
  validateUpdate,
};

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const names = new Set<string>();
  for (const [i, driver] of (spec?.drivers ?? []).entries()) {
    const path = `spec.drivers[${i}]`;
    checkDriverName(errors, driver.name, `${path}.name`);
    if (!driver.nodeID) errors.push(fieldRequired(`${path}.nodeID`));
    else if (byteLength(driver.nodeID) > 256) {
      const text = 'must be 256 characters or less';
      errors.push(fieldInvalid(`${path}.nodeID`, driver.nodeID, text));
    }
    checkNonNegative(errors, driver.allocatable?.count, `${path}.allocatable.count`);
    if (names.has(driver.name)) errors.push(fieldDuplicate(`${path}.name`, driver.name));
    names.add(driver.name);
    checkTopologyKeys(errors, driver.topologyKeys ?? [], path);
  }
  return errors;
}

function checkTopologyKeys(errors: Errors, keys: string[], path: string): void {
  for (const [i, key] of keys.entries()) {
    if (key === '') errors.push(fieldRequired(path));
    if (keys.indexOf(key) < i) errors.push(fieldDuplicate(path, key));
    checkFormat(errors, key, path, labelKeyErrors);
  }
}

/** A driver that stays keeps everything but how much it can allocate. */
function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const before of old.spec?.drivers ?? []) {
    for (const driver of next.spec?.drivers ?? []) {
      if (driver.name !== before.name) continue;
      const [now, then] = [withoutCount(driver), withoutCount(before)];
      checkImmutableStruct(errors, now, then, 'spec.drivers', 'CSINodeDriver');
    }
  }
  return errors;
}

function withoutCount(driver: Plain): Plain {
  const { allocatable: _, ...rest } = driver;
  return rest;
}
