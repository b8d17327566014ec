import { isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * IP addresses and CIDR blocks as Kubernetes reads them (k8s.io/apimachinery util/validation ip.go).
 * Addresses are compared in their canonical form (RFC 5952, lower case).
 */

export type IpFamily = 'IPv4' | 'IPv6';

/**
 * As fields have it that are older than the strict rules: any spelling, but no leading zeros, no zones
 * and no IPv4 address in IPv6's clothes.
 */
export function ipErrors(text: string): string[] {
  if (isIP(text) === 0 || text.includes('%')) {
    if (isIP(withoutZeros(text)) === 4) return ['must not have leading 0s'];
    return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  }
  return isMapped(text) ? ['must not be an IPv4-mapped IPv6 address'] : [];
}

/** What is stored already stays. */
export function newIpErrors(stored: readonly string[]): (text: string) => string[] {
  return (text) => (stored.includes(text) ? [] : ipErrors(text));
}

/** `010.0.0.01` as libraries read it that pass over zeros. */
function withoutZeros(text: string): string {
  return text.replaceAll(/(^|\.)0+(?=\d)/g, '$1');
}

function isMapped(ip: string): boolean {
  return isIPv6(ip) && (ipNumber(ip) ?? 0n) >> 32n === 0xffffn;
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

/** Leading zeros are passed over, as upstream does with what was stored before they were refused. */
export function parseSloppyCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  return (
    parseCidr(text) ?? parseCidr(`${withoutZeros(address)}/${length.replace(/^0+(?=\d)/, '')}`)
  );
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

/** As {@link ipErrors}: any spelling of a block's first address. */
export function cidrErrors(text: string): string[] {
  const block = parseCidr(text);
  const [address = ''] = text.split('/');
  if (block === undefined) {
    return parseSloppyCidr(text) === undefined
      ? ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']
      : ['must not have leading 0s in IP or prefix length'];
  }
  if (isMapped(address)) return ['must not have an IPv4-mapped IPv6 address'];
  if (ipNumber(address) === block.first) return [];
  return ['must not have bits set beyond the prefix length'];
}

/** What is stored already stays. */
export function newCidrErrors(stored: readonly string[]): (text: string) => string[] {
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
  if (parseSloppyCidr(text) === undefined) {
    return ['must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'];
  }
  const canonical = `${canonicalIp(withoutZeros(address))}/${Number(length)}`;
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}
