import { createRemoteJWKSet, customFetch, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import type { UserInfo } from '../context.ts';
import type { TokenAuthenticator } from './authenticator.ts';

/** OpenID Connect ID tokens, by the `--oidc-*` flags. Source: plugin/pkg/authenticator/token/oidc. */
export interface OidcOptions {
  issuerUrl: string;
  clientId: string;
  /** `--oidc-username-claim`, default `sub`. */
  usernameClaim: string;
  /** `-` is no prefix; undefined is `<issuer>#` for every claim but email. */
  usernamePrefix?: string;
  groupsClaim?: string;
  groupsPrefix?: string;
  /** `--oidc-required-claim key=value` */
  requiredClaims: Readonly<Record<string, string>>;
  /** `--oidc-signing-algs`, default RS256. */
  signingAlgorithms: readonly string[];
  /** How to reach the issuer, where it has a CA of its own. */
  fetch?: typeof fetch;
}

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
    const response = await ask(`${base}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`oidc: discovery answered ${response.status}`);
    const document = (await response.json()) as { issuer?: string; jwks_uri?: string };
    if (document.issuer !== options.issuerUrl || document.jwks_uri === undefined) {
      throw new Error('oidc: issuer did not match the issuer returned by provider');
    }
    keySet = createRemoteJWKSet(new URL(document.jwks_uri), {
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
          jwtVerify(token, set, {
            issuer: options.issuerUrl,
            audience: options.clientId,
            algorithms: [...options.signingAlgorithms],
          }),
        )
        .then(({ payload }) => ({ user: userOf(payload, options), audiences: asked }));
    },
  };
}

function isFrom(token: string, issuer: string): boolean {
  try {
    return decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}

function userOf(payload: JWTPayload, options: OidcOptions): UserInfo {
  for (const [claim, value] of Object.entries(options.requiredClaims)) {
    if (payload[claim] === undefined) {
      throw new Error(`oidc: required claim ${claim} not present in ID token`);
    }
    if (payload[claim] !== value) {
      throw new Error(`oidc: required claim ${claim} value does not match`);
    }
  }
  const name = payload[options.usernameClaim];
  if (typeof name !== 'string' || name === '') {
    throw new Error(
      `oidc: parse username claims ${JSON.stringify(options.usernameClaim)}: claim not present`,
    );
  }
  if (options.usernameClaim === 'email' && payload.email_verified === false) {
    throw new Error('oidc: email not verified');
  }
  const groups = options.groupsClaim === undefined ? undefined : payload[options.groupsClaim];
  const names = typeof groups === 'string' ? [groups] : Array.isArray(groups) ? groups : [];
  const jti = payload.jti;
  return {
    name: `${usernamePrefix(options)}${name}`,
    groups: names
      .filter((group): group is string => typeof group === 'string')
      .map((group) => `${options.groupsPrefix ?? ''}${group}`),
    ...(jti === undefined
      ? {}
      : { extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] } }),
  };
}

function usernamePrefix(options: OidcOptions): string {
  if (options.usernamePrefix === '-') return '';
  if (options.usernamePrefix !== undefined && options.usernamePrefix !== '') {
    return options.usernamePrefix;
  }
  return options.usernameClaim === 'email' ? '' : `${options.issuerUrl}#`;
}
