import { fieldInvalid, fieldRequired, fieldTooLong } from '../../object/field-error.ts';
import { byteLength, dns1123LabelErrors, dns1123SubdomainErrors } from '../../object/name.ts';
import type { Errors } from './field-check.ts';

const domainBytesMax = 253;
const signerBytesMax = 571;

/** `domain/name`, as signers of certificates are called (core validation ValidateSignerName). */
export function checkSignerName(errors: Errors, name: string, path: string): void {
  if (name === '') {
    errors.push(fieldRequired(path));
    return;
  }
  const [domain = '', rest, ...more] = name.split('/');
  if (rest === undefined || more.length > 0) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.push(fieldInvalid(path, name, form));
    return;
  }
  if (byteLength(domain) > domainBytesMax) errors.push(fieldTooLong(path, domainBytesMax));
  checkLabels(errors, domain, path, dns1123LabelErrors);
  if (!domain.includes('.')) {
    const text = 'should be a domain with at least two segments separated by dots';
    errors.push(fieldInvalid(path, domain, text));
  }
  checkLabels(errors, rest, path, dns1123SubdomainErrors);
  if (byteLength(name) > signerBytesMax) errors.push(fieldTooLong(path, signerBytesMax));
}

/** The first label that is wrong, with all that is wrong with it. */
function checkLabels(
  errors: Errors,
  text: string,
  path: string,
  formatErrors: (label: string) => readonly string[],
): void {
  const wrong = text.split('.').find((label) => formatErrors(label).length > 0);
  if (wrong === undefined) return;
  for (const message of formatErrors(wrong)) {
    const why = `validating label ${JSON.stringify(wrong)}: ${message}`;
    errors.push(fieldInvalid(path, text, why));
  }
}
