import { jose } from './jose.ts';
import type { BoundClaims } from './service-account-claims.ts';
import type { SigningKey, VerificationKey } from '../../pki/token-keys.ts';

/**
 * Signs service account tokens and publishes how to verify them (OpenID Connect Discovery 1.0).
 * Source: pkg/serviceaccount jwt.go and openidmetadata.go.
 */
export interface ServiceAccountIssuer {
  /** The one of `--service-account-issuer` that new tokens name. */
  issuer: string;
  sign(token: NewToken): Promise<string>;
}

export interface NewToken {
  subject: string;
  /** Names the token in audit events. */
  id: string;
  audiences: readonly string[];
  claims: BoundClaims;
  /** Seconds since 1970. */
  issuedAt: number;
  expires: number;
}

export function makeServiceAccountIssuer(options: {
  issuer: string;
  /** `--service-account-signing-key-file`, as loaded now. */
  key: () => SigningKey;
}): ServiceAccountIssuer {
  return {
    issuer: options.issuer,
    sign(token) {
      const key = options.key();
      return new (jose().SignJWT)({
        aud: [...token.audiences],
        exp: token.expires,
        iat: token.issuedAt,
        iss: options.issuer,
        jti: token.id,
        'kubernetes.io': token.claims,
        nbf: token.issuedAt,
        sub: token.subject,
      })
        .setProtectedHeader({ alg: key.algorithm, kid: key.id })
        .sign(key.privateKey);
    },
  };
}

/** Body of `/.well-known/openid-configuration`. `jwksUri` is `--service-account-jwks-uri` or the server's own. */
export function openIdConfiguration(options: {
  issuer: string;
  jwksUri: string;
  keys: readonly VerificationKey[];
}): Record<string, unknown> {
  return {
    issuer: options.issuer,
    jwks_uri: options.jwksUri,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [
      ...new Set(options.keys.map((key) => key.algorithm)),
    ].toSorted(),
  };
}

/** Body of `/openid/v1/jwks` (content type `application/jwk-set+json`). */
export async function jsonWebKeySet(
  keys: readonly VerificationKey[],
): Promise<{ keys: Record<string, unknown>[] }> {
  const published = keys.map(async (key) => {
    const { kty, crv, x, y, n, e } = await jose().exportJWK(key.publicKey);
    const parts = kty === 'RSA' ? { n, e } : { crv, x, y };
    return { use: 'sig', kty, kid: key.id, alg: key.algorithm, ...parts };
  });
  return { keys: await Promise.all(published) };
}
