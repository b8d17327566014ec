import { BlockList, isIPv6 } from 'node:net';
import { formatCidr, parseCidr } from '../node/cidr-range.ts';

/** A range as a ServiceCIDR has it: the API server lets in only those that are written the one way. */
export interface Prefix {
  /** Of the network itself. */
  address: string;
  bits: number;
  text: string;
  block: BlockList;
}

export function prefixOf(text: string): Prefix {
  const [address = '', bits = ''] = text.split('/');
  const block = new BlockList();
  block.addSubnet(address, Number(bits), familyOf(address));
  return { address, bits: Number(bits), text, block };
}

export function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** Whether `inner` lies in `outer`, or is the same. */
export function contains(outer: Prefix, inner: Prefix): boolean {
  return outer.bits <= inner.bits && has(outer, inner.address);
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return contains(a, b) || contains(b, a);
}

/** Whether a Service may get the address of it: neither the network's own nor the broadcast address. */
export function givesOut(prefix: Prefix, address: string): boolean {
  if (!has(prefix, address) || address === prefix.address) return false;
  return isIPv6(address) || address !== broadcast(prefix.text);
}

function has({ address, block }: Prefix, other: string): boolean {
  const family = familyOf(other);
  return familyOf(address) === family && block.check(other, family);
}

function broadcast(text: string): string {
  const { base, bits } = parseCidr(text);
  const [last = ''] = formatCidr({ base: base + 2 ** (32 - bits) - 1, bits: 32 }).split('/');
  return last;
}
