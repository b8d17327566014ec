import { canonicalQuantity } from '../object/quantity.ts';

/**
 * Strings with a form of their own, as Go reads and writes them: times, quantities, base64. Each
 * function gives the canonical text, or throws a {@link ScalarError} in Go's words.
 */
export class ScalarError extends Error {}

const layout = '2006-01-02T15:04:05Z07:00';
const microLayout = '2006-01-02T15:04:05.000000Z07:00';
const timePattern =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const canonicalTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const daysIn = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** RFC 3339 in UTC and whole seconds; a fraction is cut. */
export function canonicalDateTime(text: string): string {
  const date = parseTime(text, layout);
  return canonicalTime.test(text) ? text : `${date.toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 in UTC with exactly six digits of fraction, which must also be there on the way in. */
export function canonicalMicroTime(text: string): string {
  const date = parseTime(text, microLayout);
  const fraction = timePattern.exec(text)?.[7] ?? '';
  if (fraction.length !== 6)
    throw new ScalarError(cannotParse(text, microLayout, text.slice(19), '.000000'));
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`;
}

function parseTime(text: string, wanted: string): Date {
  const parts = timePattern.exec(text);
  if (parts === null) throw new ScalarError(whereTimeBreaks(text, wanted));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map(Number);
  const range = outOfRange(year, month, day, hour, minute, second);
  if (range !== undefined)
    throw new ScalarError(`parsing time ${quoted(text)}: ${range} out of range`);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (parts[8] === undefined) return date;
  const offset = Number(parts[9]) * 60 + Number(parts[10]);
  return new Date(date.getTime() - (parts[8] === '-' ? -1 : 1) * offset * 60_000);
}

function outOfRange(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): string | undefined {
  if (month < 1 || month > 12) return 'month';
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day < 1 || day > (daysIn[month - 1] ?? 0) + (leap ? 1 : 0)) return 'day';
  if (hour > 23) return 'hour';
  if (minute > 59) return 'minute';
  return second > 59 ? 'second' : undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function cannotParse(text: string, wanted: string, rest: string, element: string): string {
  return `parsing time ${quoted(text)} as ${quoted(wanted)}: cannot parse ${quoted(rest)} as ${quoted(element)}`;
}

/** Go names the first element of its layout that does not fit, and what is left of the text there. */
function whereTimeBreaks(text: string, wanted: string): string {
  const elements: [RegExp, string][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d\d/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    [/^\d\d(?:[.,]\d+)?/, '05'],
    [/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00'],
  ];
  let rest = text;
  for (const [pattern, element] of elements) {
    const found = pattern.exec(rest);
    if (found === null) return cannotParse(text, wanted, rest, element);
    rest = rest.slice(found[0].length);
  }
  return `parsing time ${quoted(text)}: extra text: ${quoted(rest)}`;
}

/** `1000m` is `1`, `0.5` is `500m`: upstream writes every quantity back in its canonical form. */
export function canonicalQuantityText(value: string | number): string {
  try {
    return canonicalQuantity(value);
  } catch (error) {
    throw new ScalarError((error as Error).message);
  }
}

/** Standard base64 with padding; line breaks are allowed and dropped. */
export function canonicalBase64(text: string): string {
  if (base64Pattern.test(text)) {
    return text.endsWith('=') ? Buffer.from(text, 'base64').toString('base64') : text;
  }
  const joined = text.replace(/[\r\n]/g, '');
  if (base64Pattern.test(joined)) return Buffer.from(joined, 'base64').toString('base64');
  throw new ScalarError(`illegal base64 data at input byte ${illegalAt(text)}`);
}

/** Where Go's decoder (encoding/base64) stops: groups of four, behind padding nothing but line breaks. */
function illegalAt(text: string): number {
  let inGroup = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (isLineBreak(character)) continue;
    if (character !== '=') {
      if (!base64Character.test(character)) return at;
      inGroup = (inGroup + 1) % 4;
      continue;
    }
    if (inGroup < 2) return at;
    let next = behindBreaks(text, at + 1);
    if (inGroup === 2) {
      if (next === text.length) return next;
      if (text.charAt(next) !== '=') return next - 1;
      next = behindBreaks(text, next + 1);
    }
    return next;
  }
  return text.length - inGroup;
}

const base64Character = /[A-Za-z0-9+/]/;

function isLineBreak(character: string): boolean {
  return character === '\n' || character === '\r';
}

function behindBreaks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isLineBreak(text.charAt(at))) at++;
  return at;
}
