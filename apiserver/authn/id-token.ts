import { goQuote } from '../../object/go-format.ts';
import { goJson, jsonKind, rawUrlBytes } from './signed-token.ts';

/**
 * What OpenID Connect itself says of the claims of an ID token, checked before its signature is: in the
 * order and the words of go-oidc v2, which decodes them by Go's rules (names in any case, a text where a
 * number is due).
 */
export interface IdToken {
  issuer: string;
  audiences: readonly string[];
  /** Seconds since 1970; undefined is Go's zero time. */
  expires: number | undefined;
  notBefore: number | undefined;
}

const google = 'https://accounts.google.com';

/** Whose token it claims to be; undefined for what is no JWT. Nothing is verified yet. */
export function untrustedIssuer(token: string): string | undefined {
  const issuer = claimedIssuer(token);
  return issuer instanceof Error ? undefined : issuer;
}

/** The same, with why not. */
export function claimedIssuer(token: string): string | Error {
  if (token.trimStart().startsWith('{')) return new Error('token is not compact JWT');
  const parts = token.split('.');
  if (parts.length !== 3) return new Error('malformed token');
  let bytes: Buffer;
  try {
    bytes = rawUrlBytes(parts[1] as string);
  } catch (error) {
    return new Error(`error decoding token: ${(error as Error).message}`);
  }
  try {
    const { iss = '' } = decode(goJson(bytes.toString('utf8')), { iss: text });
    return iss === 'accounts.google.com' ? google : (iss as string);
  } catch (error) {
    return new Error(`while unmarshaling token: ${(error as Error).message}`);
  }
}

type Field = (value: unknown, name: string) => unknown;

function wrongType(value: unknown, name: string, type: string): Error {
  return new Error(
    `json: cannot unmarshal ${jsonKind(value)} into Go struct field idToken.${name} of type ${type}`,
  );
}

const text: Field = (value, name) => {
  if (typeof value !== 'string') throw wrongType(value, name, 'string');
  return value;
};

const texts: Field = (value, name) => {
  if (typeof value === 'string') return [value];
  if (value === null) return [''];
  if (!Array.isArray(value)) throw wrongType(value, name, '[]string');
  return value.map((item: unknown) => (item === null ? '' : text(item, name)));
};

/** Seconds, as a number or as the text of one. */
const time: Field = (value, name) => {
  if (value === null) throw new Error('strconv.ParseFloat: parsing "": invalid syntax');
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value !== 'string') throw wrongType(value, name, 'json.Number');
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)) return Math.trunc(Number(value));
  throw new Error(
    `json: invalid number literal, trying to unmarshal ${goQuote(JSON.stringify(value))} into Number`,
  );
};

const map =
  (item: Field, type: string): Field =>
  (value, name) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(value, name, type);
    const entries = Object.entries(value as Record<string, unknown>);
    return Object.fromEntries(
      entries.map(([key, one]) => [key, one === null ? '' : item(one, name)]),
    );
  };

const source: Field = (value, name) => {
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw wrongType(value, name, 'oidc.claimSource');
  }
  return value;
};

const fields: Readonly<Record<string, Field>> = {
  iss: text,
  sub: text,
  aud: texts,
  exp: time,
  iat: time,
  nbf: time,
  nonce: text,
  at_hash: text,
  _claim_names: map(text, 'map[string]string'),
  _claim_sources: map(source, 'map[string]oidc.claimSource'),
};

/** Null leaves a field as it is, but for those with a decoder of their own. */
const takesNull = new Set(['aud', 'exp', 'iat']);

function decode(content: unknown, known: Readonly<Record<string, Field>>): Record<string, unknown> {
  if (content === null) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new Error(
      `json: cannot unmarshal ${jsonKind(content)} into Go value of type oidc.idToken`,
    );
  }
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    const name = key.toLowerCase();
    const field = known[name];
    if (field === undefined || (value === null && !takesNull.has(name))) continue;
    out[name] = field(value, name);
  }
  return out;
}

/** Throws for what is no ID token. */
export function readIdToken(payload: Buffer): IdToken {
  let claims: Record<string, unknown>;
  try {
    claims = decode(goJson(payload.toString('utf8')), fields);
  } catch (error) {
    throw new Error(`oidc: failed to unmarshal claims: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const sources = (claims['_claim_sources'] ?? {}) as object;
  for (const name of Object.values((claims['_claim_names'] ?? {}) as Record<string, string>)) {
    if (name === '') throw new Error('oidc: failed to obtain source from claim name');
    if (!Object.hasOwn(sources, name)) throw new Error('oidc: source does not exist');
  }
  return {
    issuer: (claims['iss'] ?? '') as string,
    audiences: (claims['aud'] ?? []) as string[],
    expires: claims['exp'] as number | undefined,
    notBefore: claims['nbf'] as number | undefined,
  };
}

/** Of the clock of whoever issued it. */
const leewaySeconds = 60;
const int64Max = 2 ** 63;

/** Throws for a token that is not good now. `now` in milliseconds. */
export function checkTimes({ expires, notBefore }: IdToken, now: number): void {
  const seconds = now / 1000;
  // what is no int64 wraps round there, to a time long past
  if (expires === undefined || expires < seconds || expires >= int64Max) {
    throw new Error(`oidc: token is expired (Token Expiry: ${timeText(expires)})`);
  }
  if (notBefore !== undefined && seconds + leewaySeconds < notBefore) {
    throw new Error(
      `oidc: current time ${timeText(seconds)} before the nbf (not before) time: ${timeText(notBefore)}`,
    );
  }
}

function timeText(seconds: number | undefined): string {
  if (seconds === undefined) return '0001-01-01 00:00:00 +0000 UTC';
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s`;
  const [day = '', clock = ''] = date.toISOString().split('T');
  const fraction = clock.slice(8, -1).replace(/\.?0+$/, '');
  return `${day} ${clock.slice(0, 8)}${fraction} +0000 UTC`;
}

/** Texts as Go's %q prints a list of them. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map(goQuote).join(' ')}]`;
}
