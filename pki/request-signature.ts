import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type DerValue, readDer } from './der.ts';

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
  const parts = partsOf(der);
  if (parts === undefined) return 'x509: malformed certificate request';
  const { signed, key, signature, algorithm, padding } = parts;
  if (algorithm === undefined || key === undefined) {
    return 'x509: cannot verify signature: algorithm unimplemented';
  }
  const type = key.asymmetricKeyType ?? '';
  if (type !== algorithm.key) {
    return `x509: signature algorithm specifies an ${goNames[algorithm.key]} public key, but have public key of type ${goTypes[type] ?? type}`;
  }
  const valid = verify(algorithm.hash, signed, { key, ...padding }, signature);
  return valid ? undefined : failures[algorithm.key];
}

interface Parts {
  signed: Buffer;
  key: KeyObject | undefined;
  signature: Buffer;
  algorithm: Algorithm | undefined;
  padding: { padding?: number; saltLength?: number };
}

/** CertificationRequest ::= SEQUENCE { info, algorithm, signature }; info is { version, subject, key, ... } */
function partsOf(der: Buffer): Parts | undefined {
  const outer = readDer(der);
  if (outer?.length !== 1) return undefined;
  const [info, identifier, signature, ...more] = childrenOf(outer[0]) ?? [];
  const [version, subject, key] = childrenOf(info) ?? [];
  const [oid, parameters] = childrenOf(identifier) ?? [];
  const shape =
    version?.tag === 0x02 && subject?.tag === 0x30 && key?.tag === 0x30 && oid?.tag === 0x06;
  if (!shape || info === undefined || more.length > 0) return undefined;
  // A bit string says first how many bits of its last byte are unused.
  if (signature?.tag !== 0x03 || signature.content[0] !== 0) return undefined;
  const id = oid.content.toString('hex');
  const salted = id === probabilistic;
  return {
    signed: info.whole,
    key: publicKey(key.whole),
    signature: signature.content.subarray(1),
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
  const [tagged] = childrenOf(parameters) ?? [];
  const [identifier] = (tagged?.tag === 0xa0 ? readDer(tagged.content) : undefined) ?? [];
  const [oid] = childrenOf(identifier) ?? [];
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

function childrenOf(value: DerValue | undefined): DerValue[] | undefined {
  return value?.tag === 0x30 ? readDer(value.content) : undefined;
}
