import type { UserInfo } from '../context.ts';
import type { TokenAuthenticator, TokenIdentity } from './authenticator.ts';
import { jose } from './jose.ts';
import {
  legacyIssuer,
  readClaims,
  type TokenClaims,
  userOfClaims,
} from './service-account-claims.ts';
import type { VerificationKey } from './service-account-keys.ts';
import { checkBoundObjects, type ServiceAccountListers } from './service-account-lookup.ts';
import { TokenCache } from './token-cache.ts';
import { tokenHash } from './token-hash.ts';

/**
 * Service account tokens: signature and issuer once per token, existence of what it is bound to on
 * every request. Source: pkg/serviceaccount jwt.go.
 */
export interface ServiceAccountOptions {
  /** `--service-account-key-file`; the same array until it is reloaded. */
  keys: () => readonly VerificationKey[];
  /** `--service-account-issuer`, all accepted ones. */
  issuers: readonly string[];
  /** `--api-audiences`. */
  apiAudiences: readonly string[];
  /** `--service-account-lookup`: undefined trusts the claims alone. */
  listers?: ServiceAccountListers;
  now?: () => number;
  cacheMax?: number;
}

interface Verified {
  claims: TokenClaims;
  user: UserInfo;
  identities: Map<string, TokenIdentity>;
}

/** jose counts seconds; upstream's tolerance for clocks that differ. */
const leewaySeconds = 60;

export function makeServiceAccount(options: ServiceAccountOptions): TokenAuthenticator {
  const now = options.now ?? Date.now;
  const issuers = new Set([...options.issuers, legacyIssuer]);
  const cache = new TokenCache<Verified>({ max: options.cacheMax ?? 10_000, now });
  let keysOfCache = options.keys();

  function identify(verified: Verified, token: string, asked: readonly string[]) {
    const { claims } = verified;
    checkTime(claims, now());
    if (options.listers !== undefined) checkBoundObjects(options.listers, claims, token, now());
    const wanted = asked.length === 0 ? options.apiAudiences : asked;
    const key = wanted.join(' ');
    let identity = verified.identities.get(key);
    if (identity === undefined) {
      identity = { user: verified.user, audiences: sharedAudiences(claims, wanted, options) };
      if (verified.identities.size < 16) verified.identities.set(key, identity);
    }
    return identity;
  }

  return {
    name: 'service-account',
    authenticateToken(token, asked, key = tokenHash(token)) {
      const keys = options.keys();
      if (keys !== keysOfCache) {
        cache.clear();
        keysOfCache = keys;
      }
      const known = cache.get(key);
      if (known !== undefined) return identify(known, token, asked);
      if (!issuers.has(issuerOf(token) ?? '')) return undefined;
      return verify(token, keys, now()).then((claims) => {
        const verified = { claims, user: userOfClaims(claims), identities: new Map() };
        const expires = claims.exp === undefined ? Infinity : (claims.exp + leewaySeconds) * 1000;
        if (keys === keysOfCache) cache.set(key, verified, expires);
        return identify(verified, token, asked);
      });
    },
  };
}

/** The issuer as claimed, not verified: only to tell whose token this is. */
function issuerOf(token: string): string | undefined {
  if (token.split('.').length !== 3) return undefined;
  try {
    return jose().decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** A token that names its key is tried with that one; an unknown name means any of them. */
async function verify(
  token: string,
  keys: readonly VerificationKey[],
  now: number,
): Promise<TokenClaims> {
  const { decodeProtectedHeader, errors, jwtVerify } = jose();
  const { kid } = decodeProtectedHeader(token);
  const named = keys.filter((key) => key.id === kid);
  let failure: unknown = new Error('no service account key is configured');
  for (const key of named.length > 0 ? named : keys) {
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: [key.algorithm],
        clockTolerance: leewaySeconds,
        currentDate: new Date(now),
      });
      return readClaims(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw new Error('service account token has expired', { cause: error });
      }
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') {
        throw new Error('service account token is not valid yet', { cause: error });
      }
      failure = error;
    }
  }
  throw failure;
}

function checkTime(claims: TokenClaims, nowMs: number): void {
  if (claims.exp !== undefined && nowMs > (claims.exp + leewaySeconds) * 1000) {
    throw new Error('service account token has expired');
  }
}

/** Legacy tokens carry none and are good for the API server only. */
function sharedAudiences(
  claims: TokenClaims,
  wanted: readonly string[],
  options: ServiceAccountOptions,
): string[] {
  const held =
    claims.legacy !== undefined && claims.aud.length === 0 ? options.apiAudiences : claims.aud;
  const shared = wanted.filter((audience) => held.includes(audience));
  if (wanted.length > 0 && shared.length === 0) {
    throw new Error(
      `token audiences ${JSON.stringify(held)} is invalid for the target audiences ${JSON.stringify(wanted)}`,
    );
  }
  return shared;
}
