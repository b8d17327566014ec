import { goQuote } from '../../object/go-format.ts';
import type { Fetch } from '../outgoing/fetch.ts';
import { checkTimes, quotedList, readIdToken } from './id-token.ts';
import { type IssuerKeys, jsonBody, makeIssuerKeys } from './issuer-keys.ts';
import { jsonKind, parseSignedToken } from './signed-token.ts';

/**
 * Somebody who signs tokens: found out about by its discovery document as soon as the server starts and
 * every ten seconds until that works. Until then its tokens are refused.
 */
export interface Issuer {
  /** Why it cannot be asked yet; undefined when it can. */
  unready(): string | undefined;
  /** Gives the payload; rejects for a token that is not its own and good now. Only when ready. */
  verify(token: string): Promise<Buffer>;
  close(): void;
}

export interface IssuerOptions {
  url: string;
  /** Where the discovery document is, when it is not below the URL. */
  discoveryUrl?: string | undefined;
  /** One of them must be the token's. */
  audiences: readonly string[];
  algorithms: readonly string[];
  fetch: Fetch;
  now?: (() => number) | undefined;
  onFetched?: ((keySet: string | undefined) => void) | undefined;
  /** Why a look at the discovery document was for nothing. */
  onFailed?: ((error: Error) => void) | undefined;
}

const againMs = 10_000;

export function makeIssuer(options: IssuerOptions): Issuer {
  const { url, fetch, now = Date.now, onFetched } = options;
  let keys: IssuerKeys | undefined;
  let why = `oidc: authenticator for issuer ${goQuote(url)} is not initialized`;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function discover(): Promise<void> {
    try {
      const keysUrl = await discovered(options);
      if (closed) return;
      keys = makeIssuerKeys({ url: keysUrl, fetch, now, onFetched });
    } catch (error) {
      if (closed) return;
      why = (error as Error).message;
      options.onFailed?.(error as Error);
      timer = setTimeout(() => void discover(), againMs);
      timer.unref();
    }
  }
  void discover();

  return {
    unready: () => (keys === undefined ? why : undefined),
    async verify(token) {
      const signed = parse(token);
      const claims = readIdToken(signed.payload);
      checkAudience(claims.audiences, options.audiences);
      checkTimes(claims, now());
      const { algorithms } = options;
      if (!algorithms.includes(signed.algorithm)) {
        throw new Error(
          `oidc: id token signed with unsupported algorithm, expected ${quotedList(algorithms)} got ${goQuote(signed.algorithm)}`,
        );
      }
      await (keys as IssuerKeys).verify(signed).catch((error: Error) => {
        throw new Error(`failed to verify signature: ${error.message}`, { cause: error });
      });
      checkAudiences(claims.audiences, options.audiences);
      return signed.payload;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function parse(token: string): ReturnType<typeof parseSignedToken> {
  try {
    return parseSignedToken(token);
  } catch (error) {
    throw new Error(`oidc: malformed jwt: ${(error as Error).message}`, { cause: error });
  }
}

/** A single audience is looked at before the signature is, one of several behind it. */
function checkAudience(held: readonly string[], accepted: readonly string[]): void {
  const [only = ''] = accepted;
  if (accepted.length > 1 || held.includes(only)) return;
  throw new Error(`oidc: expected audience ${goQuote(only)} got ${quotedList(held)}`);
}

function checkAudiences(held: readonly string[], accepted: readonly string[]): void {
  if (accepted.some((one) => held.includes(one))) return;
  const wanted = quotedList([...new Set(accepted)].toSorted());
  throw new Error(`oidc: expected audience in ${wanted} got ${quotedList(held)}`);
}

/** Where the keys are. */
async function discovered({ url, discoveryUrl, fetch }: IssuerOptions): Promise<string> {
  const answer = await fetch(
    discoveryUrl ?? `${url.replace(/\/$/, '')}/.well-known/openid-configuration`,
  );
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.reason}: ${answer.text}`);
  let document: { issuer?: string; jwks_uri?: string } | null;
  try {
    document = jsonBody(answer, providerText) as typeof document;
  } catch (error) {
    throw new Error(
      `oidc: failed to decode provider discovery object: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const { issuer = '', jwks_uri: keysUrl = '' } = document ?? {};
  if (issuer !== url) {
    throw new Error(
      `oidc: issuer did not match the issuer returned by provider, expected ${goQuote(url)} got ${goQuote(issuer)}`,
    );
  }
  if (keysUrl === '') throw new Error('provider did not return JWKS URL');
  return keysUrl;
}

const documentTexts = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
];

/** Throws for a document with something else where a text is due. */
function providerText(content: unknown): void {
  if (content === null) return;
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new Error(
      `json: cannot unmarshal ${jsonKind(content)} into Go value of type oidc.providerJSON`,
    );
  }
  for (const [name, value] of Object.entries(content)) {
    if (!documentTexts.includes(name) || typeof value === 'string' || value === null) continue;
    throw new Error(
      `json: cannot unmarshal ${jsonKind(value)} into Go struct field providerJSON.${name} of type string`,
    );
  }
}
