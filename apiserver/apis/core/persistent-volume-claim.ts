import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { type Errors, keepStatus } from '../field-check.ts';
import { type Plain, setTextDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';
import { accessModesText, storageClassText } from './access-modes.ts';
import { validateClaimStatus, validateClaimUpdate } from './persistent-volume-claim-update.ts';
import { checkClaimSpec } from './persistent-volume-claim-validation.ts';
import { claimWarnings } from './persistent-volume-claim-warnings.ts';

export const persistentVolumeClaim: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  namespaced: true,
  shortNames: ['pvc'],
  storagePath: 'persistentvolumeclaims',
  generation: false,
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
  selectableFields: (claim) => ({ name: claim.metadata.name ?? '' }),
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    normaliseDataSource(claim.spec);
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    normaliseDataSource(next.spec, old.spec);
  },
  updateChecks: ['changed metadata', 'new metadata', 'rules', 'changes'],
  validate({ spec }, old) {
    const errors: Errors = [];
    checkClaimSpec(errors, spec, 'spec', old?.spec);
    return errors;
  },
  validateUpdate: validateClaimUpdate,
  warnings: claimWarnings,
  status: { validateUpdate: validateClaimStatus },
};

/**
 * dataSource and dataSourceRef say the same where both can (KEP-1495). What dataSource could never
 * name is dropped from it, and so is a reference into another namespace, whose feature gate is off.
 */
function normaliseDataSource(spec: Plain, old?: Plain): void {
  if (spec.dataSourceRef?.namespace) delete spec.dataSourceRef;
  const inUse = old?.dataSource !== undefined || old?.dataSourceRef !== undefined;
  if (!inUse && spec.dataSource && !isClassicSource(spec.dataSource)) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef && !dataSource) {
    const { namespace: _namespace, ...rest } = dataSourceRef;
    spec.dataSource = rest;
  }
}

function isClassicSource({ apiGroup, kind }: Plain): boolean {
  if (kind === 'PersistentVolumeClaim') return !apiGroup;
  return kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io';
}
