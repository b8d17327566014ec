import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { shapeProblem } from './asn1-shape.ts';
import { type DerValue, readFirst, tags } from './der.ts';
import { publicKeyProblem, weakKeyProblem } from './public-key-problem.ts';
import { requestShape, subjectShape } from './request-shape.ts';
import { requestedExtensionsProblem } from './requested-extensions.ts';
import { type Algorithm, signatureAlgorithm } from './signature-algorithm.ts';

/**
 * Is a PKCS #10 request signed by the key it carries (RFC 2986)? Answered at once and by node:crypto
 * alone, for validation; words as Go's crypto/x509 has them.
 */

const goNames: Record<Algorithm['key'], string> = {
  rsa: 'RSA',
  dsa: 'DSA',
  ec: 'ECDSA',
  ed25519: 'Ed25519',
};
/** Of keys that can have signed; the others are unknown, or of no use any more. */
const goTypes: Record<string, string> = {
  rsa: '*rsa.PublicKey',
  ec: '*ecdsa.PublicKey',
  ed25519: 'ed25519.PublicKey',
};
const failures: Record<Algorithm['key'], string> = {
  rsa: 'crypto/rsa: verification error',
  dsa: '',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
};

/** What is wrong with the DER of a request, or nothing. */
export function requestSignatureProblem(der: Buffer): string | undefined {
  const problem = shapeProblem(der, requestShape);
  if (problem !== undefined) return problem;
  const parts = partsOf(der);
  return (
    publicKeyProblem(parts.key) ??
    shapeProblem(parts.subject.whole, subjectShape) ??
    requestedExtensionsProblem(parts.attributes) ??
    signatureProblem(parts)
  );
}

function signatureProblem({
  algorithm,
  key,
  signed,
  signature,
  unused,
}: Parts): string | undefined {
  const unverified = 'x509: cannot verify signature';
  if (algorithm?.insecure !== undefined) {
    return `${unverified}: insecure algorithm ${algorithm.insecure}`;
  }
  const object = publicKey(key.whole);
  const type = object?.asymmetricKeyType ?? '';
  const goType = goTypes[type];
  if (algorithm === undefined || object === undefined || goType === undefined) {
    return `${unverified}: algorithm unimplemented`;
  }
  if (type !== algorithm.key) {
    return `x509: signature algorithm specifies an ${goNames[algorithm.key]} public key, but have public key of type ${goType}`;
  }
  const weak = weakKeyProblem(key);
  if (weak !== undefined) return weak;
  // Go moves the bits to the right, where they are no signature.
  const valid =
    unused === 0 &&
    verify(algorithm.hash, signed, { key: object, ...algorithm.padding }, signature);
  return valid ? undefined : failures[algorithm.key];
}

interface Parts {
  signed: Buffer;
  subject: DerValue;
  key: DerValue;
  attributes: DerValue;
  signature: Buffer;
  /** Bits of its last byte. */
  unused: number;
  algorithm: Algorithm | undefined;
}

/** Of a request that has its shape. */
function partsOf(der: Buffer): Parts {
  const [outer] = readFirst(der, 1);
  const [info, identifier, signature] = childrenOf(outer);
  const [, subject, key, attributes] = childrenOf(info);
  const none: DerValue = { tag: 0, content: Buffer.alloc(0), whole: Buffer.alloc(0) };
  return {
    signed: info?.whole ?? none.whole,
    subject: subject ?? none,
    key: key ?? none,
    attributes: attributes ?? none,
    // A bit string says first how many bits of its last byte are unused.
    unused: signature?.content[0] ?? 0,
    signature: signature?.content.subarray(1) ?? none.content,
    algorithm: signatureAlgorithm(identifier),
  };
}

function publicKey(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** Those that a request has; what comes after them is not looked at. */
function childrenOf(value: DerValue | undefined): DerValue[] {
  return value?.tag === tags.sequence ? readFirst(value.content, 4) : [];
}
