import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import { byteLength, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, booleanColumn, nameColumn, textColumn } from '../column.ts';
import { checkVolumeSpec } from '../core/persistent-volume-validation.ts';
import { checkFormat, type Errors, keepStatus } from '../field-check.ts';
import { checkImmutableStruct } from '../internal-form.ts';
import { checkDriverName } from './driver-name.ts';
import type { KindDefinition } from '../resource.ts';

export const volumeAttachment: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  namespaced: false,
  storagePath: 'volumeattachments',
  generation: false,
  unconditionalUpdate: false,
  status: {
    keepsMetadata: 'all',
    // of the object itself, whose spec is as it was
    updateChecks: ['new metadata', 'changes'],
    validateUpdate: validateStatus,
  },
  columns: [
    nameColumn,
    { ...textColumn('Attacher', ({ spec }) => spec?.attacher ?? ''), format: 'name' },
    textColumn('PV', ({ spec }) => spec?.source?.persistentVolumeName ?? ''),
    textColumn('Node', ({ spec }) => spec?.nodeName ?? ''),
    booleanColumn('Attached', ({ status }) => status?.attached ?? false),
    ageColumn,
  ],
  default(attachment) {
    attachment.spec ??= {};
    attachment.status ??= {};
    attachment.status.attached ??= false;
  },
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  prepareForUpdate: keepStatus,
  updateChecks: ['new metadata', 'rules', 'changes'],
  validate,
  validateCreate({ spec }) {
    const errors: Errors = [];
    checkDriverName(errors, spec.attacher, 'spec.attacher');
    const volume: string | undefined = spec.source?.persistentVolumeName;
    if (volume !== undefined) {
      checkFormat(errors, volume, 'spec.source.persistentVolumeName', dns1123SubdomainErrors);
    }
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutableStruct(errors, next.spec, old.spec, 'spec', 'VolumeAttachmentSpec');
    return errors;
  },
};

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  if (!spec.attacher) errors.push(fieldRequired('spec.attacher'));
  const { persistentVolumeName: volume, inlineVolumeSpec: inline } = spec.source ?? {};
  const path = 'spec.source';
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inline === undefined && volume === undefined) errors.push(fieldRequired(path, one));
  else if (inline !== undefined && volume !== undefined) errors.push(fieldForbidden(path, one));
  else if (volume === '') {
    const text = 'must specify non empty persistentVolumeName';
    errors.push(fieldRequired(`${path}.persistentVolumeName`, text));
  } else if (inline !== undefined) {
    checkVolumeSpec(errors, inline, `${path}.inlineVolumeSpec`, { name: '', inline: true });
  }
  checkFormat(errors, spec.nodeName ?? '', 'spec.nodeName', dns1123SubdomainErrors);
  return errors;
}

const metadataBytesMax = 256 * 1024;
const messageBytesMax = 1024;

function validateStatus({ status = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const metadata = Object.entries<string>(status.attachmentMetadata ?? {}).flat();
  const bytes = metadata.reduce((sum, text) => sum + byteLength(text), 0);
  if (bytes > metadataBytesMax) {
    errors.push(fieldTooLong('status.attachmentMetadata', metadataBytesMax));
  }
  for (const field of ['attachError', 'detachError']) {
    const { message = '', errorCode = 0 } = status[field] ?? {};
    const path = `status.${field}`;
    if (byteLength(message) > messageBytesMax) {
      // upstream names the limit of the metadata here
      errors.push(fieldTooLong(`${path}.message`, metadataBytesMax));
    }
    if (errorCode < 0) {
      const text = 'must be between 0 and 2147483647, inclusive';
      errors.push(fieldInvalid(`${path}.errorCode`, errorCode, text));
    }
  }
  return errors;
}
