import { canonicalIp, canonicalCidr, familyOf, ipText, parseCidr, ipNumber } from './ip-format.ts';

/** Addresses that are right and could be read in more than one way (util/validation ip.go). */

export function ipWarnings(text: string, path: string): string[] {
  if (familyOf(text) !== 'IPv6' || canonicalIp(text) === text) return [];
  const shown = JSON.stringify(canonicalIp(text));
  const named = `${path}: IPv6 address ${JSON.stringify(text)}`;
  return [`${named} should be in RFC 5952 canonical format (${shown})`];
}

export function cidrWarnings(text: string, path: string): string[] {
  const cidr = parseCidr(text);
  const address = text.split('/')[0] ?? '';
  const value = ipNumber(address);
  if (cidr === undefined || value === undefined) return [];
  const block = canonicalCidr(text);
  if (value !== cidr.first) {
    const bits = cidr.family === 'IPv4' ? 32 : 128;
    const single = `${ipText(value, cidr.family)}/${bits}`;
    const choice = `(should be ${JSON.stringify(block)} or ${JSON.stringify(single)}?)`;
    return [`${path}: CIDR value ${JSON.stringify(text)} is ambiguous in this context ${choice}`];
  }
  if (cidr.family !== 'IPv6' || block === text) return [];
  const named = `${path}: IPv6 CIDR value ${JSON.stringify(text)}`;
  return [`${named} should be in RFC 5952 canonical format (${JSON.stringify(block)})`];
}
