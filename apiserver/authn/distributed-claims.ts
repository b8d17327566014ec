import { goQuote } from '../../object/go-format.ts';
import type { Fetch } from '../outgoing/fetch.ts';
import { claimedIssuer } from './id-token.ts';
import type { Issuer } from './issuer.ts';
import { goJson, jsonKind } from './signed-token.ts';

/**
 * A claim that the token only names the source of (OpenID Connect Core 1.0, 5.6.2): the source is asked
 * for another token, which holds it. Only the claim of groups is looked for this way.
 */
export interface ClaimResolver {
  /** Gives the claims with that claim in its place; rejects when it cannot be had. */
  expand(claims: Claims): Promise<Claims>;
  close(): void;
}

export type Claims = Record<string, unknown>;

/** There are few, and who names one must have been trusted before. */
const issuersMax = 64;

export function makeClaimResolver(options: {
  claim: string;
  fetch: Fetch;
  issuer(url: string): Issuer;
}): ClaimResolver {
  const { claim, fetch } = options;
  const issuers = new Map<string, Issuer>();

  function issuerOf(url: string): Issuer {
    let issuer = issuers.get(url);
    if (issuer === undefined) {
      if (issuers.size >= issuersMax) {
        const [oldest] = issuers.keys();
        issuers.get(oldest as string)?.close();
        issuers.delete(oldest as string);
      }
      issuer = options.issuer(url);
      issuers.set(url, issuer);
    }
    if (issuer.unready() === undefined) return issuer;
    throw new Error(`verifier not initialized for issuer: ${goQuote(url)}`);
  }

  async function resolve({ endpoint, access_token: token }: Source): Promise<unknown> {
    const held = await get(fetch, endpoint, token).catch((error: Error) => {
      throw new Error(`while getting distributed claim ${goQuote(claim)}: ${error.message}`, {
        cause: error,
      });
    });
    const url = claimedIssuer(held);
    if (url instanceof Error) {
      throw new Error(
        `getting untrusted issuer from endpoint ${endpoint} failed for claim ${goQuote(claim)}: ${url.message}`,
      );
    }
    let issuer: Issuer;
    try {
      issuer = issuerOf(url);
    } catch (error) {
      throw new Error(`verifying untrusted issuer ${url} failed: ${(error as Error).message}`, {
        cause: error,
      });
    }
    const payload = await issuer.verify(held).catch((error: Error) => {
      throw new Error(`verify distributed claim token: ${error.message}`, { cause: error });
    });
    const claims = goJson(payload.toString('utf8')) as Claims;
    if (Object.hasOwn(claims, claim)) return claims[claim];
    throw new Error(
      `jwt returned by distributed claim endpoint ${goQuote(endpoint)} did not contain claim: ${claim}`,
    );
  }

  return {
    async expand(claims) {
      const source = Object.hasOwn(claims, claim) ? undefined : sourceOf(claims, claim);
      if (source === undefined || source.endpoint === '') return claims;
      return { ...claims, [claim]: await resolve(source) };
    },
    close() {
      for (const issuer of issuers.values()) issuer.close();
    },
  };
}

interface Source {
  endpoint: string;
  access_token: string;
}

/** Undefined where the token names no source of the claim. */
function sourceOf(claims: Claims, claim: string): Source | undefined {
  if (!Object.hasOwn(claims, '_claim_names')) return undefined;
  const names = claims['_claim_names'] as Record<string, string> | null;
  if (!Object.hasOwn(claims, '_claim_sources')) throw new Error('oidc: no claim sources');
  const sources = claims['_claim_sources'] as Record<string, Record<string, unknown>> | null;
  if (names === null || !Object.hasOwn(names, claim)) return undefined;
  const name = names[claim] as string;
  const source = sources?.[name];
  if (source === undefined) {
    throw new Error(`id token _claim_names contained a source ${name} missing in _claims_sources`);
  }
  const { endpoint = '', access_token = '' } = source ?? {};
  for (const [field, value] of Object.entries({ endpoint, access_token })) {
    if (typeof value === 'string') continue;
    throw new Error(
      `oidc: could not parse claim sources: json: cannot unmarshal ${jsonKind(value)} into Go struct field endpoint.${field} of type string`,
    );
  }
  return { endpoint: endpoint as string, access_token: access_token as string };
}

async function get(fetch: Fetch, url: string, token: string): Promise<string> {
  const {
    status,
    reason,
    text: body,
  } = await fetch(url, token === '' ? {} : { authorization: `Bearer ${token}` }).catch(
    (error: Error) => {
      // a request that cannot be made at all is told so
      if (!error.message.startsWith('parse ')) throw error;
      throw new Error(`while calling ${url}: ${error.message}`, { cause: error });
    },
  );
  if (status >= 200 && status <= 226) return body;
  throw new Error(`error while getting distributed claim JWT: ${status} ${reason}`);
}
