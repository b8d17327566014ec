import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import { compareQuantities } from '../../../object/quantity.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { internalDiff } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { classAnnotation } from './persistent-volume-claim-warnings.ts';
import { checkBasicAmounts } from './persistent-volume-claim-validation.ts';
import { isNative, quantityOrUndefined } from './resources-validation.ts';

/** What of a claim may change (core validation, ValidatePersistentVolumeClaimUpdate). */
export function validateClaimUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const rest: Plain = { ...next.spec };
  // The volume controller binds once.
  if (!old.spec.volumeName) rest.volumeName = old.spec.volumeName;
  keepClass(errors, rest, next, old);
  const before = old.spec.resources?.requests?.storage;
  const now = next.spec.resources?.requests?.storage;
  if (next.status?.phase === 'Bound') {
    if (now !== undefined) {
      const requests = { ...rest.resources.requests, storage: before };
      rest.resources = { ...rest.resources, requests };
    }
    rest.volumeAttributesClassName = old.spec.volumeAttributesClassName;
  }
  if (!semanticEqual(rest, old.spec)) {
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    // a volume that is bound now is no change
    const { volumeName } = next.spec;
    const [a, b] = old.spec.volumeName
      ? [old.spec, rest]
      : [
          { ...old.spec, volumeName },
          { ...rest, volumeName },
        ];
    const changes = internalDiff('PersistentVolumeClaimSpec', a, b);
    errors.push(fieldForbidden('spec', `${why}\n${changes}`));
  }
  checkShrinking(errors, before, now, old.status?.capacity?.storage ?? '0');
  checkImmutable(errors, next.spec.volumeMode, old.spec.volumeMode, 'volumeMode');
  checkAttributesClass(errors, next.spec, old);
  return errors;
}

/** A claim's class may move from the old annotation to the field, and be given where there was none. */
function keepClass(errors: Errors, rest: Plain, next: KubeObject, old: KubeObject): void {
  const was = old.metadata.annotations?.[classAnnotation];
  const is = next.metadata.annotations?.[classAnnotation];
  const unset = old.spec.storageClassName === undefined;
  const given: unknown = next.spec.storageClassName;
  if (was !== undefined && unset && given === was && (is === undefined || is === was)) {
    delete rest.storageClassName;
    return;
  }
  checkImmutable(errors, is ?? '', was ?? '', `metadata.annotations.${classAnnotation}`);
  if (unset && given !== undefined && (was === undefined || given === was)) {
    delete rest.storageClassName;
  }
}

/** A failed growth may be taken back, never below what the volume has (KEP-1790). */
function checkShrinking(errors: Errors, before: unknown, now: unknown, has: unknown): void {
  const [old, next] = [quantityOrUndefined(before ?? '0'), quantityOrUndefined(now ?? '0')];
  if (old === undefined || next === undefined || compareQuantities(next, old) >= 0) return;
  const capacity = quantityOrUndefined(has);
  if (capacity === undefined || compareQuantities(next, capacity) > 0) return;
  const path = 'spec.resources.requests.storage';
  errors.push(fieldForbidden(path, 'field can not be less than status.capacity'));
}

/** A class that has been applied can be replaced, not taken away (KEP-3751). */
function checkAttributesClass(
  errors: Errors,
  spec: Plain,
  { spec: old, status }: KubeObject,
): void {
  const is: unknown = spec.volumeAttributesClassName;
  if (is === old.volumeAttributesClassName) return;
  if (status?.currentVolumeAttributesClassName === undefined || (is !== undefined && is !== '')) {
    return;
  }
  const to = is === undefined ? 'nil' : 'empty string';
  const why = `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  errors.push(fieldForbidden('spec.volumeAttributesClassName', why));
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].sort();

export function validateClaimStatus(next: KubeObject): StatusCause[] {
  const errors: Errors = [];
  if (!next.spec?.accessModes?.length) errors.push(fieldRequired('Spec.accessModes'));
  const status: Plain = next.status ?? {};
  checkBasicAmounts(errors, status.capacity, 'status.capacity');
  const at = 'status.allocatedResourceStatuses';
  for (const [name, value] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    checkClaimResource(errors, name, at);
    if (!resizeStatuses.includes(String(value))) {
      errors.push(fieldNotSupported(at, name, resizeStatuses));
    }
  }
  for (const [name, amount] of Object.entries(status.allocatedResources ?? {})) {
    const known = errors.length;
    checkClaimResource(errors, name, 'status.allocatedResources');
    if (errors.length > known) continue;
    checkBasicAmounts(errors, { [name]: String(amount) }, 'status.allocatedResources');
  }
  return errors;
}

/** Storage, or something of another domain: the short names are Kubernetes' own. */
function checkClaimResource(errors: Errors, name: string, path: string): void {
  const known = errors.length;
  checkFormat(errors, name, path, labelKeyErrors);
  if (errors.length > known || name === 'storage' || !isNative(name)) return;
  errors.push(fieldNotSupported(path, name, ['storage']));
}
