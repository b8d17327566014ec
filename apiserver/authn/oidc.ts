import type { createRemoteJWKSet, JWTPayload } from 'jose';
import type { UserInfo } from '../context.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { jose } from './jose.ts';

/** OpenID Connect ID tokens of one issuer. Source: plugin/pkg/authenticator/token/oidc. */
export interface OidcOptions {
  issuerUrl: string;
  /** Where the discovery document is, when it is not below the issuer's URL. */
  discoveryUrl?: string | undefined;
  /** One of them must be the token's. */
  audiences: readonly string[];
  /** `--oidc-signing-algs`; undefined is every asymmetric one. */
  signingAlgorithms?: readonly string[];
  /** Who the claims speak of; throws when they are not enough. */
  userOf(claims: JWTPayload): UserInfo;
  /** How to reach the issuer, where it has a CA of its own. */
  fetch?: typeof fetch | undefined;
}

/** What an AuthenticationConfiguration takes. */
const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
];

export function makeOidc(options: OidcOptions): TokenAuthenticator {
  if (!options.issuerUrl.startsWith('https://')) {
    throw new Error(
      `'oidc-issuer-url' (${JSON.stringify(options.issuerUrl)}) has invalid scheme, require 'https'`,
    );
  }
  const ask = options.fetch ?? fetch;
  let keySet: ReturnType<typeof createRemoteJWKSet> | undefined;

  /** Discovery is done on first use and again until it works. */
  async function keys(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    if (keySet !== undefined) return keySet;
    const base = options.issuerUrl.replace(/\/$/, '');
    const at = options.discoveryUrl ?? `${base}/.well-known/openid-configuration`;
    const response = await ask(at, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`oidc: discovery answered ${response.status}`);
    const document = (await response.json()) as { issuer?: string; jwks_uri?: string };
    if (document.issuer !== options.issuerUrl || document.jwks_uri === undefined) {
      throw new Error('oidc: issuer did not match the issuer returned by provider');
    }
    const { createRemoteJWKSet: remoteKeys, customFetch } = jose();
    keySet = remoteKeys(new URL(document.jwks_uri), {
      ...(options.fetch === undefined ? {} : { [customFetch]: options.fetch }),
    });
    return keySet;
  }

  return {
    name: 'oidc',
    authenticateToken(token, asked) {
      if (!isFrom(token, options.issuerUrl)) return undefined;
      return keys()
        .then((set) =>
          jose().jwtVerify(token, set, {
            issuer: options.issuerUrl,
            audience: [...options.audiences],
            algorithms: [...(options.signingAlgorithms ?? asymmetric)],
          }),
        )
        .then(({ payload }) => ({ user: options.userOf(payload), audiences: asked }));
    },
  };
}

function isFrom(token: string, issuer: string): boolean {
  try {
    return jose().decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}
