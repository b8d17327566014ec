import { fieldRequired, fieldTooLong } from '../../../object/field-error.ts';
import { byteLength, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';

const poolBytesMax = 253;

/** One or more subdomains, separated by slashes. */
export function checkPoolName(errors: Errors, name: string | undefined, path: string): void {
  if (!name) {
    errors.push(fieldRequired(path));
    return;
  }
  if (byteLength(name) > poolBytesMax) errors.push(fieldTooLong(path, poolBytesMax));
  for (const part of name.split('/')) checkFormat(errors, part, path, dns1123SubdomainErrors);
}
