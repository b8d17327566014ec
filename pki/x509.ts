import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import {
  contentOf,
  contextTag,
  decodeAll,
  encode,
  namedBits,
  objectIdentifier,
  octetsOf,
  partsOf,
  pem,
  sequence,
  tags,
} from './der.ts';
import { alternativeNames, extension, extensionValue, ids, trueValue } from './x509-extension.ts';
import { type AlternativeNames, encodeSubject, type Subject } from './x509-name.ts';
import { algorithmIdentifier, signatureAlgorithmOf, signed, spki } from './x509-signature.ts';

/**
 * Writes certificates (RFC 5280); node:crypto signs. Keys come in and go out as PEM (private: PKCS #8). Whether a certificate is valid is
 * never asked here, but of node:crypto.
 */

/** The subset of RFC 5280 usages that Kubernetes names in certificates.k8s.io/v1. */
export type KeyUsage =
  | 'digital signature'
  | 'content commitment'
  | 'key encipherment'
  | 'data encipherment'
  | 'key agreement'
  | 'cert sign'
  | 'crl sign'
  | 'encipher only'
  | 'decipher only';
export type ExtendedUsage =
  | 'server auth'
  | 'client auth'
  | 'code signing'
  | 'email protection'
  | 'timestamping'
  | 'ocsp signing';

export interface Issuer {
  certificatePem: string;
  privateKeyPem: string;
}

export interface CertificateContent {
  subject: Subject;
  publicKey: KeyObject;
  notBefore: Date;
  notAfter: Date;
  certificateAuthority: boolean;
  keyUsages: readonly KeyUsage[];
  extendedUsages: readonly ExtendedUsage[];
  names: AlternativeNames;
}

/** Bits of RFC 5280 section 4.2.1.3. */
const keyUsageBits: Record<KeyUsage, number> = {
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
};

const extendedUsageIds: Record<ExtendedUsage, string> = {
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
};

/** RFC 5280 section 4.2.1.2, method 1. */
function keyIdentifier(publicKey: Buffer): Buffer {
  const [, bits] = partsOf(decodeAll(publicKey)[0]);
  return createHash('sha1').update(octetsOf(bits)).digest();
}

/** 128 random bits, positive and never zero (RFC 5280 section 4.1.2.2 allows 20 octets). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return encode(tags.integer, bytes);
}

/** To the second; UTCTime until 2049 (RFC 5280 section 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? encode(tags.utcTime, Buffer.from(digits.slice(2)))
    : encode(tags.generalizedTime, Buffer.from(digits));
}

function extensionsOf(content: CertificateContent, authorityKey: Buffer | undefined): Buffer {
  const extensions: Buffer[] = [];
  if (content.keyUsages.length > 0) {
    const bits = namedBits(content.keyUsages.map((usage) => keyUsageBits[usage]));
    extensions.push(extension(ids.keyUsage, bits, true));
  }
  const constraints = content.certificateAuthority ? sequence(trueValue) : sequence();
  extensions.push(extension(ids.basicConstraints, constraints, true));
  if (content.extendedUsages.length > 0) {
    const usages = content.extendedUsages.map((usage) => objectIdentifier(extendedUsageIds[usage]));
    extensions.push(extension(ids.extendedKeyUsage, sequence(...usages)));
  }
  if (content.certificateAuthority) {
    const own = encode(tags.octetString, keyIdentifier(spki(content.publicKey)));
    extensions.push(extension(ids.subjectKeyIdentifier, own));
  }
  if (authorityKey !== undefined) {
    const identifier = sequence(encode(contextTag(0, false), authorityKey));
    extensions.push(extension(ids.authorityKeyIdentifier, identifier));
  }
  extensions.push(...alternativeNames(content.names));
  return sequence(...extensions);
}

function certificate(
  content: CertificateContent,
  issuer: { name: Buffer; keyIdentifier?: Buffer; key: KeyObject },
): string {
  const toBeSigned = sequence(
    encode(contextTag(0, true), encode(tags.integer, Buffer.of(2))),
    serialNumber(),
    algorithmIdentifier(signatureAlgorithmOf(issuer.key)),
    issuer.name,
    sequence(time(content.notBefore), time(content.notAfter)),
    encodeSubject(content.subject),
    spki(content.publicKey),
    encode(contextTag(3, true), extensionsOf(content, issuer.keyIdentifier)),
  );
  return pem('CERTIFICATE', signed(toBeSigned, issuer.key));
}

/** A certificate signed by `issuer`, as PEM. */
export function writeCertificate(content: CertificateContent, issuer: Issuer): string {
  const { raw } = new X509Certificate(issuer.certificatePem);
  const [toBeSigned] = partsOf(decodeAll(raw)[0]);
  // after the version, which every authority's certificate has: serial, algorithm, issuer, validity
  const [, , , , , subject, publicKey, ...rest] = partsOf(toBeSigned);
  if (subject === undefined || publicKey === undefined) throw new Error('malformed certificate');
  const extensions = rest.find(({ tag }) => tag === contextTag(3, true));
  // The issuer's own identifier, however its maker computed it: a recomputed one may differ.
  const identifier =
    extensions && extensionValue(decodeAll(extensions.content)[0], ids.subjectKeyIdentifier);
  return certificate(content, {
    name: subject.whole,
    keyIdentifier:
      identifier === undefined
        ? keyIdentifier(publicKey.whole)
        : contentOf(decodeAll(identifier)[0], tags.octetString),
    key: createPrivateKey(issuer.privateKeyPem),
  });
}

/** A certificate signed by its own key, as PEM. */
export function writeSelfSigned(
  content: Omit<CertificateContent, 'publicKey'>,
  privateKeyPem: string,
): string {
  const key = createPrivateKey(privateKeyPem);
  const name = encodeSubject(content.subject);
  return certificate({ ...content, publicKey: createPublicKey(key) }, { name, key });
}
