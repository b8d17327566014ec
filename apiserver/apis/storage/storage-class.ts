import { fieldForbidden } from '../../../object/field-error.ts';
import { semanticEqual } from '../../../object/equal.ts';
import { byteLength, labelKeyErrors } from '../../../object/name.ts';
import { fieldTooLong } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, checkName, checkOneOf, type Errors } from '../field-check.ts';
import { setDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const storageClass: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  namespaced: false,
  shortNames: ['sc'],
  storagePath: 'storageclasses',
  generation: false,
  columns: [
    { ...nameColumn, cell: nameText },
    textColumn('Provisioner', (storage) => storage.provisioner ?? ''),
    textColumn('ReclaimPolicy', (storage) => storage.reclaimPolicy ?? 'Delete'),
    textColumn('VolumeBindingMode', (storage) => storage.volumeBindingMode ?? 'Immediate'),
    textColumn('AllowVolumeExpansion', (storage) => storage.allowVolumeExpansion ?? false),
    ageColumn,
  ],
  default: (storage) =>
    setDefaults(storage, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  validate,
  validateUpdate,
};

function nameText({ metadata }: KubeObject): string {
  const name = metadata.name ?? '';
  const { annotations = {} } = metadata;
  const marks = [
    'storageclass.kubernetes.io/is-default-class',
    'storageclass.beta.kubernetes.io/is-default-class',
  ];
  return marks.some((mark) => annotations[mark] === 'true') ? `${name} (default)` : name;
}

/** Bytes of all parameters together (storage validation maxProvisionerParameterSize). */
const parameterBytesMax = 256 * 1024;

function validate(storage: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkName(errors, storage.provisioner?.toLowerCase(), 'provisioner', labelKeyErrors);
  let bytes = 0;
  for (const [key, value] of Object.entries<string>(storage.parameters ?? {})) {
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > parameterBytesMax) errors.push(fieldTooLong('parameters', parameterBytesMax));
  checkOneOf(errors, storage.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']);
  const modes = ['Immediate', 'WaitForFirstConsumer'];
  checkOneOf(errors, storage.volumeBindingMode, 'volumeBindingMode', modes);
  return errors;
}

function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy']) {
    if (semanticEqual(next[field], old[field])) continue;
    errors.push(fieldForbidden(field, `updates to ${field} are forbidden.`));
  }
  checkImmutable(errors, next.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode');
  return errors;
}
