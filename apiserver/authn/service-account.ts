import { legacyIssuer } from '../../pki/legacy-token.ts';
import { goQuote } from '../../object/go-format.ts';
import type { KubeObject } from '../../object/object.ts';
import type { UserInfo } from '../context.ts';
import type { TokenAuthenticator, TokenIdentity } from './authenticator.ts';
import { jose } from './jose.ts';
import { readClaims, type TokenClaims, userOfClaims } from './service-account-claims.ts';
import type { VerificationKey } from '../../pki/token-keys.ts';
import { checkBoundObjects, type ServiceAccountListers } from './service-account-lookup.ts';
import { notesOf, type TokenUses } from './service-account-notes.ts';
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
  /** How tokens are used: each is counted once in ten seconds, as upstream remembers them. */
  observe?: TokenUses;
  /** A token of a secret has been used. */
  onSecretUse?: (secret: KubeObject) => void;
  now?: () => number;
  cacheMax?: number;
}

interface Verified {
  claims: TokenClaims;
  user: UserInfo;
  identities: Map<string, TokenIdentity>;
  /** In milliseconds since 1970. */
  countedAt: number;
}

const countedEveryMs = 10_000;

/** jose counts seconds; upstream's tolerance for clocks that differ. */
const leewaySeconds = 60;

export function makeServiceAccount(options: ServiceAccountOptions): TokenAuthenticator {
  const now = options.now ?? Date.now;
  const issuers = new Set([...options.issuers, legacyIssuer]);
  const cache = new TokenCache<Verified>({ max: options.cacheMax ?? 10_000, now });
  let keysOfCache = options.keys();

  /** In upstream's order: for whom it is, when, and whether all is there. */
  function identify(verified: Verified, token: string, asked: readonly string[]): TokenIdentity {
    const { claims } = verified;
    const wanted = asked.length === 0 ? options.apiAudiences : asked;
    const key = wanted.join(' ');
    let identity = verified.identities.get(key);
    if (identity === undefined) {
      identity = { user: verified.user, audiences: sharedAudiences(claims, wanted, options) };
      if (verified.identities.size < 16) verified.identities.set(key, identity);
    }
    const time = now();
    checkTime(claims, time);
    const use =
      options.listers === undefined
        ? undefined
        : checkBoundObjects(options.listers, claims, token, time);
    if (claims.legacy === undefined && claims.bound?.warnafter === undefined) return identity;
    const count = time - verified.countedAt >= countedEveryMs ? options.observe : undefined;
    if (count !== undefined) verified.countedAt = time;
    if (use !== undefined) options.onSecretUse?.(use.secret);
    return { ...identity, notes: notesOf(claims, use, time, count) };
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
        const verified = {
          claims,
          user: userOfClaims(claims),
          identities: new Map(),
          countedAt: -Infinity,
        };
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
      // its time is looked at after its audiences
      if (error instanceof errors.JWTExpired) return readClaims(error.payload);
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') {
        return readClaims(error.payload);
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
  if (claims.nbf !== undefined && nowMs < (claims.nbf - leewaySeconds) * 1000) {
    throw new Error('service account token is not valid yet');
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
      `token audiences ${goQuoted(held)} is invalid for the target audiences ${goQuoted(wanted)}`,
    );
  }
  return shared;
}

function goQuoted(list: readonly string[]): string {
  return `[${list.map(goQuote).join(' ')}]`;
}
