import type { HeaderList } from './protocol.ts';

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const forbidden = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
/** Names that were looked at: the same come with every request. */
const knownNames = new Set<string>();
const namesKept = 1_000;

/** Whether it is a request as RFC 9113, 8.2 and 8.3 have it. */
export function isRequest(headers: HeaderList): boolean {
  let method = '';
  let path = '';
  let scheme = '';
  let authority = '';
  let length: string | undefined;
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
    if (!isName(name) || !isValue(value)) return false;
    if (name === 'te' && value !== 'trailers') return false;
    if (name === 'content-length') {
      if (length !== undefined || !/^\d{1,15}$/.test(value)) return false;
      length = value;
    }
  }
  if (method === '') return false;
  return method === 'CONNECT' ? authority !== '' : path !== '' && scheme !== '';
}

function isName(name: string): boolean {
  if (knownNames.has(name)) return true;
  if (!token.test(name) || forbidden.has(name)) return false;
  if (knownNames.size < namesKept) knownNames.add(name);
  return true;
}

/** Neither NUL nor the end of a line, and nothing blank at either end. */
function isValue(value: string): boolean {
  const { length } = value;
  for (let i = 0; i < length; i++) {
    const c = value.charCodeAt(i);
    if (c === 0 || c === 0x0a || c === 0x0d) return false;
  }
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(length - 1);
  return !(first === 0x20 || first === 0x09 || last === 0x20 || last === 0x09);
}

/** What the headers of a request say of the length of its body. */
export function lengthOf(headers: HeaderList): number | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === 'content-length') return Number(headers[i + 1]);
  }
  return undefined;
}
