import { createPublicKey, generateKeyPair, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { type ExtendedUsage, type Issuer, writeCertificate, writeSelfSigned } from './x509.ts';
import type { AlternativeNames, Subject } from './x509-name.ts';

/**
 * Issuing certificates: authorities and the leaves they sign. ECDSA P-256 unless asked otherwise:
 * a key takes well under a millisecond where RSA 2048 takes a hundred, and a control plane needs
 * a dozen before its first pod can start.
 */

/** kubeadm's names (v1beta4 `encryptionAlgorithm`). */
export type KeyAlgorithm = 'ECDSA-P256' | 'ECDSA-P384' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';

export interface KeyPair {
  /** PKCS #8 PEM. */
  privateKeyPem: string;
  /** SPKI PEM. */
  publicKeyPem: string;
}

/** A certificate with its key; what a `kubernetes.io/tls` Secret holds. */
export type IssuedCertificate = Issuer;

export interface AuthorityRequest {
  commonName: string;
  organizations?: readonly string[];
  /** Milliseconds from `now`. */
  durationMs: number;
  keyAlgorithm?: KeyAlgorithm;
  now?: Date;
}

export interface LeafRequest {
  subject: Subject;
  names?: AlternativeNames;
  usages: readonly ('server auth' | 'client auth')[];
  /** Milliseconds from `now`; never longer than the authority itself lives. */
  durationMs: number;
  keyAlgorithm?: KeyAlgorithm;
  now?: Date;
}

/** Clocks differ between machines: a certificate is valid from this long before it was made. */
const clockSkewMs = 5 * 60_000;

const generate = promisify(generateKeyPair);

/** A fresh key pair, made off the event loop. */
export async function generateKeys(algorithm: KeyAlgorithm = 'ECDSA-P256'): Promise<KeyPair> {
  const pair = algorithm.startsWith('RSA-')
    ? await generate('rsa', { modulusLength: Number(algorithm.slice(4)) })
    : await generate('ec', { namedCurve: `P-${algorithm.slice(7)}` });
  return {
    privateKeyPem: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKeyPem: String(pair.publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

/** A self-signed certificate authority. */
export async function issueAuthority(request: AuthorityRequest): Promise<IssuedCertificate> {
  const { privateKeyPem } = await generateKeys(request.keyAlgorithm);
  const now = request.now ?? new Date();
  const certificatePem = writeSelfSigned(
    {
      subject: {
        commonName: request.commonName,
        ...(request.organizations === undefined ? {} : { organizations: request.organizations }),
      },
      notBefore: new Date(now.getTime() - clockSkewMs),
      notAfter: new Date(now.getTime() + request.durationMs),
      certificateAuthority: true,
      keyUsages: ['digital signature', 'key encipherment', 'cert sign', 'crl sign'],
      extendedUsages: [],
      names: {},
    },
    privateKeyPem,
  );
  return { certificatePem, privateKeyPem };
}

/** A certificate for a fresh key, signed by `authority`. */
export async function issueCertificate(
  authority: Issuer,
  request: LeafRequest,
): Promise<IssuedCertificate> {
  const keys = await generateKeys(request.keyAlgorithm);
  const now = request.now ?? new Date();
  const authorityEnds = new X509Certificate(authority.certificatePem).validToDate;
  const wanted = new Date(now.getTime() + request.durationMs);
  const extendedUsages: ExtendedUsage[] = [...request.usages];
  const certificatePem = writeCertificate(
    {
      subject: request.subject,
      publicKey: createPublicKey(keys.publicKeyPem),
      notBefore: new Date(now.getTime() - clockSkewMs),
      notAfter: wanted < authorityEnds ? wanted : authorityEnds,
      certificateAuthority: false,
      keyUsages: ['digital signature', 'key encipherment'],
      extendedUsages,
      names: request.names ?? {},
    },
    authority,
  );
  return { certificatePem, privateKeyPem: keys.privateKeyPem };
}
