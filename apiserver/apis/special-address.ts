import { fieldInvalid } from '../../object/field-error.ts';
import type { Errors } from './field-check.ts';
import { canonicalIp, familyOf } from './ip-format.ts';

/** Addresses no Service may point to (core validation ValidateNonSpecialIP). */
export function checkOrdinaryAddress(errors: Errors, ip: string, path: string): void {
  for (const problem of problems(ip)) errors.push(fieldInvalid(path, ip, problem));
}

function problems(text: string): string[] {
  if (familyOf(text) === undefined) return ['must be a valid IP address'];
  const ip = canonicalIp(text);
  if (ip === '0.0.0.0' || ip === '::') return [`may not be unspecified (${text})`];
  if (ip.startsWith('127.') || ip === '::1') {
    return ['may not be in the loopback range (127.0.0.0/8, ::1/128)'];
  }
  if (ip.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/.test(ip)) {
    return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)'];
  }
  if (ip.startsWith('224.0.0.') || /^ff.2:/.test(ip)) {
    return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'];
  }
  return [];
}
