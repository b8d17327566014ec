import { isIP } from 'node:net';
import { parseDuration } from '../../object/duration.ts';
import { durationOfWords } from '../../object/format-duration.ts';

/**
 * String formats of OpenAPI schemas that upstream enforces (kube-openapi strfmt, the formats
 * apiextensions supports). Formats that are not here are not enforced, as upstream.
 */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['bsonobjectid', (s) => /^[0-9a-f]{24}$/i.test(s)],
  ['uri', isUri],
  ['email', (s) => address.test(s)],
  ['hostname', isHostname],
  ['ipv4', (s) => s.includes('.') && familyOf(s) !== 0],
  ['ipv6', (s) => s.includes(':') && familyOf(s) !== 0],
  ['cidr', isCidr],
  ['mac', isMac],
  ['uuid', (s) => uuid('[0-9a-f]', '[0-9a-f]').test(s)],
  ['uuid3', (s) => uuid('3', '[0-9a-f]').test(s)],
  ['uuid4', (s) => uuid('4', '[89ab]').test(s)],
  ['uuid5', (s) => uuid('5', '[89ab]').test(s)],
  ['isbn', (s) => isIsbn10(s) || isIsbn13(s)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', (s) => /^\d{3}[- ]\d{2}[- ]\d{4}$/.test(s)],
  ['hexcolor', (s) => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(s)],
  ['rgbcolor', isRgbColor],
  ['byte', (s) => s !== '' && s.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(s)],
  ['password', () => true],
  ['date', isDate],
  ['date-time', isDateTime],
  ['datetime', isDateTime],
  ['duration', (s) => parseDuration(s) !== undefined || durationOfWords(s) !== undefined],
  ['k8s-short-name', (s) => s.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(s)],
  [
    'k8s-long-name',
    (s) =>
      s.length <= 253 &&
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(s),
  ],
] as [string, (text: string) => boolean][]);

const known = new Set([...formats.keys()].map(undashed));

function undashed(format: string): string {
  return format.replaceAll('-', '');
}

/** Whether upstream holds texts to this format, however it is spelt. */
export function isKnownFormat(format: string): boolean {
  return known.has(undashed(format));
}

const uuids = new Map<string, RegExp>();

function uuid(version: string, variant: string): RegExp {
  const key = version + variant;
  let pattern = uuids.get(key);
  if (pattern === undefined) {
    const hex = '[0-9a-f]';
    pattern = new RegExp(
      `^${hex}{8}-?${hex}{4}-?${version}${hex}{3}-?${variant}${hex}{3}-?${hex}{12}$`,
      'i',
    );
    uuids.set(key, pattern);
  }
  return pattern;
}

/** An absolute path or an absolute URL, as Go's url.ParseRequestURI accepts. */
function isUri(text: string): boolean {
  if (/[\s\p{Cc}]/u.test(text)) return false;
  if (text.startsWith('/')) return true;
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:./.test(text);
}

const hostname =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u;

function isHostname(text: string): boolean {
  // The length comes first: it also bounds what the pattern can cost.
  if (Buffer.byteLength(text) > 255) return false;
  return text.split('.').every((label) => Buffer.byteLength(label) <= 63) && hostname.test(text);
}

/** 4, 6 or 0 for no address; zeros before a number are read as they were by older Go, a zone is not. */
function familyOf(text: string): number {
  if (text.includes('%')) return 0;
  return isIP(/^[\d.]+$/.test(text) ? text.replace(/(^|\.)0+(?=\d)/g, '$1') : text);
}

function isCidr(text: string): boolean {
  const slash = text.lastIndexOf('/');
  const bits = text.slice(slash + 1);
  const family = familyOf(text.slice(0, Math.max(slash, 0)));
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/** As Go's net.ParseMAC: 6, 8 or 20 bytes with colons, hyphens, with a point behind every second, or bare. */
function isMac(text: string): boolean {
  if (/^[0-9a-fA-F]{2}([:-])([0-9a-fA-F]{2}\1)*[0-9a-fA-F]{2}$/.test(text)) {
    return [6, 8, 20].includes((text.length + 1) / 3);
  }
  if (/^[0-9a-fA-F]+$/.test(text)) return [12, 16, 40].includes(text.length);
  return /^([0-9a-fA-F]{4}\.)*[0-9a-fA-F]{4}$/.test(text) && [14, 19, 49].includes(text.length);
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (digits[i] === 'X' ? 10 : Number(digits[i])) * (i + 1);
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 13; i++) sum += Number(digits[i]) * (i % 2 === 0 ? 1 : 3);
  return sum % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '');
  if (digits.length < 12 || digits.length > 19) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isRgbColor(text: string): boolean {
  const part = '\\s*(0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])\\s*';
  return new RegExp(`^rgb\\(${part},${part},${part}\\)$`).test(text);
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const clock = /^(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})$/;

/**
 * RFC 3339 as strfmt takes it: any letter case, any sign before the fraction, any offset, and anything
 * behind a second t.
 */
function isDateTime(text: string): boolean {
  const [date = '', time = ''] = text.toLowerCase().split('t');
  const [, hour = '', minute = '', second = ''] = clock.exec(time) ?? [];
  if (hour === '' || !isDate(date)) return false;
  return hour <= '23' && minute <= '59' && second <= '59';
}

const atomCharacters = "A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10FFFF}\\-";
const dotAtom = `[${atomCharacters}]+(?:\\.[${atomCharacters}]+)*`;
const quotedString = '"(?:[^"\\\\\\x00-\\x1f\\x7f]|\\\\[\\x20-\\x7e])*"';
const addressSpec = `(?:${dotAtom}|${quotedString})@(?:${dotAtom}|\\[[^\\[\\]\\\\]+\\])`;
// one character at a time: nothing to try in two ways
const phrase = `(?:[${atomCharacters}. \\t]|${quotedString})*`;
/** `a@b.c`, `A <a@b.c>`: RFC 5322 as Go's mail.ParseAddress reads it, but for comments. */
const address = new RegExp(`^[ \\t]*(?:${addressSpec}|${phrase}<${addressSpec}>)[ \\t]*$`, 'u');
