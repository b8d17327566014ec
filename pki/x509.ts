import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/**
 * The only file that knows @peculiar/x509: it writes certificates and reads signing requests.
 * Keys come in and go out as PEM (private: PKCS #8), so nothing of the library leaks.
 * Whether a certificate is valid is never asked here, but of node:crypto.
 */

cryptoProvider.set(webcrypto);

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

export interface SigningRequestContent {
  subject: Subject;
  names: Required<AlternativeNames>;
  /** SPKI PEM. */
  publicKeyPem: string;
}

const keyUsageBits: Record<KeyUsage, KeyUsageFlags> = {
  'digital signature': KeyUsageFlags.digitalSignature,
  'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment,
  'data encipherment': KeyUsageFlags.dataEncipherment,
  'key agreement': KeyUsageFlags.keyAgreement,
  'cert sign': KeyUsageFlags.keyCertSign,
  'crl sign': KeyUsageFlags.cRLSign,
  'encipher only': KeyUsageFlags.encipherOnly,
  'decipher only': KeyUsageFlags.decipherOnly,
};

const extendedUsageIds: Record<ExtendedUsage, ExtendedKeyUsage> = {
  'server auth': ExtendedKeyUsage.serverAuth,
  'client auth': ExtendedKeyUsage.clientAuth,
  'code signing': ExtendedKeyUsage.codeSigning,
  'email protection': ExtendedKeyUsage.emailProtection,
  timestamping: ExtendedKeyUsage.timeStamping,
  'ocsp signing': ExtendedKeyUsage.ocspSigning,
};

interface SignatureAlgorithm {
  name: string;
  namedCurve?: string;
  hash: string;
}

/** What a key of this kind signs with; hash strength follows the curve (RFC 5480). */
function signatureAlgorithmOf(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  if (curve === 'secp384r1') return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  if (curve === 'secp521r1') return { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' };
  throw new Error(
    `cannot sign with a key of type ${key.asymmetricKeyType}; use RSA or ECDSA (P-256, P-384, P-521)`,
  );
}

function signingKey(key: KeyObject): {
  cryptoKey: webcrypto.CryptoKey;
  algorithm: SignatureAlgorithm;
} {
  const algorithm = signatureAlgorithmOf(key);
  const cryptoKey = key.toCryptoKey(algorithm, false, ['sign']);
  return { cryptoKey, algorithm };
}

function spki(key: KeyObject): Uint8Array<ArrayBuffer> {
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }));
}

/** One attribute per RDN, organizations before the common name, as Go writes them. */
function nameOf(subject: Subject): JsonName {
  const organizations = subject.organizations ?? [];
  return [...organizations.map((o) => ({ O: [o] })), { CN: [subject.commonName] }];
}

function generalNames(names: AlternativeNames): JsonGeneralName[] {
  for (const address of names.ipAddresses ?? []) {
    if (isIP(address) === 0) throw new Error(`${JSON.stringify(address)} is not an IP address`);
  }
  const of = (type: JsonGeneralName['type'], values: readonly string[] | undefined) =>
    (values ?? []).map((value) => ({ type, value }));
  return [
    ...of('dns', names.dnsNames),
    ...of('ip', names.ipAddresses),
    ...of('email', names.emailAddresses),
    ...of('url', names.uris),
  ];
}

