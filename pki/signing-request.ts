import { createPublicKey, X509Certificate } from 'node:crypto';
import { type ExtendedUsage, type Issuer, type KeyUsage, writeCertificate } from './x509.ts';
import type { AlternativeNames, Subject } from './x509-name.ts';
import { readRequest, type SigningRequestContent, writeRequest } from './x509-request.ts';

/**
 * PKCS #10 certificate signing requests, RSA and ECDSA: what kubelets, `kubectl` users and
 * cert-manager send in a CertificateSigningRequest's `spec.request`.
 */

export type { ExtendedUsage, KeyUsage } from './x509.ts';
export type { SigningRequestContent } from './x509-request.ts';

export interface SigningOptions {
  /** certificates.k8s.io/v1 `spec.usages`, both kinds mixed. */
  usages: readonly string[];
  /** Milliseconds from `now`; never longer than the authority itself lives. */
  durationMs: number;
  /** Milliseconds before `now` from which the certificate is valid (clocks differ). */
  backdateMs?: number;
  now?: Date;
}

const keyUsages: ReadonlySet<string> = new Set<KeyUsage>([
  'digital signature',
  'content commitment',
  'key encipherment',
  'data encipherment',
  'key agreement',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
]);

const extendedUsages: ReadonlySet<string> = new Set<ExtendedUsage>([
  'server auth',
  'client auth',
  'code signing',
  'email protection',
  'timestamping',
  'ocsp signing',
]);

/** Upstream accepts `signing` as another word for `digital signature`. */
function usageName(usage: string): string {
  return usage === 'signing' ? 'digital signature' : usage;
}

/** Reads and proves a PEM request; throws with the reason when it is unusable. */
export function parseSigningRequest(pem: string): SigningRequestContent {
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) {
    throw new Error('PEM block type must be CERTIFICATE REQUEST');
  }
  return readRequest(pem);
}

/**
 * Signs the request with the authority: subject and names as asked, usages as given.
 * Throws on a usage that X.509 has no bit for (upstream: `unrecognized usage values`).
 */
export function signSigningRequest(
  requestPem: string,
  authority: Issuer,
  options: SigningOptions,
): string {
  const request = parseSigningRequest(requestPem);
  const usages = [...new Set(options.usages.map(usageName))];
  const unknown = usages.filter((u) => !keyUsages.has(u) && !extendedUsages.has(u));
  if (unknown.length > 0) throw new Error(`unrecognized usage values: ${unknown.join(', ')}`);
  const now = options.now ?? new Date();
  const authorityEnds = new X509Certificate(authority.certificatePem).validToDate;
  const wanted = new Date(now.getTime() + options.durationMs);
  return writeCertificate(
    {
      subject: request.subject,
      publicKey: createPublicKey(request.publicKeyPem),
      notBefore: new Date(now.getTime() - (options.backdateMs ?? 5 * 60_000)),
      notAfter: wanted < authorityEnds ? wanted : authorityEnds,
      certificateAuthority: false,
      keyUsages: usages.filter((u): u is KeyUsage => keyUsages.has(u)),
      extendedUsages: usages.filter((u): u is ExtendedUsage => extendedUsages.has(u)),
      names: request.names,
    },
    authority,
  );
}

/** A PEM request for the given key: what a kubelet would send. */
export function createSigningRequest(
  subject: Subject,
  names: AlternativeNames,
  privateKeyPem: string,
): string {
  return writeRequest(subject, names, privateKeyPem);
}
