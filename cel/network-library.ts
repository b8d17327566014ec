import { isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';

/** Addresses and ranges (k8s.io/apiserver cel/library ip.go, cidr.go). */
export function registerNetworkFunctions(environment: Environment): void {
  registerAddresses(environment);
  registerRanges(environment);
}

function registerAddresses(environment: Environment): void {
  class IpNamespace {}
  const bits = (address: Address): bigint => toNumber(address.text);
  const four = (address: Address): boolean => isIPv4(address.text);
  const under = (address: Address, v4: string, v6: string): boolean =>
    Range.of(four(address) ? v4 : v6).holds(address.text);
  const loopback = (a: Address): boolean => under(a, '127.0.0.0/8', '::1/128');
  const linkLocal = (a: Address): boolean => under(a, '169.254.0.0/16', 'fe80::/10');
  const multicast = (a: Address): boolean => under(a, '224.0.0.0/4', 'ff00::/8');
  environment
    .registerType('net.IP', Address)
    .registerType('IpNamespace', IpNamespace)
    .registerConstant('ip', 'IpNamespace', new IpNamespace())
    .registerFunction('isIP(string): bool', (text: string) => isPlainAddress(text))
    .registerFunction('ip(string): net.IP', (text: string) => new Address(text))
    .registerFunction('string(net.IP): string', (address: Address) => address.text)
    .registerFunction('IpNamespace.isCanonical(string): bool', (_: IpNamespace, text: string) => {
      return canonical(new Address(text).text) === text;
    })
    .registerFunction('net.IP.family(): int', (address: Address) => BigInt(isIP(address.text)))
    .registerFunction('net.IP.isUnspecified(): bool', (address: Address) => bits(address) === 0n)
    .registerFunction('net.IP.isLoopback(): bool', loopback)
    .registerFunction('net.IP.isLinkLocalMulticast(): bool', (a: Address) =>
      under(a, '224.0.0.0/24', 'ff02::/16'),
    )
    .registerFunction('net.IP.isLinkLocalUnicast(): bool', linkLocal)
    .registerFunction('net.IP.isGlobalUnicast(): bool', (a: Address) => {
      const broadcast = four(a) && bits(a) === 0xffffffffn;
      return !(bits(a) === 0n || broadcast || loopback(a) || multicast(a) || linkLocal(a));
    })
    .registerOperator('net.IP == net.IP', (a: Address, b: Address) => {
      return four(a) === four(b) && bits(a) === bits(b);
    });
}

function registerRanges(environment: Environment): void {
  environment
    .registerType('net.CIDR', Range)
    .registerFunction('isCIDR(string): bool', (text: string) => Range.parse(text) !== undefined)
    .registerFunction('cidr(string): net.CIDR', (text: string) => Range.of(text))
    .registerFunction('string(net.CIDR): string', (range: Range) => range.text())
    .registerFunction('net.CIDR.prefixLength(): int', (range: Range) => BigInt(range.length))
    .registerFunction('net.CIDR.ip(): net.IP', (range: Range) => new Address(range.address))
    .registerFunction('net.CIDR.masked(): net.CIDR', (range: Range) => range.masked())
    .registerFunction('net.CIDR.containsIP(string): bool', (range: Range, text: string) =>
      range.holds(new Address(text).text),
    )
    .registerFunction('net.CIDR.containsIP(net.IP): bool', (range: Range, address: Address) =>
      range.holds(address.text),
    )
    .registerFunction('net.CIDR.containsCIDR(string): bool', (range: Range, text: string) =>
      range.holdsRange(Range.of(text)),
    )
    .registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', (range: Range, other: Range) =>
      range.holdsRange(other),
    );
}

/** No zones, no IPv4 in IPv6: upstream takes neither. */
function isPlainAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%') && !/^::ffff:\d+\./i.test(text);
}

/** RFC 5952: lower case, the longest run of zeros as `::`. */
function canonical(text: string): string {
  if (isIPv4(text)) return text;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

class Address {
  readonly text: string;
  constructor(text: string) {
    if (!isPlainAddress(text)) throw new Error(`IP Address ${JSON.stringify(text)} parse error`);
    this.text = text;
  }
}

class Range {
  readonly address: string;
  readonly length: number;

  private constructor(address: string, length: number) {
    this.address = address;
    this.length = length;
  }

  static parse(text: string): Range | undefined {
    const match = /^([^/]+)\/(0|[1-9][0-9]*)$/.exec(text);
    if (match?.[1] === undefined || !isPlainAddress(match[1])) return undefined;
    const length = Number(match[2]);
    return length > (isIPv4(match[1]) ? 32 : 128) ? undefined : new Range(match[1], length);
  }

  static of(text: string): Range {
    const range = Range.parse(text);
    if (range === undefined)
      throw new Error(`network address parse error: ${JSON.stringify(text)}`);
    return range;
  }

  text(): string {
    return `${this.address}/${this.length}`;
  }

  get #shift(): bigint {
    return BigInt((isIPv4(this.address) ? 32 : 128) - this.length);
  }

  holds(other: string): boolean {
    if (isIP(other) !== isIP(this.address)) return false;
    return toNumber(other) >> this.#shift === toNumber(this.address) >> this.#shift;
  }

  holdsRange(other: Range): boolean {
    return other.length >= this.length && this.holds(other.address);
  }

  masked(): Range {
    const number = (toNumber(this.address) >> this.#shift) << this.#shift;
    return new Range(toText(number, isIPv4(this.address)), this.length);
  }
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) {
    return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  }
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (dotted?.[1] !== undefined && dotted[2] !== undefined) {
    const low = toNumber(dotted[2]);
    return toNumber(`${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const [head = '', tail] = address.split('::');
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const front = words(head);
  const back = words(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array.from({ length: zeros }, () => '0'), ...back].reduce(
    (sum, word) => (sum << 16n) | BigInt(`0x${word}`),
    0n,
  );
}

function toText(number: bigint, four: boolean): string {
  const size = four ? 8n : 16n;
  const parts = Array.from({ length: four ? 4 : 8 }, (_, i) => {
    const part = (number >> (size * BigInt((four ? 3 : 7) - i))) & ((1n << size) - 1n);
    return part.toString(four ? 10 : 16);
  });
  return four ? parts.join('.') : canonical(parts.join(':'));
}
