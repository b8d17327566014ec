import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/**
 * Keys for service account tokens, from PEM files that may hold public keys, private keys and
 * certificates, RSA or ECDSA, several to a file. Source: client-go util/keyutil, pkg/serviceaccount.
 */
export interface VerificationKey {
  /** base64url(SHA-256(SubjectPublicKeyInfo)): the `kid` of tokens this key signed. */
  id: string;
  algorithm: 'RS256' | 'ES256' | 'ES384' | 'ES512';
  publicKey: KeyObject;
}

export interface SigningKey extends VerificationKey {
  privateKey: KeyObject;
}

const blockPattern = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
const curves: Record<string, VerificationKey['algorithm']> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** Throws when the text holds no usable key. The same key twice counts once. */
export function parseVerificationKeys(pem: string): VerificationKey[] {
  const keys = new Map<string, VerificationKey>();
  for (const [block, type] of pem.matchAll(blockPattern)) {
    // `openssl ecparam` writes the curve beside the key.
    if (type === 'EC PARAMETERS') continue;
    const key = verificationKey(createPublicKey(block));
    keys.set(key.id, key);
  }
  if (keys.size === 0) {
    throw new Error('data does not contain any valid RSA or ECDSA public keys');
  }
  return [...keys.values()];
}

export function parseSigningKey(pem: string): SigningKey {
  for (const [block, type] of pem.matchAll(blockPattern)) {
    if (!type?.endsWith('PRIVATE KEY')) continue;
    const privateKey = createPrivateKey(block);
    return { ...verificationKey(createPublicKey(privateKey)), privateKey };
  }
  throw new Error('data does not contain a valid RSA or ECDSA private key');
}

function verificationKey(publicKey: KeyObject): VerificationKey {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(spki).digest('base64url');
  return { id, algorithm: algorithmOf(publicKey), publicKey };
}

function algorithmOf(key: KeyObject): VerificationKey['algorithm'] {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const algorithm = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'ec' || algorithm === undefined) {
    throw new Error(
      `unsupported service account key type ${key.asymmetricKeyType ?? 'unknown'}: use RSA, or ECDSA on P-256, P-384 or P-521`,
    );
  }
  return algorithm;
}
