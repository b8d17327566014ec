import { isIP, isIPv4 } from 'node:net';
import {
  contentOf,
  contextTag,
  decodeAll,
  dotted,
  encode,
  objectIdentifier,
  partsOf,
  sequence,
  tags,
  type DerValue,
} from './der.ts';

/** Names in certificates and signing requests: subjects and alternative names (RFC 5280 section 4.1.2.4, 4.2.1.6). */

export interface Subject {
  commonName: string;
  /** In order; Kubernetes reads them as groups. */
  organizations?: readonly string[];
}

export interface AlternativeNames {
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  emailAddresses?: readonly string[];
  uris?: readonly string[];
}

const commonName = '2.5.4.3';
const organization = '2.5.4.10';
const emailTag = contextTag(1, false);
const dnsTag = contextTag(2, false);
const uriTag = contextTag(6, false);
const ipTag = contextTag(7, false);

/** One attribute per RDN, organizations before the common name, as Go writes them. */
export function encodeSubject(subject: Subject): Buffer {
  const organizations = subject.organizations ?? [];
  return sequence(
    ...organizations.map((value) => attribute(organization, value)),
    attribute(commonName, subject.commonName),
  );
}

function attribute(type: string, value: string): Buffer {
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
  const tag = printable ? tags.printableString : tags.utf8String;
  return encode(tags.set, sequence(objectIdentifier(type), encode(tag, Buffer.from(value))));
}

export function decodeSubject(name: DerValue | undefined): Subject {
  const subject = { commonName: '', organizations: [] as string[] };
  for (const relative of partsOf(name)) {
    for (const part of partsOf(relative, tags.set)) {
      const [type, value] = partsOf(part);
      if (value === undefined) throw new Error('malformed DER: a name without a value');
      if (dotted(type) === commonName) subject.commonName = textOf(value);
      if (dotted(type) === organization) subject.organizations.push(textOf(value));
    }
  }
  return subject;
}

function textOf({ tag, content }: DerValue): string {
  if (tag === tags.teletexString) return content.toString('latin1');
  if (tag === tags.bmpString) return Buffer.from(content).swap16().toString('utf16le');
  return content.toString('utf8');
}

/** GeneralNames in Go's order; undefined when there is none. Throws on what is no IP address. */
export function encodeAlternativeNames(names: AlternativeNames): Buffer | undefined {
  const of = (tag: number, values: readonly string[] = []): Buffer[] =>
    values.map((value) => encode(tag, Buffer.from(value)));
  const all = [
    ...of(dnsTag, names.dnsNames),
    ...of(emailTag, names.emailAddresses),
    ...(names.ipAddresses ?? []).map((address) => encode(ipTag, addressBytes(address))),
    ...of(uriTag, names.uris),
  ];
  return all.length === 0 ? undefined : sequence(...all);
}

/** `bytes` holds GeneralNames; kinds other than these four are left out. */
export function decodeAlternativeNames(bytes: Buffer): Required<AlternativeNames> {
  const values = partsOf(decodeAll(bytes)[0]);
  const of = (tag: number): Buffer[] =>
    values.filter((value) => value.tag === tag).map((value) => contentOf(value, tag));
  const text = (tag: number): string[] => of(tag).map((content) => content.toString('utf8'));
  return {
    dnsNames: text(dnsTag),
    ipAddresses: of(ipTag).map(addressText),
    emailAddresses: text(emailTag),
    uris: text(uriTag),
  };
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 0) throw new Error(`${JSON.stringify(address)} is not an IP address`);
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = canonical(address).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  const hex = [...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('');
  return Buffer.from(hex, 'hex');
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new Error('an IP address has 4 or 16 octets');
  return canonical((bytes.toString('hex').match(/.{4}/g) ?? []).join(':'));
}

/** As RFC 5952 writes IPv6 addresses, a dotted end in hexadecimal; without a zone. */
function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
