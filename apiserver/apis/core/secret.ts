import { fieldTooLong } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, type Errors } from '../field-check.ts';
import { checkImmutableData, checkKey, dataBytesMax, decodedLength } from './config-data.ts';
import { checkSecretType } from './secret-types.ts';
import type { KindDefinition } from '../resource.ts';

export const secret: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  namespaced: true,
  storagePath: 'secrets',
  generation: false,
  columns: [
    nameColumn,
    textColumn('Type', (secret) => secret.type ?? ''),
    textColumn('Data', (secret) => Object.keys(secret.data ?? {}).length),
    ageColumn,
  ],
  selectableFields: (secret) => ({ type: secret.type ?? '' }),
  default(secret) {
    if (!secret.type) secret.type = 'Opaque';
    mergeStringData(secret);
  },
  updateChecks: ['changed metadata', 'changes', 'new metadata', 'rules'],
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.type, old.type, 'type');
    checkImmutableData(errors, next, old, ['data']);
    return errors;
  },
};

/** stringData is for writing only: it goes into data, over what is there. */
function mergeStringData(secret: KubeObject): void {
  if (secret.stringData === undefined) return;
  for (const [key, text] of Object.entries<string>(secret.stringData)) {
    secret.data ??= {};
    secret.data[key] = Buffer.from(text).toString('base64');
  }
  delete secret.stringData;
}

function validate(secret: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const key of Object.keys(secret.data ?? {})) checkKey(errors, key, 'data');
  const values = Object.values<string>(secret.data ?? {});
  const bytes = values.reduce((sum, value) => sum + decodedLength(value), 0);
  if (bytes > dataBytesMax) errors.push(fieldTooLong('data', dataBytesMax));
  checkSecretType(errors, secret);
  return errors;
}
