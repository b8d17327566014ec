import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import { patternError, tooLong } from '../../../object/name.ts';
import { semanticEqual } from '../../../object/equal.ts';
import type { Errors } from '../field-check.ts';

/** What ConfigMaps and Secrets have in common: keys, a size limit, the immutable flag. */

/** Bytes of all values of one ConfigMap or Secret (core validation MaxSecretSize). */
export const dataBytesMax = 1024 * 1024;

const keyPattern = /^[-._a-zA-Z0-9]+$/;

export function configKeyErrors(key: string): string[] {
  const errors: string[] = [];
  if (key.length > 253) errors.push(tooLong(253));
  if (!keyPattern.test(key)) {
    const text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(patternError(text, '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (key === '.' || key === '..') errors.push(`must not be '${key}'`);
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

export function checkKey(errors: Errors, key: string, path: string): void {
  for (const message of configKeyErrors(key)) {
    errors.push(fieldInvalid(`${path}[${key}]`, key, message));
  }
}

/** Bytes that base64 text stands for. */
export function decodedLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
}

/** Once immutable, always; and its data with it (KEP-1412). */
export function checkImmutableData(
  errors: Errors,
  next: KubeObject,
  old: KubeObject,
  fields: readonly string[],
): void {
  if (old.immutable !== true) return;
  const why = 'field is immutable when `immutable` is set';
  if (next.immutable !== true) errors.push(fieldForbidden('immutable', why));
  for (const field of fields) {
    if (!semanticEqual(next[field], old[field])) errors.push(fieldForbidden(field, why));
  }
}
