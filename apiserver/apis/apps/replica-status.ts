import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, containerColumns, integerColumn, nameColumn, textColumn } from '../column.ts';
import { checkNonNegative, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { Column } from '../resource.ts';

/** Columns and status rules that ReplicaSet and ReplicationController share. */

export function replicaColumns(selector: (object: KubeObject) => string): Column[] {
  return [
    nameColumn,
    integerColumn('Desired', ({ spec }) => spec?.replicas ?? 0),
    integerColumn('Current', ({ status }) => status?.replicas ?? 0),
    integerColumn('Ready', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn,
    ...containerColumns(({ spec }) => spec?.template?.spec),
    textColumn('Selector', selector, 1),
  ];
}

export function validateReplicaStatus({ status = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  for (const field of [...counts, 'observedGeneration', 'terminatingReplicas']) {
    checkNonNegative(errors, status[field], `status.${field}`);
  }
  for (const field of counts.slice(1)) {
    checkAtMost(errors, status, field, 'replicas', 'cannot be greater than status.replicas');
  }
  const text = 'cannot be greater than readyReplicas';
  checkAtMost(errors, status, 'availableReplicas', 'readyReplicas', text);
  return errors;
}

/** One count of a status may not be above another. */
export function checkAtMost(
  errors: Errors,
  status: Plain,
  field: string,
  limit: string,
  text: string,
): void {
  if ((status[field] ?? 0) <= (status[limit] ?? 0)) return;
  errors.push(fieldInvalid(`status.${field}`, status[field], text));
}
