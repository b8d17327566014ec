import { isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';

/** isIP, isCIDR, ip(), cidr(), isURL (k8s.io/apiserver cel/library ip.go, cidr.go, urls.go). */
export function registerNetworkFunctions(environment: Environment): void {
  environment
    .registerType('net.IP', Address)
    .registerType('net.CIDR', Range)
    .registerFunction('isIP(string): bool', (text: string) => isPlainAddress(text))
    .registerFunction('ip(string): net.IP', (text: string) => new Address(text))
    .registerFunction('net.IP.family(): int', (address: Address) => BigInt(isIP(address.text)))
    .registerFunction('net.IP.isLoopback(): bool', (address: Address) =>
      /^(127\.|::1$)/.test(address.text),
    )
    .registerFunction('isCIDR(string): bool', (text: string) => Range.parse(text) !== undefined)
    .registerFunction('cidr(string): net.CIDR', (text: string) => Range.of(text))
    .registerFunction('net.CIDR.prefixLength(): int', (range: Range) => BigInt(range.length))
    .registerFunction('net.CIDR.ip(): net.IP', (range: Range) => new Address(range.address))
    .registerFunction('net.CIDR.containsIP(string): bool', (range: Range, text: string) =>
      range.contains(text),
    )
    .registerFunction('isURL(string): bool', (text: string) => isUrl(text));
}

function isPlainAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%') && !/^::ffff:\d+\./i.test(text);
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

  contains(text: string): boolean {
    const other = new Address(text).text;
    if (isIP(other) !== isIP(this.address)) return false;
    const bits = isIPv4(other) ? 32 : 128;
    const shift = BigInt(bits - this.length);
    return toNumber(other) >> shift === toNumber(this.address) >> shift;
  }
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) {
    return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
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

function isUrl(text: string): boolean {
  if (text.startsWith('/')) return URL.canParse(text, 'http://host');
  return URL.canParse(text) && /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text);
}
