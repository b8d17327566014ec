import { createPublicKey } from 'node:crypto';
import { type DerValue, readFirst } from './der.ts';
import { StrictDer } from './strict-der.ts';

/** Why a key of a known algorithm cannot be read, in the words of Go's crypto/x509 (parsePublicKey). */

const rsa = '2a864886f70d010101';
const ecdsa = '2a8648ce3d0201';
const dsa = '2a8648ce380401';
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
  const data = rightAligned(key?.content ?? Buffer.alloc(0));
  switch (oid?.content.toString('hex')) {
    case rsa:
      return rsaProblem(parameters, data);
    case ecdsa:
      return ecdsaProblem(parameters, data, whole);
    case dsa:
      return dsaProblem(parameters, data);
    case ed25519:
      if (parameters !== undefined) return 'x509: Ed25519 key encoded with illegal parameters';
      return data.length === ed25519Bytes ? undefined : 'x509: wrong Ed25519 public key size';
    default:
      return undefined;
  }
}

/** The bits of a string as Go takes a key from it: those that are not of it come first. */
function rightAligned([unused = 0, ...bytes]: Buffer): Buffer {
  const shifted = bytes.map((byte, i) => ((((bytes[i - 1] ?? 0) << 8) | byte) >> unused) & 0xff);
  return Buffer.from(shifted);
}

function rsaProblem(parameters: DerValue | undefined, data: Buffer): string | undefined {
  if (parameters?.whole.toString('hex') !== '0500') return 'x509: RSA key missing NULL parameters';
  const numbers = new StrictDer(data).inside();
  if (numbers === undefined) return 'x509: invalid RSA public key';
  const modulus = numbers.integer();
  if (modulus === undefined) return 'x509: invalid RSA modulus';
  const most = 8;
  const exponent = numbers.integer();
  if (exponent === undefined || exponent.length > most) {
    return 'x509: invalid RSA public exponent';
  }
  if (!isPositive(modulus)) return 'x509: RSA modulus is not a positive number';
  if (!isPositive(exponent)) return 'x509: RSA public exponent is not a positive number';
  return undefined;
}

function dsaProblem(parameters: DerValue | undefined, data: Buffer): string | undefined {
  const key = new StrictDer(data).integer();
  if (key === undefined) return 'x509: invalid DSA public key';
  const numbers = new StrictDer(parameters?.whole ?? Buffer.alloc(0)).inside();
  const domain = [numbers?.integer(), numbers?.integer(), numbers?.integer()];
  if (domain.includes(undefined)) return 'x509: invalid DSA parameters';
  if (isPositive(key) && domain.every((number) => isPositive(number ?? key))) return undefined;
  return 'x509: zero or negative DSA parameter';
}

const safeBits = 1024;
const exponentMost = 0x7fffffffn;

/** Why an RSA key that can be read verifies nothing, in the words of Go's crypto/rsa. */
export function weakKeyProblem({ content }: DerValue): string | undefined {
  const [algorithm, key] = readFirst(content, 2);
  const [oid] = readFirst(algorithm?.content ?? Buffer.alloc(0), 1);
  if (oid?.content.toString('hex') !== rsa) return undefined;
  const numbers = new StrictDer(key?.content.subarray(1) ?? Buffer.alloc(0)).inside();
  const [modulus, exponent] = [numbers?.integer(), numbers?.integer()].map((bytes) =>
    BigInt(`0x0${bytes?.toString('hex') ?? ''}`),
  ) as [bigint, bigint];
  const bits = modulus.toString(2).length;
  const wrong = (text: string): string => `crypto/rsa: ${text}`;
  if (bits < safeBits) {
    return wrong(
      `${bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)`,
    );
  }
  if (modulus % 2n === 0n) return wrong('public modulus is even');
  if (exponent < 2n) return wrong('public exponent too small or negative');
  if (exponent % 2n === 0n) return wrong('public exponent is even');
  return exponent > exponentMost ? wrong('public exponent too large') : undefined;
}

function ecdsaProblem(
  parameters: DerValue | undefined,
  data: Buffer,
  whole: Buffer,
): string | undefined {
  const named = new StrictDer(parameters?.whole ?? Buffer.alloc(0)).identifier();
  if (named === undefined) return 'x509: invalid ECDSA parameters';
  const curve = curves[named.toString('hex')];
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

function isPositive(number: Buffer): boolean {
  return (number[0] ?? 0) < 0x80 && number.some((byte) => byte !== 0);
}
