import { timestamp } from '../../../object/object.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { keepStatus } from '../field-check.ts';
import { setTextDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';
import { accessModesText, storageClassText } from './access-modes.ts';
import { validateVolume, validateVolumeUpdate } from './persistent-volume-validation.ts';
import { volumeWarnings } from './persistent-volume-warnings.ts';
import { defaultVolumeSource } from './volume.ts';

export const persistentVolume: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  namespaced: false,
  shortNames: ['pv'],
  storagePath: 'persistentvolumes',
  generation: false,
  columns: [
    nameColumn,
    textColumn('Capacity', ({ spec }) => spec?.capacity?.storage ?? '0'),
    textColumn('Access Modes', ({ spec }) => accessModesText(spec?.accessModes)),
    textColumn('Reclaim Policy', ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? ''),
    textColumn('Status', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    textColumn('Claim', ({ spec }) =>
      spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
    ),
    textColumn('StorageClass', ({ metadata, spec }) =>
      storageClassText(metadata.annotations, spec?.storageClassName),
    ),
    textColumn('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    textColumn('Reason', ({ status }) => status?.reason ?? ''),
    ageColumn,
    textColumn('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>', 1),
  ],
  default(volume) {
    volume.spec ??= {};
    volume.status ??= {};
    setTextDefaults(volume.status, { phase: 'Pending' });
    setTextDefaults(volume.spec, { persistentVolumeReclaimPolicy: 'Retain' });
    volume.spec.volumeMode ??= 'Filesystem';
    defaultVolumeSource(volume.spec);
  },
  prepareForCreate(volume, { now }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(now) };
  },
  prepareForUpdate: keepStatus,
  updateChecks: ['new metadata', 'rules', 'new metadata', 'rules', 'changes'],
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  warnings: volumeWarnings,
  status: {
    prepareForUpdate(next, old, { now }) {
      next.status ??= {};
      const stamped = next.status.lastPhaseTransitionTime;
      if (next.status.phase !== old.status?.phase) {
        if (stamped === undefined || stamped === old.status?.lastPhaseTransitionTime) {
          next.status.lastPhaseTransitionTime = timestamp(now);
        }
      } else if (stamped === undefined && old.status?.lastPhaseTransitionTime !== undefined) {
        next.status.lastPhaseTransitionTime = old.status.lastPhaseTransitionTime;
      }
    },
  },
};
