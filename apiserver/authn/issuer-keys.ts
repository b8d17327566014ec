import {
  goJson,
  type IssuerKey,
  isSignedWith,
  jsonKind,
  parseIssuerKey,
  type SignedToken,
} from './signed-token.ts';
import type { Answer } from '../outgoing/answer.ts';
import type { Fetch } from '../outgoing/fetch.ts';

/**
 * The keys of an issuer, by the URL of its discovery document: kept, and asked for again when a token's
 * signature fits none of them and what the answer said of caching does not forbid it (go-oidc v2).
 */
export interface IssuerKeys {
  /** Rejects with why it is not signed by the issuer. */
  verify(token: SignedToken): Promise<void>;
}

/** Keys that expire sooner than this are asked for again already. */
const expiryDeltaMs = 30_000;

export function makeIssuerKeys(options: {
  url: string;
  fetch: Fetch;
  now: () => number;
  /** Each look at the key set; the text of one that can be used. */
  onFetched?: ((keySet: string | undefined) => void) | undefined;
}): IssuerKeys {
  const { url, fetch, now, onFetched } = options;
  let keys: readonly IssuerKey[] = [];
  let expires = 0;
  let asking: Promise<readonly IssuerKey[]> | undefined;

  async function ask(): Promise<readonly IssuerKey[]> {
    const answer = await fetch(url).catch((error: Error) => {
      const what = error.message.startsWith('parse ') ? "can't create request:" : 'get keys failed';
      throw new Error(`oidc: ${what} ${error.message}`, { cause: error });
    });
    const { status, reason, text: body } = answer;
    if (status !== 200) throw new Error(`oidc: get keys failed: ${status} ${reason} ${body}`);
    try {
      keys = keysOf(jsonBody(answer, keysOf));
    } catch (error) {
      throw new Error(`oidc: failed to decode keys: ${(error as Error).message} ${body}`, {
        cause: error,
      });
    }
    expires = Math.max(now(), expiryOf(answer.headers, now()));
    onFetched?.(body);
    return keys;
  }

  /** One question at a time, for all who wait. */
  function again(): Promise<readonly IssuerKey[]> {
    asking ??= ask()
      .catch((error: Error) => {
        onFetched?.(undefined);
        throw error;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  return {
    async verify(token) {
      if (fits(token, keys)) return;
      if (now() + expiryDeltaMs <= expires) throw unsigned();
      const found = await again().catch((error: Error) => {
        throw new Error(`fetching keys ${error.message}`, { cause: error });
      });
      if (!fits(token, found)) throw unsigned();
    },
  };
}

const unsigned = () => new Error('failed to verify id token signature');

function fits(token: SignedToken, keys: readonly IssuerKey[]): boolean {
  return keys.some(
    ({ keyId, key }) =>
      (token.keyId === '' || keyId === token.keyId) &&
      key !== undefined &&
      isSignedWith(token, key),
  );
}

/** The JSON of an answer, as far as `read` can use it; a refusal tells the type the answer claims. */
export function jsonBody(
  { headers, text: body }: Answer,
  read: (content: unknown) => unknown,
): unknown {
  try {
    const content = goJson(body);
    read(content);
    return content;
  } catch (error) {
    const type = String(headers['content-type'] ?? '');
    const why = (error as Error).message;
    const isJson = type.split(';')[0]?.trim().toLowerCase() === 'application/json';
    throw new Error(
      isJson
        ? `got Content-Type = application/json, but could not unmarshal as JSON: ${why}`
        : `expected Content-Type = application/json, got ${JSON.stringify(type)}: ${why}`,
      { cause: error },
    );
  }
}

function keysOf(content: unknown): IssuerKey[] {
  if (content === null) return [];
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new Error(
      `json: cannot unmarshal ${jsonKind(content)} into Go value of type jose.JSONWebKeySet`,
    );
  }
  const { keys } = content as { keys?: unknown };
  if (keys === undefined || keys === null) return [];
  if (Array.isArray(keys)) return keys.map(parseIssuerKey);
  throw new Error(
    `json: cannot unmarshal ${jsonKind(keys)} into Go struct field JSONWebKeySet.keys of type []jose.JSONWebKey`,
  );
}

const dayMs = 86_400_000;

/** Until when an answer may be kept by those who share it (RFC 9111, 4.2), in milliseconds since 1970. */
function expiryOf(headers: Answer['headers'], now: number): number {
  const directives = String(headers['cache-control'] ?? '');
  const seconds =
    /(?:^|[\s,])s-maxage="?(\d+)/i.exec(directives) ??
    /(?:^|[\s,])max-age="?(\d+)/i.exec(directives);
  if (seconds !== null) return now + Number(seconds[1]) * 1000;
  const time = (name: string) => Date.parse(String(headers[name] ?? ''));
  const [expires, date, modified] = [time('expires'), time('date'), time('last-modified')];
  if (!Number.isNaN(expires)) return now + expires - (Number.isNaN(date) ? now : date);
  return Number.isNaN(modified) ? now : now + Math.min((now - modified) / 10, dayMs);
}
