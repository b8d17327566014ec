import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Transformer } from '../codec.ts';

/**
 * One way to encrypt with one key, as upstream lays out what it stores
 * (k8s.io/apiserver storage/value/encrypt). What stands in front of it is the caller's.
 */

/** AES-CBC, PKCS#7: IV, ciphertext. */
export function aesCbc(key: Buffer): Transformer {
  const algorithm = `aes-${key.length * 8}-cbc`;
  const size = 16;
  return {
    toStorage(bytes) {
      const iv = randomBytes(size);
      const cipher = createCipheriv(algorithm, key, iv);
      return Buffer.concat([iv, cipher.update(bytes), cipher.final()]);
    },
    fromStorage(bytes) {
      if (bytes.length < size)
        throw new Error('the stored data was shorter than the required size');
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, size));
      return Buffer.concat([decipher.update(bytes.subarray(size)), decipher.final()]);
    },
  };
}

/** AES-GCM, bound to the key in storage: nonce, ciphertext, tag. */
export function aesGcm(key: Buffer): Transformer {
  const algorithm = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  const nonceSize = 12;
  const tagSize = 16;
  return {
    toStorage(bytes, at) {
      const nonce = randomBytes(nonceSize);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(at));
      return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    },
    fromStorage(bytes, at) {
      if (bytes.length < nonceSize + tagSize) {
        throw new Error('the stored data was shorter than the required size');
      }
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceSize));
      decipher.setAAD(Buffer.from(at)).setAuthTag(bytes.subarray(bytes.length - tagSize));
      const inner = bytes.subarray(nonceSize, bytes.length - tagSize);
      return Buffer.concat([decipher.update(inner), decipher.final()]);
    },
  };
}

const require = createRequire(import.meta.url);

/** XSalsa20 and Poly1305, as NaCl's secretbox: nonce, box. Its library is loaded with the first key. */
export function secretBox(key: Buffer): Transformer {
  const {
    secretbox,
  }: typeof import('@noble/ciphers/salsa.js') = require('@noble/ciphers/salsa.js');
  const nonceSize = 24;
  return {
    toStorage(bytes) {
      const nonce = randomBytes(nonceSize);
      return Buffer.concat([nonce, secretbox(key, nonce).seal(bytes)]);
    },
    fromStorage(bytes) {
      if (bytes.length < nonceSize) {
        throw new Error('the stored data was shorter than the required size');
      }
      return Buffer.from(
        secretbox(key, bytes.subarray(0, nonceSize)).open(bytes.subarray(nonceSize)),
      );
    },
  };
}
