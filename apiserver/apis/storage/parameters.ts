import { fieldInvalid, fieldTooLong } from '../../../object/field-error.ts';
import { byteLength } from '../../../object/name.ts';
import type { Errors } from '../field-check.ts';

/** Parameters of a class of storage (storage validation validateParameters). */
const parametersMax = 512;
const parameterBytesMax = 256 * 1024;

export function checkParameters(errors: Errors, parameters: Record<string, string> = {}): void {
  const entries = Object.entries(parameters);
  if (entries.length > parametersMax) {
    // upstream words the number of parameters as bytes
    errors.push(fieldTooLong('parameters', parametersMax));
    return;
  }
  let bytes = 0;
  for (const [key, value] of entries) {
    if (key === '') errors.push(fieldInvalid('parameters', key, 'field can not be empty.'));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > parameterBytesMax) errors.push(fieldTooLong('parameters', parameterBytesMax));
}
