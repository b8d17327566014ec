import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { patternError, tooLong } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { ipErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';

/** A pod's resolver (core validation, validatePodDNSConfig). The bounds are libc's. */

const serversMax = 3;
const searchesMax = 32;
const searchBytes = 2048;

export function checkDnsConfig(errors: Errors, spec: Plain, path: string): void {
  const config: Plain | undefined = spec.dnsConfig;
  const servers: string[] = config?.nameservers ?? [];
  if (spec.dnsPolicy === 'None' && servers.length === 0) {
    const [at, what] =
      config === undefined
        ? [path, '`dnsConfig`']
        : [`${path}.nameservers`, 'at least one DNS nameserver'];
    errors.push(fieldRequired(at, `must provide ${what} when \`dnsPolicy\` is None`));
    return;
  }
  if (config === undefined) return;
  if (servers.length > serversMax) {
    const text = `must not have more than ${serversMax} nameservers`;
    errors.push(fieldInvalid(`${path}.nameservers`, servers, text));
  }
  for (const [i, server] of servers.entries()) {
    checkFormat(errors, server, `${path}.nameservers[${i}]`, ipErrors);
  }
  checkSearches(errors, config.searches ?? [], `${path}.searches`);
  for (const [i, option] of (config.options ?? []).entries()) {
    if (!option.name) errors.push(fieldRequired(`${path}.options[${i}]`, 'must not be empty'));
  }
}

function checkSearches(errors: Errors, searches: string[], path: string): void {
  if (searches.length > searchesMax) {
    const text = `must not have more than ${searchesMax} search paths`;
    errors.push(fieldInvalid(path, searches, text));
  }
  if (searches.join(' ').length > searchBytes) {
    const text = `must not have more than ${searchBytes} characters (including spaces) in the search list`;
    errors.push(fieldInvalid(path, searches, text));
  }
  for (const [i, search] of searches.entries()) {
    if (search === '.') continue;
    checkFormat(errors, search.replace(/\.$/, ''), `${path}[${i}]`, searchErrors);
  }
}

const label = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const domain = `${label}(\\.${label})*`;
const domainPattern = new RegExp(`^${domain}$`);

/** A subdomain that may have underscores, as Active Directory's have. */
function searchErrors(name: string): string[] {
  const errors: string[] = [];
  if (name.length > 253) errors.push(tooLong(253));
  if (!domainPattern.test(name)) {
    const text =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
    errors.push(patternError(text, domain, 'example.com'));
  }
  return errors;
}
