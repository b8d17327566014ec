import { fieldInvalid, fieldRequired, fieldTooLong } from '../../../object/field-error.ts';
import { byteLength, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { Errors } from '../field-check.ts';

const nameBytesMax = 63;

/** The name of a CSI driver, or of a driver of devices (core validation ValidateCSIDriverName). */
export function checkDriverName(errors: Errors, name: string | undefined, path: string): void {
  const text = name ?? '';
  if (text === '') errors.push(fieldRequired(path));
  if (byteLength(text) > nameBytesMax) errors.push(fieldTooLong(path, nameBytesMax));
  for (const message of dns1123SubdomainErrors(text.toLowerCase())) {
    errors.push(fieldInvalid(path, text, message));
  }
}
