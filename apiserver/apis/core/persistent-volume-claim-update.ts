import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import { compareQuantities } from '../../../object/quantity.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkImmutable, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { classAnnotation } from './persistent-volume-claim-warnings.ts';
import { checkBasicAmounts } from './persistent-volume-claim-validation.ts';
import { changedPaths } from './pod-update.ts';
import { checkResourceName, quantityOrUndefined } from './resources-validation.ts';

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
    if (rest.volumeAttributesClassName !== undefined) {
      rest.volumeAttributesClassName = old.spec.volumeAttributesClassName;
    }
  }
  if (!semanticEqual(rest, old.spec)) {
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    const changes = changedPaths(old.spec, rest, 'spec').join('\n');
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
  if (was === undefined && is === undefined && unset && given !== undefined) {
    delete rest.storageClassName;
  }
}

/** A failed growth may be taken back, never below what the volume has (KEP-1790). */
function checkShrinking(errors: Errors, before: unknown, now: unknown, has: unknown): void {
  const [old, next] = [quantityOrUndefined(before), quantityOrUndefined(now)];
  if (old === undefined || next === undefined || compareQuantities(next, old) >= 0) return;
  const capacity = quantityOrUndefined(has);
  if (capacity === undefined || compareQuantities(next, capacity) > 0) return;
  const path = 'spec.resources.requests.storage';
  errors.push(fieldForbidden(path, 'field can not be less than status.capacity'));
}

/** A class that has been applied can be replaced, not taken away (KEP-3751). */
function checkAttributesClass(errors: Errors, spec: Plain, old: KubeObject): void {
  const was: unknown = old.spec.volumeAttributesClassName;
  const is: unknown = spec.volumeAttributesClassName;
  if (was === undefined || was === is) return;
  const path = 'spec.volumeAttributesClassName';
  if (is === undefined) {
    errors.push(fieldForbidden(path, 'update from non-nil value to nil is forbidden'));
  } else if (is === '' && was !== '') {
    const why = 'update from non-nil value to an empty string is forbidden';
    errors.push(fieldForbidden(path, why));
  }
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
  const at = 'status.allocatedResourceStatus';
  for (const [name, value] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    checkClaimResource(errors, name, at);
    if (!resizeStatuses.includes(String(value))) {
      errors.push(fieldNotSupported(`${at}[${name}]`, name, resizeStatuses));
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
  if (name === 'storage') return;
  const known = errors.length;
  checkResourceName(errors, name, path);
  if (errors.length > known) return;
  const domain = name.slice(0, Math.max(0, name.indexOf('/')));
  if (domain !== '' && domain !== 'kubernetes.io' && !domain.endsWith('.kubernetes.io')) return;
  const text = "must be prefixed with a domain other than kubernetes.io, or be 'storage'";
  errors.push(fieldInvalid(path, name, text));
}
