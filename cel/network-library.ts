import { isIP, isIPv4 } from 'node:net';
import { goQuote } from '../object/go-format.ts';
import { addressFault } from '../object/address-faults.ts';
import type { Functions } from './run/functions.ts';

/** Addresses and ranges (k8s.io/apiserver cel/library ip.go, cidr.go). */
export function registerNetworkFunctions(functions: Functions): void {
  registerAddresses(functions);
  registerRanges(functions);
}

function registerAddresses(functions: Functions): void {
  const bits = (address: Address): bigint => toNumber(address.text);
  const four = (address: Address): boolean => isIPv4(address.text);
  const under = (address: Address, v4: string, v6: string): boolean =>
    Range.of(four(address) ? v4 : v6).holds(address.text);
  const loopback = (a: Address): boolean => under(a, '127.0.0.0/8', '::1/128');
  const linkLocal = (a: Address): boolean => under(a, '169.254.0.0/16', 'fe80::/10');
  const multicast = (a: Address): boolean => under(a, '224.0.0.0/4', 'ff00::/8');
  functions
    .add('isIP(string)', (text: string) => isPlainAddress(text))
    .add('ip(string)', (text: string) => new Address(text))
    .add('string(net.IP)', (address: Address) => canonical(address.text))
    .add('ip.isCanonical(string)', (text: string) => {
      return canonical(new Address(text).text) === text;
    })
    .add('.family(net.IP)', (address: Address) => BigInt(isIP(address.text)))
    .add('.isUnspecified(net.IP)', (address: Address) => bits(address) === 0n)
    .add('.isLoopback(net.IP)', loopback)
    .add('.isLinkLocalMulticast(net.IP)', (a: Address) => under(a, '224.0.0.0/24', 'ff02::/16'))
    .add('.isLinkLocalUnicast(net.IP)', linkLocal)
    .add('.isGlobalUnicast(net.IP)', (a: Address) => {
      const broadcast = four(a) && bits(a) === 0xffffffffn;
      return !(bits(a) === 0n || broadcast || loopback(a) || multicast(a) || linkLocal(a));
    });
}

function registerRanges(functions: Functions): void {
  functions
    .add('isCIDR(string)', (text: string) => Range.parse(text) !== undefined)
    .add('cidr(string)', (text: string) => Range.of(text))
    .add('string(net.CIDR)', (range: Range) => range.text())
    .add('.prefixLength(net.CIDR)', (range: Range) => BigInt(range.length))
    .add('.ip(net.CIDR)', (range: Range) => new Address(range.address))
    .add('.masked(net.CIDR)', (range: Range) => range.masked())
    .add('.containsIP(net.CIDR, string)', (range: Range, text: string) => {
      if (!isPlainAddress(text)) throw new Error('no such overload');
      return range.holds(text);
    })
    .add('.containsIP(net.CIDR, net.IP)', (range: Range, address: Address) =>
      range.holds(address.text),
    )
    .add('.containsCIDR(net.CIDR, string)', (range: Range, text: string) =>
      range.holdsRange(Range.of(text)),
    )
    .add('.containsCIDR(net.CIDR, net.CIDR)', (range: Range, other: Range) =>
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

/** Why a text is no address that may be here; undefined when it is one. */
function addressError(text: string): string | undefined {
  const fault = addressFault(text);
  const quoted = goQuote(text);
  if (fault !== undefined) {
    return `IP Address ${quoted} parse error during conversion from string: ${fault}`;
  }
  if (text.includes('%')) return `IP address ${quoted} with zone value is not allowed`;
  return isPlainAddress(text) ? undefined : mapped(text);
}

const mapped = (text: string): string => `IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`;

class Address {
  readonly celType = 'net.IP';
  readonly text: string;
  constructor(text: string) {
    const wrong = addressError(text);
    if (wrong !== undefined) throw new Error(wrong);
    this.text = text;
  }

  get costSize(): number {
    return isIPv4(this.text) ? 4 : 16;
  }

  equals(other: Address): boolean {
    return isIP(this.text) === isIP(other.text) && toNumber(this.text) === toNumber(other.text);
  }
}

/** Why a text is no range, in netip's words; undefined: it is one that may not be here. */
function rangeError(text: string): string | undefined {
  const at = text.lastIndexOf('/');
  if (at < 0) return "no '/'";
  const address = text.slice(0, at);
  const bits = text.slice(at + 1);
  const fault = addressFault(address);
  if (fault !== undefined) return fault;
  if (address.includes('%')) return 'IPv6 zones cannot be present in a prefix';
  if (!/^(?:0|[1-9]\d*)$/.test(bits)) return `bad bits after slash: ${goQuote(bits)}`;
  const most = address.includes(':') ? 128 : 32;
  return Number(bits) > most ? 'prefix length out of range' : undefined;
}

class Range {
  readonly celType = 'net.CIDR';
  readonly address: string;
  readonly length: number;

  private constructor(address: string, length: number) {
    this.address = address;
    this.length = length;
  }

  get costSize(): number {
    return Math.ceil(this.length / 8);
  }

  equals(other: Range): boolean {
    return (
      this.length === other.length && new Address(this.address).equals(new Address(other.address))
    );
  }

  static parse(text: string): Range | undefined {
    const match = /^([^/]+)\/(0|[1-9][0-9]*)$/.exec(text);
    if (match?.[1] === undefined || !isPlainAddress(match[1])) return undefined;
    const length = Number(match[2]);
    return length > (isIPv4(match[1]) ? 32 : 128) ? undefined : new Range(match[1], length);
  }

  static of(text: string): Range {
    const range = Range.parse(text);
    if (range !== undefined) return range;
    const why = 'network address parse error during conversion from string';
    const wrong = rangeError(text);
    throw new Error(
      wrong === undefined
        ? `${why}: ${mapped(text)}`
        : `${why}: ${why}: netip.ParsePrefix(${goQuote(text)}): ${wrong}`,
    );
  }

  text(): string {
    return `${canonical(this.address)}/${this.length}`;
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
