import type { HeaderList } from './protocol.ts';

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Names that were looked at: the same come with every request. */
const knownNames = new Set<string>();
const namesKept = 1_000;

/**
 * Whether it is a request as RFC 9113, 8.2 and 8.3 have it, and as Go's server takes it, which lets
 * blanks stand around a value and says itself what is wrong with headers of a connection.
 */
export function isRequest(headers: HeaderList): boolean {
  let method = '';
  let path = '';
  let scheme = '';
  let authority = '';
  let host: string | undefined;
  let fields = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name.charCodeAt(0) === 0x3a) {
      if (fields) return false;
      if (name === ':method' && method === '') method = value;
      else if (name === ':path' && path === '') path = value;
      else if (name === ':scheme' && scheme === '') scheme = value;
      else if (name === ':authority' && authority === '') authority = value;
      else return false;
      continue;
    }
    fields = true;
    if (name === 'host') {
      // said once, and nothing else than the authority is
      if (host !== undefined || (authority !== '' && value !== authority)) return false;
      host = value;
    }
    if (!isName(name) || !isValue(value)) return false;
  }
  if (method === '') return false;
  if (method === 'CONNECT') return authority !== '' && path === '' && scheme === '';
  if (scheme !== 'https' && scheme !== 'http') return false;
  return isPath(path) && !authority.includes('@');
}

function isName(name: string): boolean {
  if (knownNames.has(name)) return true;
  if (!token.test(name)) return false;
  if (knownNames.size < namesKept) knownNames.add(name);
  return true;
}

/** No control character but the tab. */
function isValue(value: string): boolean {
  const { length } = value;
  for (let i = 0; i < length; i++) {
    const c = value.charCodeAt(i);
    if ((c < 0x20 && c !== 0x09) || c === 0x7f) return false;
  }
  return true;
}

const badEscape = /^[^?]*%(?![0-9a-fA-F]{2})/;

/** As Go's net/url reads the path of a request. */
function isPath(path: string): boolean {
  if (path.charCodeAt(0) !== 0x2f && path !== '*') return false;
  if (path.includes('\t') || !isValue(path)) return false;
  return !(path.includes('%') && badEscape.test(path));
}

/** What the headers of a request say of the length of its body: of several the first, none if unread. */
export function lengthOf(headers: HeaderList): number | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'content-length') continue;
    const length = headers[i + 1] as string;
    return /^\d{1,15}$/.test(length) ? Number(length) : 0;
  }
  return undefined;
}
