import { guessedType, type ResponseHeaders } from '../context.ts';

/**
 * Headers of a response as Go's server writes them: by the canonical form of their names, in whose order
 * they stand, those that the server itself adds behind them.
 */

const canonicalNames = new Map<string, string>();
/** Names of responses are ours, and few. */
const namesMax = 1_000;

/** `etag` is `Etag`: every part begins with a capital, and has no other. */
function canonicalName(name: string): string {
  let canonical = canonicalNames.get(name);
  if (canonical === undefined) {
    canonical = name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    if (canonicalNames.size < namesMax) canonicalNames.set(name, canonical);
  }
  return canonical;
}

/** Names and values by turns, in the form of that version of HTTP. */
export function orderedHeaders(headers: ResponseHeaders, version: 1 | 2): string[] {
  const nameOf = version === 1 ? canonicalName : lowerCase;
  const names = Object.keys(headers);
  names.sort((a, b) => (canonicalName(a) < canonicalName(b) ? -1 : 1));
  const list: string[] = [];
  const date = headers['date'] === undefined ? dateNow() : undefined;
  const inOrder = version === 1 && setsLength(headers);
  for (const name of names) {
    const behind = name === guessedType || (!inOrder && name === 'content-length');
    if (!behind) add(list, nameOf(name), headers[name]);
  }
  const type = headers[guessedType];
  if (version === 1) add(list, 'Date', date);
  else add(list, 'content-type', type);
  if (!inOrder) add(list, nameOf('content-length'), headers['content-length']);
  if (version === 1) add(list, 'Content-Type', type);
  if (version === 2) add(list, 'date', date);
  return list;
}

/**
 * Whether it is not the server that says how long the answer is: files and documents do themselves
 * (http.ServeContent), unless they are packed, and what another server has dated comes as it is.
 */
function setsLength(headers: ResponseHeaders): boolean {
  if (headers['date'] !== undefined) return true;
  return headers['accept-ranges'] !== undefined && headers['content-encoding'] === undefined;
}

const lowerCased = new Map<string, string>();

function lowerCase(name: string): string {
  let lower = lowerCased.get(name);
  if (lower === undefined) {
    lower = name.toLowerCase();
    if (lowerCased.size < namesMax) lowerCased.set(name, lower);
  }
  return lower;
}

function add(list: string[], name: string, value: string | string[] | undefined): void {
  if (typeof value === 'string') list.push(name, value);
  else for (const one of value ?? []) list.push(name, one);
}

let date = '';
let dateUntil = 0;

/** For the header of that name: the same for a second. */
function dateNow(): string {
  const now = Date.now();
  if (now >= dateUntil || now < dateUntil - 1_000) {
    dateUntil = now - (now % 1_000) + 1_000;
    date = new Date(now).toUTCString();
  }
  return date;
}
