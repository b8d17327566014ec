import { isIP, isIPv4 } from 'node:net';
import { canonicalCidr, canonicalIp, ipNumber, ipText, parseCidr } from './ip-format.ts';
import { isMappedText } from './loose-ip.ts';
import type { Plain } from './plain.ts';

/** Addresses that could be read in more than one way or be written better (util/validation ip.go). */

export function ipWarnings(text: string, path: string): string[] {
  // there is one way of writing it
  if (isIPv4(text)) return [];
  const canonical = canonicalIp(text);
  if (canonical === text) return [];
  const [written, shown] = [JSON.stringify(text), JSON.stringify(canonical)];
  if (isIP(text) === 0 || isMappedText(text)) {
    return [`${path}: non-standard IP address ${written} is invalid: use ${shown}`];
  }
  return [`${path}: IPv6 address ${written} should be in RFC 5952 canonical format (${shown})`];
}

export function cidrWarnings(text: string, path: string): string[] {
  const cidr = parseCidr(text);
  const [address = '', length = ''] = text.split('/');
  const value = ipNumber(address);
  if (cidr === undefined || value === undefined) return [];
  const [written, shown] = [JSON.stringify(text), JSON.stringify(canonicalCidr(text))];
  const warnings: string[] = [];
  if (value !== cidr.first) {
    const bits = address.includes(':') ? 128 : 32;
    const single = JSON.stringify(`${ipText(value, cidr.family)}/${bits}`);
    const choice = `(should be ${shown} or ${single}?)`;
    warnings.push(`${path}: CIDR value ${written} is ambiguous in this context ${choice}`);
  }
  if (isIP(address) === 0 || /^0./.test(length) || isMappedText(address)) {
    warnings.push(`${path}: non-standard CIDR value ${written} is invalid: use ${shown}`);
  }
  if (warnings.length > 0 || shown === written) return warnings;
  return [`${path}: IPv6 CIDR value ${written} should be in RFC 5952 canonical format (${shown})`];
}

/** Of a load balancer's addresses. */
export function balancerWarnings(
  status: Plain | undefined,
  pathOf: (index: number) => string,
): string[] {
  const ingress: Plain[] = status?.loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip }, i) => (ip ? ipWarnings(ip, pathOf(i)) : []));
}
