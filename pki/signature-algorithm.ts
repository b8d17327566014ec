import { constants } from 'node:crypto';
import { type DerValue, dotted, readFirst, tags } from './der.ts';

/** How something is signed, as Go's crypto/x509 knows it (getSignatureAlgorithmFromAI). */
export interface Algorithm {
  key: 'rsa' | 'dsa' | 'ec' | 'ed25519';
  /** Null: of the key's own. */
  hash: string | null;
  padding?: { padding: number; saltLength: number };
  /** What Go calls one that it no longer trusts. */
  insecure?: string;
}

const plain: Record<string, Algorithm> = {
  '1.2.840.113549.1.1.4': { key: 'rsa', hash: 'md5', insecure: 'MD5-RSA' },
  '1.2.840.113549.1.1.5': { key: 'rsa', hash: 'sha1' },
  '1.3.14.3.2.29': { key: 'rsa', hash: 'sha1' },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10040.4.3': { key: 'dsa', hash: 'sha1' },
  '2.16.840.1.101.3.4.3.2': { key: 'dsa', hash: 'sha256' },
  '1.2.840.10045.4.1': { key: 'ec', hash: 'sha1' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
};
const ed25519 = '1.3.101.112';
const probabilistic = '1.2.840.113549.1.1.10';
const maskGeneration = '1.2.840.113549.1.1.8';

/** With the length of its salt. */
const hashes: Record<string, [hash: string, salt: number]> = {
  '2.16.840.1.101.3.4.2.1': ['sha256', 32],
  '2.16.840.1.101.3.4.2.2': ['sha384', 48],
  '2.16.840.1.101.3.4.2.3': ['sha512', 64],
};

/** Of an AlgorithmIdentifier, a sequence with an identifier first; undefined: not one that Go knows. */
export function signatureAlgorithm(identifier: DerValue | undefined): Algorithm | undefined {
  const [oid, parameters] = childrenOf(identifier);
  if (oid?.tag !== tags.objectIdentifier) return undefined;
  const id = dotted(oid);
  if (id === ed25519) return parameters === undefined ? { key: 'ed25519', hash: null } : undefined;
  return id === probabilistic ? saltedAlgorithm(parameters) : plain[id];
}

/** RSASSA-PSS-params (RFC 8017 A.2.3): one hash for all, a salt of its length, no other trailer. */
function saltedAlgorithm(parameters: DerValue | undefined): Algorithm | undefined {
  const [hash, mask, salt, trailer] = childrenOf(parameters).map(({ tag, content }, i) =>
    tag === (0xa0 | i) ? readFirst(content, 1)[0] : undefined,
  );
  const [maskId, maskHash] = childrenOf(mask);
  const name = hashName(hash);
  const [digest, size] = hashes[name] ?? [];
  const isKnown =
    digest !== undefined &&
    size !== undefined &&
    maskId?.tag === tags.objectIdentifier &&
    dotted(maskId) === maskGeneration &&
    hashName(maskHash) === name &&
    isNumber(salt, size) &&
    (trailer === undefined || isNumber(trailer, 1));
  if (!isKnown) return undefined;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return { key: 'rsa', hash: digest, padding: { padding, saltLength: size } };
}

const nullValue = '0500';

function hashName(identifier: DerValue | undefined): string {
  const [oid, parameters] = childrenOf(identifier);
  const isPlain = parameters === undefined || parameters.whole.toString('hex') === nullValue;
  return isPlain && oid?.tag === tags.objectIdentifier ? dotted(oid) : '';
}

function isNumber(value: DerValue | undefined, number: number): boolean {
  return value?.tag === tags.integer && value.content.equals(Buffer.of(number));
}

const most = 4;

function childrenOf(value: DerValue | undefined): DerValue[] {
  return value?.tag === tags.sequence ? readFirst(value.content, most) : [];
}
