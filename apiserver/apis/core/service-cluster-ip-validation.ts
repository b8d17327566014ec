import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { familyOf, newIpErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { isHeadless } from './service-needs.ts';

/** clusterIPs, ipFamilies and ipFamilyPolicy against each other (ValidateServiceClusterIPsRelatedFields). */
export function checkClusterIps(errors: Errors, spec: Plain, old?: Plain): void {
  if (spec.type === 'ExternalName') return;
  const ips: string[] = spec.clusterIPs ?? [];
  const path = 'spec.clusterIPs';
  if (ips.length > 0 && !spec.clusterIP) {
    errors.push(fieldInvalid(path, ips, 'must be empty when `clusterIP` is not specified'));
  } else if (ips.length > 0 && ips[0] !== spec.clusterIP) {
    errors.push(fieldInvalid(path, ips, 'first value must match `clusterIP`'));
  } else if (ips.length === 0 && spec.clusterIP) {
    errors.push(fieldRequired(path));
  }
  checkFamilies(errors, spec);
  let malformed = false;
  for (const [i, ip] of ips.entries()) {
    if (i === 0 && ip === 'None') {
      if (ips.length === 1) continue;
      malformed = true;
      errors.push(fieldInvalid(path, ips, "'None' must be the first and only value"));
      continue;
    }
    const known = errors.length;
    checkFormat(errors, ip, `${path}[${i}]`, newIpErrors(old?.clusterIPs));
    malformed ||= errors.length > known;
  }
  if (ips.length > 2) errors.push(fieldInvalid(path, ips, 'may only hold up to 2 values'));
  if (malformed) return;
  if (ips.length > 1 && new Set(ips.map(familyOf)).size < 2) {
    errors.push(fieldInvalid(path, ips, 'may specify no more than one IP for each IP family'));
  }
  if (!isHeadless(spec)) checkAgainstFamilies(errors, ips, spec);
}

const supported = ['IPv4', 'IPv6'];

function checkFamilies(errors: Errors, spec: Plain): void {
  const families: string[] = spec.ipFamilies ?? [];
  for (const [i, family] of families.entries()) {
    const at = `spec.ipFamilies[${i}]`;
    if (!supported.includes(family)) errors.push(fieldNotSupported(at, family, supported));
    if (families.indexOf(family) < i) errors.push(fieldDuplicate(at, family));
  }
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
  checkOptionalOneOf(errors, spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', policies);
}

function checkAgainstFamilies(errors: Errors, ips: string[], spec: Plain): void {
  for (const [i, ip] of ips.entries()) {
    const family = spec.ipFamilies?.[i];
    if (!supported.includes(family) || familyOf(ip) === family) continue;
    const text = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    errors.push(fieldInvalid(`spec.clusterIPs[${i}]`, ip, text));
  }
}
