import { isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * IP addresses and CIDR blocks as Kubernetes reads them (k8s.io/apimachinery util/validation ip.go).
 * Addresses are compared in their canonical form (RFC 5952, lower case).
 */

export type IpFamily = 'IPv4' | 'IPv6';

/** Leading zeros in IPv4 and zones are refused, IPv4-mapped IPv6 too. */
export function ipErrors(text: string): string[] {
  if (isIP(text) === 0 || text.includes('%')) {
    return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  }
  if (isIPv6(text) && canonicalIp(text).startsWith('::ffff:') && text.includes('.')) {
    return ['must not be an IPv4-mapped IPv6 address'];
  }
  return [];
}

export function familyOf(ip: string): IpFamily | undefined {
  if (isIPv4(ip)) return 'IPv4';
  return isIPv6(ip) ? 'IPv6' : undefined;
}

/** The address as a number; undefined for what is none. */
export function ipNumber(ip: string): bigint | undefined {
  if (isIPv4(ip)) return ip.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  if (!isIPv6(ip) || ip.includes('%')) return undefined;
  const [head = '', tail] = ip.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...new Array<number>(missing).fill(0), ...right];
  return all.reduce((sum, part) => sum * 65536n + BigInt(part), 0n);
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
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

export function canonicalIp(ip: string): string {
  const value = ipNumber(ip);
  const family = familyOf(ip);
  return value === undefined || family === undefined ? ip : ipText(value, family);
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
  const match = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text);
  const address = match?.[1] ?? '';
  const value = ipNumber(address);
  const family = familyOf(address);
  if (match === null || value === undefined || family === undefined) return undefined;
  const bits = family === 'IPv4' ? 32 : 128;
  const prefixLength = Number(match[2]);
  if (prefixLength > bits) return undefined;
  const hostBits = BigInt(bits - prefixLength);
  const first = (value >> hostBits) << hostBits;
  return { family, first, last: first + (1n << hostBits) - 1n, prefixLength };
}

/** As new fields have it: {@link ipErrors}, and written as it would be printed. */
export function strictIpErrors(text: string): string[] {
  const errors = ipErrors(text);
  if (errors.length > 0 || canonicalIp(text) === text) return errors;
  return [`must be in canonical form (${JSON.stringify(canonicalIp(text))})`];
}

/** As new fields have it: {@link cidrErrors}, no host bits, and written as it would be printed. */
export function strictCidrErrors(text: string): string[] {
  const block = parseCidr(text);
  if (block === undefined) return cidrErrors(text);
  const [address = ''] = text.split('/', 1);
  if (ipNumber(address) !== block.first) {
    return ['must not have bits set beyond the prefix length'];
  }
  const canonical = canonicalCidr(text);
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

export function cidrErrors(text: string): string[] {
  if (parseCidr(text) !== undefined) return [];
  return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

/** The block as it should be written: canonical address, host bits cleared. */
export function canonicalCidr(text: string): string {
  const cidr = parseCidr(text);
  return cidr === undefined ? text : `${ipText(cidr.first, cidr.family)}/${cidr.prefixLength}`;
}
