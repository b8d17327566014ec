import { type KeyObject, sign } from 'node:crypto';
import { bitString, encode, objectIdentifier, sequence, tags } from './der.ts';

/** How certificates and requests are signed: content, algorithm, signature (RFC 5280 section 4.1.1). */

const signatureHashes: Record<string, string> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/** What a key of this kind signs with; hash strength follows the curve (RFC 5480). */
export function signatureAlgorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return '1.2.840.113549.1.1.11';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return '1.2.840.10045.4.3.2';
  if (curve === 'secp384r1') return '1.2.840.10045.4.3.3';
  if (curve === 'secp521r1') return '1.2.840.10045.4.3.4';
  throw new Error(
    `cannot sign with a key of type ${key.asymmetricKeyType}; use RSA or ECDSA (P-256, P-384, P-521)`,
  );
}

export function algorithmIdentifier(algorithm: string): Buffer {
  const rsa = algorithm.startsWith('1.2.840.113549.');
  return sequence(objectIdentifier(algorithm), ...(rsa ? [encode(tags.null)] : []));
}

/** What is signed, with what, and the signature: certificates and requests alike. */
export function signed(content: Buffer, key: KeyObject): Buffer {
  const algorithm = signatureAlgorithmOf(key);
  const signature = sign(signatureHashes[algorithm], content, key);
  return sequence(content, algorithmIdentifier(algorithm), bitString(signature));
}

export function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
