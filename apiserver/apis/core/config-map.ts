import { fieldInvalid, fieldTooLong } from '../../../object/field-error.ts';
import { byteLength } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import type { Errors } from '../field-check.ts';
import { checkImmutableData, checkKey, dataBytesMax, decodedLength } from './config-data.ts';
import type { KindDefinition } from '../resource.ts';

export const configMap: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
  shortNames: ['cm'],
  storagePath: 'configmaps',
  generation: false,
  columns: [nameColumn, textColumn('Data', countData), ageColumn],
  updateChecks: ['changed metadata', 'changes', 'new metadata', 'rules'],
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutableData(errors, next, old, ['data', 'binaryData']);
    return errors;
  },
};

function countData({ data, binaryData }: KubeObject): number {
  return Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
}

function validate({ data = {}, binaryData = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  let bytes = 0;
  for (const [key, value] of Object.entries<string>(data)) {
    bytes += byteLength(value);
    checkKey(errors, key, 'data');
    if (Object.hasOwn(binaryData, key)) {
      errors.push(fieldInvalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  for (const [key, value] of Object.entries<string>(binaryData)) {
    bytes += decodedLength(value);
    checkKey(errors, key, 'binaryData');
  }
  if (bytes > dataBytesMax) errors.push(fieldTooLong('[]', dataBytesMax));
  return errors;
}
