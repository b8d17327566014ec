import { fieldInvalid, fieldRequired } from '../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../object/name.ts';
import type { Errors } from './field-check.ts';

const counted: Record<number, string> = { 2: 'two', 3: 'three' };

/**
 * A domain name of at least so many parts. Two: util/validation IsFullyQualifiedDomainName, where a
 * dot at the end is no part. Three: IsFullyQualifiedName, the name of a webhook.
 */
export function checkDomainName(errors: Errors, text: string, path: string, parts: 2 | 3): void {
  if (text === '') {
    errors.push(fieldRequired(path));
    return;
  }
  const name = parts === 2 && text.endsWith('.') ? text.slice(0, -1) : text;
  const problems = dns1123SubdomainErrors(name);
  if (problems.length > 0) {
    errors.push(fieldInvalid(path, name, problems.join(',')));
    return;
  }
  const labels = name.split('.');
  if (labels.length < parts) {
    const why = `should be a domain with at least ${counted[parts]} segments separated by dots`;
    errors.push(fieldInvalid(path, name, why));
    return;
  }
  if (parts === 3) return;
  for (const label of labels) {
    const wrong = dns1123LabelErrors(label);
    if (wrong.length === 0) continue;
    errors.push(fieldInvalid(path, label, wrong.join(',')));
    return;
  }
}
