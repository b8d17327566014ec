import { createPublicKey } from 'node:crypto';
import { shapeProblem } from './asn1-shape.ts';
import { type DerValue, readFirst, tags } from './der.ts';

/** Why a key of a known algorithm cannot be read, in the words of Go's crypto/x509 (parsePublicKey). */

const rsa = '2a864886f70d010101';
const ecdsa = '2a8648ce3d0201';
const ed25519 = '2b6570';

const curves: Record<string, string> = {
  '2b81040021': 'P224',
  '2a8648ce3d030107': 'P256',
  '2b81040022': 'P384',
  '2b81040023': 'P521',
};
const coordinateBytes: Record<string, number> = { P224: 28, P256: 32, P384: 48, P521: 66 };

const ed25519Bytes = 32;

/** `info`: SubjectPublicKeyInfo, of its shape. */
export function publicKeyProblem({ content, whole }: DerValue): string | undefined {
  const [algorithm, key] = readFirst(content, 2);
  const [oid, parameters] = readFirst(algorithm?.content ?? Buffer.alloc(0), 2);
  const data = key?.content.subarray(1) ?? Buffer.alloc(0);
  switch (oid?.content.toString('hex')) {
    case rsa:
      return rsaProblem(parameters, data);
    case ecdsa:
      return ecdsaProblem(parameters, data, whole);
    case ed25519:
      if (parameters !== undefined) return 'x509: Ed25519 key encoded with illegal parameters';
      return data.length === ed25519Bytes ? undefined : 'x509: wrong Ed25519 public key size';
    default:
      return undefined;
  }
}

function rsaProblem(parameters: DerValue | undefined, data: Buffer): string | undefined {
  if (parameters?.whole.toString('hex') !== '0500') return 'x509: RSA key missing NULL parameters';
  const [outer] = readFirst(data, 1);
  if (outer?.tag !== tags.sequence) return 'x509: invalid RSA public key';
  const [modulus, exponent] = readFirst(outer.content, 2);
  if (modulus === undefined || !isInteger(modulus)) return 'x509: invalid RSA modulus';
  const most = 8;
  if (exponent === undefined || !isInteger(exponent) || exponent.content.length > most) {
    return 'x509: invalid RSA public exponent';
  }
  if (!isPositive(modulus)) return 'x509: RSA modulus is not a positive number';
  if (!isPositive(exponent)) return 'x509: RSA public exponent is not a positive number';
  return undefined;
}

function ecdsaProblem(
  parameters: DerValue | undefined,
  data: Buffer,
  whole: Buffer,
): string | undefined {
  if (
    parameters?.tag !== tags.objectIdentifier ||
    shapeProblem(parameters.whole, { kind: 'identifier' }) !== undefined
  ) {
    return 'x509: invalid ECDSA parameters';
  }
  const curve = curves[parameters.content.toString('hex')];
  if (curve === undefined) return 'x509: unsupported elliptic curve';
  const uncompressed = 4;
  if (data[0] !== uncompressed) return 'ecdsa: invalid uncompressed public key';
  if (data.length !== 1 + 2 * (coordinateBytes[curve] ?? 0))
    return `invalid ${curve} point encoding`;
  try {
    createPublicKey({ key: whole, format: 'der', type: 'spki' });
    return undefined;
  } catch {
    return `${curve} point not on curve`;
  }
}

function isInteger({ tag, content }: DerValue): boolean {
  const [first = 0, second = 0] = content;
  if (tag !== tags.integer || content.length === 0) return false;
  const spare = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
  return content.length === 1 || !spare;
}

function isPositive({ content }: DerValue): boolean {
  return (content[0] ?? 0) < 0x80 && content.some((byte) => byte !== 0);
}
