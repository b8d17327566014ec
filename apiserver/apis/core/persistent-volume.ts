import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import { type KubeObject, timestamp } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import {
  checkFormat,
  checkImmutable,
  checkOptionalOneOf,
  type Errors,
  keepStatus,
} from '../field-check.ts';
import { type Plain, setTextDefaults } from '../plain.ts';
import {
  accessModesText,
  checkAccessModes,
  checkPositiveQuantity,
  storageClassText,
} from './access-modes.ts';
import { checkNodeSelector } from './scheduling-validation.ts';
import { defaultVolumeSource } from './volume.ts';
import { checkSource } from './volume-validation.ts';
import type { KindDefinition } from '../resource.ts';

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
  validate,
  validateUpdate,
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

/** What a volume's spec says beside where its data is. */
const notSources = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

function sourceOf(spec: Plain): [string, Plain][] {
  return Object.entries(spec).filter(([field, value]) => !notSources.has(field) && value != null);
}

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkAccessModes(errors, spec.accessModes);
  const capacity: Record<string, string> = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) errors.push(fieldRequired('spec.capacity'));
  else if (capacity.storage === undefined || Object.keys(capacity).length > 1) {
    errors.push(fieldNotSupported('spec.capacity', capacity, ['storage']));
  }
  for (const [name, amount] of Object.entries(capacity)) {
    checkPositiveQuantity(errors, amount, `spec.capacity[${name}]`);
  }
  const policies = ['Delete', 'Recycle', 'Retain'];
  const policy = spec.persistentVolumeReclaimPolicy;
  checkOptionalOneOf(errors, policy, 'spec.persistentVolumeReclaimPolicy', policies);
  checkOptionalOneOf(errors, spec.volumeMode, 'spec.volumeMode', ['Block', 'Filesystem']);
  if (spec.nodeAffinity?.required !== undefined) {
    checkNodeSelector(errors, spec.nodeAffinity.required, 'spec.nodeAffinity.required');
  } else if (spec.local !== undefined) {
    const text = 'Local volume requires node affinity';
    errors.push(fieldRequired('spec.nodeAffinity', text));
  }
  checkVolumeSources(errors, spec);
  if (spec.storageClassName) {
    checkFormat(errors, spec.storageClassName, 'spec.storageClassName', dns1123SubdomainErrors);
  }
  return errors;
}

function checkVolumeSources(errors: Errors, spec: Plain): void {
  const sources = sourceOf(spec);
  if (sources.length === 0) errors.push(fieldRequired('spec', 'must specify a volume type'));
  for (const [i, [name, source]] of sources.entries()) {
    const path = `spec.${name}`;
    if (i > 0) errors.push(fieldForbidden(path, 'may not specify more than 1 volume type'));
    else checkSource(errors, name, source, path);
  }
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(fieldForbidden('spec.persistentVolumeReclaimPolicy', why));
  }
}

function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  if (!semanticEqual(sourceOf(next.spec), sourceOf(old.spec))) {
    const why = 'spec.persistentvolumesource is immutable after creation';
    errors.push(fieldForbidden('spec.persistentvolumesource', why));
  }
  checkImmutable(errors, next.spec.volumeMode, old.spec.volumeMode, 'volumeMode');
  if (old.spec.nodeAffinity !== undefined) {
    const { nodeAffinity } = next.spec;
    if (!semanticEqual(nodeAffinity, old.spec.nodeAffinity)) {
      const text = 'field is immutable, except for updating from beta label to GA';
      errors.push(fieldInvalid('spec.nodeAffinity', nodeAffinity ?? null, text));
    }
  }
  return errors;
}
