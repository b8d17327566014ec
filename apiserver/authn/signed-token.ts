import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { goQuote } from '../../object/go-format.ts';
import { jsonSyntaxError } from '../../schema/json-syntax.ts';

/**
 * A JWT in its compact form, read and verified as go-jose v2 does: a key of the issuer is good for every
 * algorithm of its type, whatever the key says of itself.
 */
export interface SignedToken {
  algorithm: string;
  keyId: string;
  payload: Buffer;
  signature: Buffer;
  /** What the signature is of. */
  signed: Buffer;
  /** Whether every extension that must be understood is. */
  understood: boolean;
}

/** What is behind one key of a set; private and symmetric ones verify nothing. */
export interface IssuerKey {
  keyId: string;
  key: KeyObject | undefined;
}

/** base64url without padding. Throws in the words of Go's encoding/base64. */
export function rawUrlBytes(text: string): Buffer {
  const joined = text.replace(/[\r\n]/g, '');
  const at =
    /[^A-Za-z0-9_-]/.exec(joined)?.index ?? (joined.length % 4 === 1 ? joined.length - 1 : -1);
  if (at >= 0) throw new Error(`illegal base64 data at input byte ${at}`);
  return Buffer.from(joined, 'base64url');
}

/** JSON. Throws in the words of Go's encoding/json. */
export function goJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(jsonSyntaxError(text) ?? (error as Error).message, { cause: error });
  }
}

/** Go's name for the type of a JSON value. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Throws with why it is none. */
export function parseSignedToken(text: string): SignedToken {
  const parts = text.replace(/\s/g, '').split('.');
  if (parts.length !== 3)
    throw new Error('square/go-jose: compact JWS format must have three parts');
  const [head = '', body = '', end = ''] = parts;
  const header = rawUrlBytes(head);
  const payload = rawUrlBytes(body);
  const signature = rawUrlBytes(end);
  const fields = header.length === 0 ? {} : readHeader(header.toString('utf8'));
  return {
    algorithm: headerText(fields, 'alg', 'algorithm'),
    keyId: headerText(fields, 'kid', 'key ID'),
    payload,
    signature,
    signed: Buffer.from(`${head}.${body}`),
    understood: understands(fields),
  };
}

function readHeader(text: string): Record<string, unknown> {
  const fields = goJson(text);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new Error(
      `json: cannot unmarshal ${jsonKind(fields)} into Go value of type jose.rawHeader`,
    );
  }
  const header = fields as Record<string, unknown>;
  const { jwk } = header;
  headerText(header, 'nonce', 'nonce');
  if (jwk !== undefined && jwk !== null) embeddedKey(jwk);
  return header;
}

function headerText(fields: Record<string, unknown>, name: string, what: string): string {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return value;
  const shown = goQuote(JSON.stringify(value));
  throw new Error(
    `failed to unmarshal ${what}: json: cannot unmarshal ${jsonKind(value)} into Go value of type string: ${shown}`,
  );
}

/** A key that a token brings along is never used; it must be a public one all the same. */
function embeddedKey(jwk: unknown): void {
  let key: IssuerKey;
  try {
    key = parseIssuerKey(jwk);
  } catch (error) {
    const shown = goQuote(JSON.stringify(jwk));
    throw new Error(`failed to unmarshal JWK: ${(error as Error).message}: ${shown}`, {
      cause: error,
    });
  }
  if (key.key === undefined)
    throw new Error('square/go-jose: invalid embedded jwk, must be public key');
}

/** Nothing but `b64` is known, and a payload that is not encoded is no JWT. */
function understands({ crit, b64 }: Record<string, unknown>): boolean {
  const critical: unknown[] = Array.isArray(crit) ? crit : [];
  return critical.every((name) => name === 'b64') && b64 !== false;
}

const curves = new Set(['P-256', 'P-384', 'P-521']);

/** What go-jose misses in a key of its type. */
function keyFault({ kty, crv, n, e, x, y }: Record<string, unknown>): string | undefined {
  const curve = typeof crv === 'string' ? crv : '';
  switch (kty) {
    case 'RSA':
      return n && e ? undefined : 'invalid RSA key, missing n/e value';
    case 'EC':
      if (!curves.has(curve)) return `unsupported elliptic curve '${curve}'`;
      return x && y ? undefined : 'invalid EC key, missing x/y values';
    case 'OKP':
      return curve === 'Ed25519' ? undefined : `unknown curve ${curve}'`;
    case 'oct':
      return undefined;
    default:
      return `unknown json web key type '${typeof kty === 'string' ? kty : ''}'`;
  }
}

const keyTexts = ['kty', 'kid', 'crv', 'n', 'e', 'x', 'y', 'd', 'k'];
const keyBytes = ['n', 'e', 'x', 'y', 'd', 'k'];

/** One member of a key set. Throws as go-jose does: one bad member makes the set unusable. */
export function parseIssuerKey(jwk: unknown): IssuerKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
    throw new Error(
      `json: cannot unmarshal ${jsonKind(jwk)} into Go value of type jose.rawJSONWebKey`,
    );
  }
  const fields = jwk as Record<string, unknown>;
  for (const name of keyTexts) {
    const value = fields[name] ?? '';
    if (typeof value !== 'string') {
      throw new Error(
        `json: cannot unmarshal ${jsonKind(value)} into Go struct field rawJSONWebKey.${name} of type string`,
      );
    }
    if (keyBytes.includes(name)) rawUrlBytes(value);
  }
  const fault = keyFault(fields);
  if (fault !== undefined) throw new Error(`square/go-jose: ${fault}`);
  const keyId = (fields['kid'] ?? '') as string;
  if (fields['kty'] === 'oct' || (fields['d'] ?? '') !== '') return { keyId, key: undefined };
  try {
    return { keyId, key: createPublicKey({ key: fields as never, format: 'jwk' }) };
  } catch (error) {
    throw new Error('square/go-jose: invalid EC key, X/Y are not on declared curve', {
      cause: error,
    });
  }
}

const hashes: Readonly<Record<string, string>> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' };
/** Bytes of r and of s. */
const halves: Readonly<Record<string, number>> = { ES256: 32, ES384: 48, ES512: 66 };
/** Go's crypto/rsa takes no smaller ones. */
const modulusBitsMin = 1024;

export function isSignedWith(
  { algorithm, understood, ...token }: SignedToken,
  key: KeyObject,
): boolean {
  const hash = hashes[algorithm.slice(2)];
  if (!understood || hash === undefined) return false;
  const { signed, signature } = token;
  const family = algorithm.slice(0, 2);
  try {
    if (key.asymmetricKeyType === 'ec' && family === 'ES') {
      if (signature.length !== 2 * (halves[algorithm] ?? 0)) return false;
      return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
    }
    if (key.asymmetricKeyType !== 'rsa') return false;
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < modulusBitsMin) return false;
    if (family === 'RS') return verify(hash, signed, key, signature);
    const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_AUTO: saltLength } = constants;
    return family === 'PS' && verify(hash, signed, { key, padding, saltLength }, signature);
  } catch {
    return false;
  }
}
