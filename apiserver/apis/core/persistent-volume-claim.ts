import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import { compareQuantities } from '../../../object/quantity.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, checkImmutable, type Errors, keepStatus } from '../field-check.ts';
import { type Plain, setTextDefaults } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import {
  accessModesText,
  checkAccessModes,
  checkPositiveQuantity,
  storageClassText,
} from './access-modes.ts';
import { changedPaths } from './pod-update.ts';
import { quantityOrUndefined } from './resources-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const persistentVolumeClaim: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  namespaced: true,
  shortNames: ['pvc'],
  storagePath: 'persistentvolumeclaims',
  generation: false,
  status: true,
  columns: [
    nameColumn,
    textColumn('Status', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    textColumn('Volume', ({ spec }) => spec?.volumeName ?? ''),
    textColumn('Capacity', ({ spec, status }) =>
      spec?.volumeName ? (status?.capacity?.storage ?? '0') : '',
    ),
    textColumn('Access Modes', ({ spec, status }) =>
      spec?.volumeName ? accessModesText(status?.accessModes) : '',
    ),
    textColumn('StorageClass', ({ metadata, spec }) =>
      storageClassText(metadata.annotations, spec?.storageClassName),
    ),
    textColumn('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    ageColumn,
    textColumn('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>', 1),
  ],
  default(claim) {
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.spec.resources ??= {};
    claim.status ??= {};
    setTextDefaults(claim.status, { phase: 'Pending' });
  },
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    normaliseDataSource(claim.spec);
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    normaliseDataSource(next.spec);
  },
  validate,
  validateUpdate,
};

/** dataSource and dataSourceRef say the same where both can (KEP-1495). */
function normaliseDataSource(spec: Plain): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined)
    spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef !== undefined && dataSource === undefined && !dataSourceRef.namespace) {
    const { namespace: _namespace, ...rest } = dataSourceRef;
    spec.dataSource = rest;
  }
}

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkLabelSelector(errors, spec.selector, 'spec.selector');
  checkAccessModes(errors, spec.accessModes);
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) errors.push(fieldRequired('spec.resources[storage]'));
  else checkPositiveQuantity(errors, storage, 'spec.resources[storage]');
  if (spec.storageClassName) {
    checkFormat(errors, spec.storageClassName, 'spec.storageClassName', dns1123SubdomainErrors);
  }
  if (spec.volumeMode !== undefined && !['Block', 'Filesystem'].includes(spec.volumeMode)) {
    errors.push(fieldNotSupported('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']));
  }
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    if (!semanticEqual(dataSource, dataSourceRef)) {
      const text = 'must match dataSourceRef';
      errors.push(fieldInvalid('spec.dataSource', dataSource, text));
    }
  }
  return errors;
}

function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const rest: Plain = {
    ...next.spec,
    volumeAttributesClassName: old.spec.volumeAttributesClassName,
  };
  // The volume controller binds once; a claim without a class may get the default one.
  if (!old.spec.volumeName) rest.volumeName = old.spec.volumeName;
  if (old.spec.storageClassName === undefined) delete rest.storageClassName;
  const before = old.spec.resources?.requests?.storage;
  const now = next.spec.resources?.requests?.storage;
  if (next.status?.phase === 'Bound' && now !== undefined) {
    const requests = { ...rest.resources?.requests, storage: before };
    rest.resources = { ...rest.resources, requests };
  }
  if (!semanticEqual(rest, old.spec)) {
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    const changes = changedPaths(old.spec, rest, 'spec').join('\n');
    errors.push(fieldForbidden('spec', `${why}\n${changes}`));
  }
  checkShrinking(errors, before, now, old.status?.capacity?.storage);
  checkImmutable(errors, next.spec.volumeMode, old.spec.volumeMode, 'volumeMode');
  if (old.spec.volumeAttributesClassName && !next.spec.volumeAttributesClassName) {
    const why = 'update from non-nil value to nil is forbidden';
    errors.push(fieldForbidden('spec.volumeAttributesClassName', why));
  }
  return errors;
}

/** A failed growth may be taken back, never below what the volume has (KEP-1790). */
function checkShrinking(errors: Errors, before: unknown, now: unknown, has: unknown): void {
  const [old, next] = [quantityOrUndefined(before), quantityOrUndefined(now)];
  if (old === undefined || next === undefined || compareQuantities(next, old) >= 0) return;
  const capacity = has === undefined ? undefined : quantityOrUndefined(has);
  const path = 'spec.resources.requests.storage';
  if (capacity === undefined || compareQuantities(next, capacity) <= 0) {
    errors.push(fieldForbidden(path, 'field can not be less than status.capacity'));
  }
}