/** 128 random bits, positive and never zero (RFC 5280 section 4.1.2.2 allows 20 octets). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function extensionsOf(
  content: CertificateContent,
  issuer: X509Certificate | undefined,
): Promise<Extension[]> {
  const publicKey = spki(content.publicKey);
  const usageBits = content.keyUsages.reduce((bits, usage) => bits | keyUsageBits[usage], 0);
  const extensions: Extension[] = [
    new KeyUsagesExtension(usageBits, true),
    new BasicConstraintsExtension(content.certificateAuthority, undefined, true),
  ];
  if (content.extendedUsages.length > 0) {
    const ids = content.extendedUsages.map((usage) => extendedUsageIds[usage]);
    extensions.push(new ExtendedKeyUsageExtension(ids));
  }
  if (content.certificateAuthority) {
    extensions.push(await SubjectKeyIdentifierExtension.create(publicKey));
  }
  if (issuer !== undefined) {
    // The issuer's own identifier, however its maker computed it: a recomputed one may differ.
    const identifier = issuer.getExtension(SubjectKeyIdentifierExtension);
    extensions.push(
      identifier === null
        ? await AuthorityKeyIdentifierExtension.create(issuer.publicKey)
        : new AuthorityKeyIdentifierExtension(identifier.keyId),
    );
  }
  const names = generalNames(content.names);
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names));
  return extensions;
}

function withNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}

/** A certificate signed by `issuer`, as PEM. */
export async function writeCertificate(
  content: CertificateContent,
  issuer: Issuer,
): Promise<string> {
  const issuerCertificate = new X509Certificate(issuer.certificatePem);
  const { cryptoKey, algorithm } = signingKey(createPrivateKey(issuer.privateKeyPem));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: nameOf(content.subject),
    issuer: issuerCertificate.subjectName,
    notBefore: content.notBefore,
    notAfter: content.notAfter,
    publicKey: spki(content.publicKey),
    signingKey: cryptoKey,
    signingAlgorithm: algorithm,
    extensions: await extensionsOf(content, issuerCertificate),
  });
  return withNewline(certificate.toString('pem'));
}

/** A certificate signed by its own key, as PEM. */
export async function writeSelfSigned(
  content: Omit<CertificateContent, 'publicKey'>,
  privateKeyPem: string,
): Promise<string> {
  const privateKey = createPrivateKey(privateKeyPem);
  const publicKey = createPublicKey(privateKey);
  const { cryptoKey, algorithm } = signingKey(privateKey);
  const name = nameOf(content.subject);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: name,
    issuer: name,
    notBefore: content.notBefore,
    notAfter: content.notAfter,
    publicKey: spki(publicKey),
    signingKey: cryptoKey,
    signingAlgorithm: algorithm,
    extensions: await extensionsOf({ ...content, publicKey }, undefined),
  });
  return withNewline(certificate.toString('pem'));
}

/**
 * Reads a PEM PKCS #10 request. Throws when it is not one, or when its signature was not made by
 * the key it asks for (RFC 2986 section 4.2).
 */
export async function readRequest(pem: string): Promise<SigningRequestContent> {
  const request = new Pkcs10CertificateRequest(pem);
  if (!(await request.verify())) {
    throw new Error('the signature of the certificate request does not match its public key');
  }
  const names = request.extensions.find((e) => e instanceof SubjectAlternativeNameExtension);
  const of = (type: string) =>
    (names?.names.items ?? []).filter((n) => n.type === type).map((n) => n.value);
  return {
    subject: {
      commonName: request.subjectName.getField('CN')[0] ?? '',
      organizations: request.subjectName.getField('O'),
    },
    names: {
      dnsNames: of('dns'),
      ipAddresses: of('ip'),
      emailAddresses: of('email'),
      uris: of('url'),
    },
    publicKeyPem: withNewline(request.publicKey.toString('pem')),
  };
}

/** A PKCS #10 request for the key, as PEM. */
export async function writeRequest(
  subject: Subject,
  names: AlternativeNames,
  privateKeyPem: string,
): Promise<string> {
  const privateKey = createPrivateKey(privateKeyPem);
  const algorithm = signatureAlgorithmOf(privateKey);
  const general = generalNames(names);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: nameOf(subject),
    keys: {
      privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
      publicKey: createPublicKey(privateKey).toCryptoKey(algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
    extensions: general.length > 0 ? [new SubjectAlternativeNameExtension(general)] : [],
  });
  return withNewline(request.toString('pem'));
}
