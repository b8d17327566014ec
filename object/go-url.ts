import { goQuote } from './go-format.ts';
import { addressFault } from './address-faults.ts';

/** A URL as Go's net/url takes it apart. */
export interface GoUrl {
  scheme: string;
  /** With its port, brackets around IPv6. */
  host: string;
  /** Escapes as they were written. */
  path: string;
  query: string;
}

/**
 * Of a request: no fragment is looked for, and what has no scheme begins with a slash.
 *
 * @throws Error Go's words, without `parse "…":`
 */
export function parseRequestUrl(text: string): GoUrl {
  return parse(text, true);
}

/** @throws Error as {@link parseRequestUrl} */
export function parseUrl(text: string): GoUrl {
  const [before = '', ...fragment] = text.split('#');
  const url = parse(before, false);
  checkEscapes(fragment.join('#'));
  return url;
}

function parse(text: string, isRequest: boolean): GoUrl {
  if (/[^\P{Cc}\u0080-\u009f]/u.test(text)) {
    throw new Error('net/url: invalid control character in URL');
  }
  if (text === '' && isRequest) throw new Error('empty url');
  if (text === '*') return { scheme: '', host: '', path: '*', query: '' };
  const { scheme, rest } = schemeOf(text);
  const mark = rest.indexOf('?');
  const way = mark < 0 ? rest : rest.slice(0, mark);
  const query = mark < 0 ? '' : rest.slice(mark + 1);
  if (!way.startsWith('/')) {
    // what follows is for the scheme to tell
    if (scheme !== '') return { scheme, host: '', path: '', query };
    if (isRequest) throw new Error('invalid URI for request');
    if (way.split('/')[0]?.includes(':')) {
      throw new Error('first path segment in URL cannot contain colon');
    }
  }
  const hasHost = scheme !== '' || (!isRequest && !way.startsWith('///'));
  const [, authority, path = way] =
    (hasHost && way.startsWith('//') ? /^\/\/([^/]*)(.*)$/s.exec(way) : null) ?? [];
  const host = authority === undefined ? '' : hostOf(scheme, authority);
  checkEscapes(path);
  return { scheme, host, path, query };
}

function schemeOf(text: string): { scheme: string; rest: string } {
  if (text.startsWith(':')) throw new Error('missing protocol scheme');
  const [all = '', scheme = ''] = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text) ?? [];
  return { scheme: scheme.toLowerCase(), rest: text.slice(all.length) };
}

const malformed = /%(?![0-9a-fA-F]{2})[^]{0,2}/;
const escapeBytes = 3;

function checkEscapes(text: string): void {
  const escape = malformed.exec(text)?.[0];
  if (escape === undefined) return;
  const shown = Buffer.from(escape).subarray(0, escapeBytes).toString();
  throw new Error(`invalid URL escape ${goQuote(shown)}`);
}

function hostOf(scheme: string, authority: string): string {
  const at = authority.lastIndexOf('@');
  const host = checkHost(scheme, authority.slice(at + 1));
  if (at < 0) return host;
  const user = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw new Error('net/url: invalid userinfo');
  checkEscapes(user);
  return host;
}

function checkHost(scheme: string, host: string): string {
  const open = host.lastIndexOf('[');
  if (open > 0) throw new Error('invalid IP-literal');
  if (open === 0) return checkLiteral(host);
  const first = host.indexOf(':');
  if (first >= 0) {
    const strict = scheme === 'http' || scheme === 'https';
    checkPort(host.slice(strict ? first : host.lastIndexOf(':')));
  }
  return hostUnescaped(host);
}

function checkLiteral(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) throw new Error("missing ']' in host");
  const port = host.slice(close + 1);
  checkPort(port);
  const inner = host.slice(1, close);
  const zone = inner.indexOf('%25');
  const address =
    zone < 0
      ? hostUnescaped(inner)
      : `${hostUnescaped(inner.slice(0, zone))}${unescaped(inner.slice(zone))}`;
  const fault = addressFault(address);
  if (fault !== undefined) throw new Error(`invalid host: ${fault}`);
  if (!address.includes(':')) throw new Error('invalid IP-literal');
  return `[${address}]${port}`;
}

function checkPort(port: string): void {
  if (!/^(?::[0-9]*)?$/.test(port)) throw new Error(`invalid port ${goQuote(port)} after host`);
}

/** Only letters outside of ASCII may be escaped in a host. */
function hostUnescaped(host: string): string {
  for (const [found] of host.matchAll(/%[^]{0,2}|[^]/g)) {
    if (found.startsWith('%')) {
      checkEscapes(found);
      if (/^%[0-7]/.test(found) && found !== '%25') {
        throw new Error(`invalid URL escape ${goQuote(found)}`);
      }
    } else if (found < '\u0080' && !/[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/.test(found)) {
      throw new Error(`invalid character ${goQuote(found)} in host name`);
    }
  }
  return unescaped(host);
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = [...Buffer.from(text)];
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const isEscape = bytes[i] === 0x25;
    out.push(
      isEscape
        ? Number.parseInt(Buffer.from(bytes.slice(i + 1, i + 3)).toString(), 16)
        : (bytes[i] ?? 0),
    );
    if (isEscape) i += 2;
  }
  return Buffer.from(out).toString();
}

/** The path as it may stand in a URL: as it was written where that is possible. */
export function escapedPath({ path }: GoUrl): string {
  if (/^(?:[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/]|%[0-9a-fA-F]{2})*$/.test(path)) return path;
  return [...Buffer.from(unescaped(path))]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      if (/[A-Za-z0-9\-_.~$&+,/:;=@]/.test(letter)) return letter;
      return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** Values by their names; what cannot be read is left out. */
export function queryOf({ query }: GoUrl): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';') || malformed.test(part)) continue;
    const at = part.indexOf('=');
    const [name, value] = (at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]).map(
      (one) => unescaped(one.replaceAll('+', ' ')),
    ) as [string, string];
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return Object.fromEntries(values);
}
