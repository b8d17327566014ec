import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { shapeProblem } from './asn1-shape.ts';
import { type DerValue, readFirst, tags } from './der.ts';
import { publicKeyProblem } from './public-key-problem.ts';
import { requestShape, subjectShape } from './request-shape.ts';

/**
 * Is a PKCS #10 request signed by the key it carries (RFC 2986)? Answered at once and by node:crypto
 * alone, for validation; words as Go's crypto/x509 has them.
 */

interface Algorithm {
  key: 'rsa' | 'ec' | 'ed25519';
  hash: string | null;
}

/** Object identifiers as they are encoded, in hex. */
const algorithms: Record<string, Algorithm> = {
  '2a864886f70d010105': { key: 'rsa', hash: 'sha1' },
  '2a864886f70d01010b': { key: 'rsa', hash: 'sha256' },
  '2a864886f70d01010c': { key: 'rsa', hash: 'sha384' },
  '2a864886f70d01010d': { key: 'rsa', hash: 'sha512' },
  '2a8648ce3d0401': { key: 'ec', hash: 'sha1' },
  '2a8648ce3d040302': { key: 'ec', hash: 'sha256' },
  '2a8648ce3d040303': { key: 'ec', hash: 'sha384' },
  '2a8648ce3d040304': { key: 'ec', hash: 'sha512' },
  '2b6570': { key: 'ed25519', hash: null },
};
const probabilistic = '2a864886f70d01010a';
const hashes: Record<string, string> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

const goNames: Record<string, string> = { rsa: 'RSA', ec: 'ECDSA', ed25519: 'Ed25519' };
const goTypes: Record<string, string> = {
  rsa: '*rsa.PublicKey',
  ec: '*ecdsa.PublicKey',
  ed25519: 'ed25519.PublicKey',
};
const failures: Record<Algorithm['key'], string> = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
};

/** What is wrong with the DER of a request, or nothing. */
export function requestSignatureProblem(der: Buffer): string | undefined {
  const problem = shapeProblem(der, requestShape);
  if (problem !== undefined) return problem;
  const { signed, subject, key, signature, unused, algorithm, padding } = partsOf(der);
  const unread = publicKeyProblem(key) ?? subjectProblem(subject);
  if (unread !== undefined) return unread;
  const object = publicKey(key.whole);
  if (algorithm === undefined || object === undefined) {
    return 'x509: cannot verify signature: algorithm unimplemented';
  }
  const type = object.asymmetricKeyType ?? '';
  if (type !== algorithm.key) {
    return `x509: signature algorithm specifies an ${goNames[algorithm.key]} public key, but have public key of type ${goTypes[type] ?? type}`;
  }
  // Go moves the bits to the right, where they are no signature.
  const valid =
    unused === 0 && verify(algorithm.hash, signed, { key: object, ...padding }, signature);
  return valid ? undefined : failures[algorithm.key];
}

/** One that can be read, and maybe more after it. */
function subjectProblem({ whole }: DerValue): string | undefined {
  return shapeProblem(whole, subjectShape);
}

interface Parts {
  signed: Buffer;
  subject: DerValue;
  key: DerValue;
  signature: Buffer;
  /** Bits of its last byte. */
  unused: number;
  algorithm: Algorithm | undefined;
  padding: { padding?: number; saltLength?: number };
}

/** Of a request that has its shape. */
function partsOf(der: Buffer): Parts {
  const [outer] = readFirst(der, 1);
  const [info, identifier, signature] = childrenOf(outer);
  const [, subject, key] = childrenOf(info);
  const [oid, parameters] = childrenOf(identifier);
  const none: DerValue = { tag: 0, content: Buffer.alloc(0), whole: Buffer.alloc(0) };
  const id = oid?.content.toString('hex') ?? '';
  const salted = id === probabilistic;
  return {
    signed: info?.whole ?? none.whole,
    subject: subject ?? none,
    key: key ?? none,
    // A bit string says first how many bits of its last byte are unused.
    unused: signature?.content[0] ?? 0,
    signature: signature?.content.subarray(1) ?? none.content,
    algorithm: salted ? saltedAlgorithm(parameters) : algorithms[id],
    padding: salted
      ? {
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        }
      : {},
  };
}

/** RSASSA-PSS-params names its hash first: [0] { AlgorithmIdentifier }. */
function saltedAlgorithm(parameters: DerValue | undefined): Algorithm | undefined {
  const [tagged] = childrenOf(parameters);
  const [identifier] = tagged?.tag === 0xa0 ? readFirst(tagged.content, 1) : [];
  const [oid] = childrenOf(identifier);
  const hash = hashes[oid?.content.toString('hex') ?? ''];
  return hash === undefined ? undefined : { key: 'rsa', hash };
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
  return value?.tag === tags.sequence ? readFirst(value.content, 3) : [];
}
