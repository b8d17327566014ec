import { isIP, isIPv4 } from 'node:net';
import { type IpFamily, isMappedText, parseIp } from './loose-ip.ts';

/**
 * IP addresses and CIDR blocks as Kubernetes reads them (k8s.io/apimachinery util/validation ip.go).
 * Addresses are compared in their canonical form (RFC 5952, lower case).
 */

export type { IpFamily } from './loose-ip.ts';

/** Of fields as old as Kubernetes: any way of writing it that means one address to everybody. */
export function ipErrors(text: string): string[] {
  if (isIPv4(text)) return [];
  if (parseIp(text) === undefined) {
    return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  }
  if (isIP(text) === 0) return ['must not have leading 0s'];
  return isMappedText(text) ? ['must not be an IPv4-mapped IPv6 address'] : [];
}

/** What is stored already stays. */
export function newIpErrors(stored: readonly string[] = []): (text: string) => string[] {
  return (text) => (stored.includes(text) ? [] : ipErrors(text));
}

export function familyOf(ip: string): IpFamily | undefined {
  return parseIp(ip)?.family;
}

/** The address as a number; undefined for what is none. */
export function ipNumber(ip: string): bigint | undefined {
  return parseIp(ip)?.value;
}

export function ipText(value: bigint, family: IpFamily): string {
  if (family === 'IPv4') {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  }
  const parts: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) {
    parts.push(((value >> shift) & 65535n).toString(16));
  }
  return compressed(parts);
}

/** `::` for the longest run of at least two zero groups, the first of equals (RFC 5952). */
function compressed(parts: string[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < parts.length; start++) {
    let length = 0;
    while (parts[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
    start += Math.max(0, length - 1);
  }
  if (best.start < 0) return parts.join(':');
  const head = parts.slice(0, best.start).join(':');
  const tail = parts.slice(best.start + best.length).join(':');
  return `${head}::${tail}`;
}

export function canonicalIp(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? text : ipText(ip.value, ip.family);
}

export interface Cidr {
  family: IpFamily;
  /** First and last address, both inside. */
  first: bigint;
  last: bigint;
  prefixLength: number;
}

/** Undefined for what is no CIDR block. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/([0-9]+)$/.exec(text) ?? [];
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  // The block of a mapped address counts the bits before it, too.
  const before = ip.family === 'IPv4' && address.includes(':') ? 96 : 0;
  const bits = ip.family === 'IPv4' ? 32 : 128;
  const prefixLength = Number(length) - before;
  if (prefixLength < 0 || prefixLength > bits) return undefined;
  const hostBits = BigInt(bits - prefixLength);
  const first = (ip.value >> hostBits) << hostBits;
  return { family: ip.family, first, last: first + (1n << hostBits) - 1n, prefixLength };
}

/** As new fields have it: {@link ipErrors}, and written as it would be printed. */
export function strictIpErrors(text: string): string[] {
  const errors = ipErrors(text);
  if (errors.length > 0 || canonicalIp(text) === text) return errors;
  return [`must be in canonical form (${JSON.stringify(canonicalIp(text))})`];
}

/** As new fields have it: {@link cidrErrors}, and written as it would be printed. */
export function strictCidrErrors(text: string): string[] {
  const errors = cidrErrors(text);
  const canonical = canonicalCidr(text);
  if (errors.length > 0 || canonical === text) return errors;
  return [`must be in canonical form (${JSON.stringify(canonical)})`];
}

/** Of fields as old as Kubernetes: as {@link ipErrors}, and no bits set after the prefix. */
export function cidrErrors(text: string): string[] {
  const block = parseCidr(text);
  if (block === undefined) {
    return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
  }
  const [address = '', length = ''] = text.split('/');
  if (isIP(address) === 0 || /^0./.test(length)) {
    return ['must not have leading 0s in IP or prefix length'];
  }
  if (isMappedText(address)) return ['must not have an IPv4-mapped IPv6 address'];
  if (ipNumber(address) === block.first) return [];
  return ['must not have bits set beyond the prefix length'];
}

/** What is stored already stays. */
export function newCidrErrors(stored: readonly string[] = []): (text: string) => string[] {
  return (text) => (stored.includes(text) ? [] : cidrErrors(text));
}

/** The block as it should be written: canonical address, host bits cleared. */
export function canonicalCidr(text: string): string {
  const cidr = parseCidr(text);
  return cidr === undefined ? text : `${ipText(cidr.first, cidr.family)}/${cidr.prefixLength}`;
}

/** An address of an interface with the length of its network, as it would be printed. */
export function interfaceAddressErrors(text: string): string[] {
  const [address = '', length = ''] = text.split('/');
  if (parseCidr(text) === undefined) {
    return ['must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'];
  }
  const canonical = `${canonicalIp(address)}/${Number(length)}`;
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}
