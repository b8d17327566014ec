import { fieldInvalid, fieldTooLong } from '../../../object/field-error.ts';
import { byteLength } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import type { Errors } from '../field-check.ts';
import { checkImmutableData, checkKeys, dataBytesMax, decodedLength } from './config-data.ts';
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
  checkKeys(errors, data, 'data');
  checkKeys(errors, binaryData, 'binaryData');
  let bytes = 0;
  for (const [key, value] of Object.entries<string>(data)) {
    bytes += byteLength(value);
    if (Object.hasOwn(binaryData, key)) {
      errors.push(fieldInvalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  for (const value of Object.values<string>(binaryData)) bytes += decodedLength(value);
  if (bytes > dataBytesMax) errors.push(fieldTooLong('[]', dataBytesMax));
  return errors;
}
