import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { ageColumn, booleanColumn, nameColumn, textColumn } from '../column.ts';
import { type Errors, immutableMessage, keepStatus } from '../field-check.ts';
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
  status: true,
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
  validate({ spec }) {
    const errors: Errors = [];
    for (const field of ['attacher', 'nodeName']) {
      if (!spec[field]) errors.push(fieldRequired(`spec.${field}`));
    }
    const { persistentVolumeName, inlineVolumeSpec } = spec.source ?? {};
    const path = 'spec.source';
    if (!persistentVolumeName && inlineVolumeSpec === undefined) {
      const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
      errors.push(fieldRequired(path, text));
    } else if (persistentVolumeName && inlineVolumeSpec !== undefined) {
      const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
      errors.push(fieldInvalid(path, spec.source, text));
    }
    return errors;
  },
  validateUpdate: (next, old) =>
    semanticEqual(next.spec, old.spec) ? [] : [fieldInvalid('spec', next.spec, immutableMessage)],
};
