import { isIPv4, isIPv6 } from 'node:net';

/**
 * Addresses as Kubernetes has always read them (k8s.io/utils/net ParseIPSloppy): leading zeros are
 * decimal, and an IPv4-mapped IPv6 address is the IPv4 one. New values may not be written so, but
 * stored ones are.
 */

export type IpFamily = 'IPv4' | 'IPv6';

export interface Ip {
  family: IpFamily;
  value: bigint;
}

const mappedPrefix = 0xffffn;

/** Undefined for what is no address. */
export function parseIp(text: string): Ip | undefined {
  if (isIPv4(text)) return { family: 'IPv4', value: quad(text) };
  if (text.includes('%')) return undefined;
  if (!text.includes(':')) {
    const plain = withoutLeadingZeros(text);
    return isIPv4(plain) ? { family: 'IPv4', value: quad(plain) } : undefined;
  }
  const plain = isIPv6(text) ? text : withoutLeadingZeros(text);
  if (!isIPv6(plain)) return undefined;
  const value = hextets(plain);
  if (isMapped(value)) return { family: 'IPv4', value: value & 0xffffffffn };
  return { family: 'IPv6', value };
}

/** Whether an IPv6 text says an IPv4 address, in dots or in hexadecimal. */
export function isMappedText(text: string): boolean {
  return text.includes(':') && isIPv6(text) && isMapped(hextets(text));
}

function isMapped(value: bigint): boolean {
  return value >> 32n === mappedPrefix;
}

function withoutLeadingZeros(text: string): string {
  return text.replace(/(?<![0-9a-fA-F])0+(?=[0-9a-fA-F])/g, '');
}

function quad(text: string): bigint {
  return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function hextets(text: string): bigint {
  const [head = '', tail] = text.split('::');
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
