import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';

/** What a certificate says about itself, read and checked by node:crypto alone. */
export interface CertificateFacts {
  /** SHA-256 of the DER, lower-case hex without colons. */
  fingerprint: string;
  commonName: string;
  organizations: string[];
  notBefore: Date;
  notAfter: Date;
  dnsNames: string[];
  ipAddresses: string[];
  certificateAuthority: boolean;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a bundle, each as its own PEM. */
export function splitBundle(pem: string): string[] {
  return pem.match(pemBlock) ?? [];
}

/** SHA-256 over the DER of the first certificate, lower-case hex. Throws on anything else. */
export function fingerprint(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}

/** Subject lines come as `O=a\nCN=b`; a value may be quoted but our own never are. */
function subjectField(subject: string, field: string): string[] {
  return subject
    .split('\n')
    .filter((line) => line.startsWith(`${field}=`))
    .map((line) => line.slice(field.length + 1));
}

/** IPv6 in the one spelling that compares: node prints `0:0:0:0:0:0:0:1`. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** Reads the first certificate of the PEM. Throws when there is none. */
export function readCertificate(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  const names = (certificate.subjectAltName ?? '').split(', ');
  const of = (prefix: string) =>
    names.filter((n) => n.startsWith(prefix)).map((n) => n.slice(prefix.length));
  return {
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    commonName: subjectField(certificate.subject, 'CN')[0] ?? '',
    organizations: subjectField(certificate.subject, 'O'),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    dnsNames: of('DNS:'),
    ipAddresses: of('IP Address:').map(canonicalAddress),
    certificateAuthority: certificate.ca,
  };
}

/** Did the key of this authority sign that certificate, and do their names agree? */
export function isIssuedBy(certificatePem: string, authorityPem: string): boolean {
  const authority = new X509Certificate(authorityPem);
  const certificate = new X509Certificate(certificatePem);
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** Does the private key belong to the certificate? False also when either cannot be read. */
export function keyMatches(certificatePem: string, privateKeyPem: string): boolean {
  try {
    const key = createPrivateKey(privateKeyPem);
    const inCertificate = new X509Certificate(certificatePem).publicKey;
    return createPublicKey(key).equals(inCertificate);
  } catch {
    return false;
  }
}
