import { format } from './text-format.ts';
import type { Functions } from './run/functions.ts';
import { patternOf } from './run/patterns.ts';

/**
 * Strings (cel-go common/types/string.go and its strings extension, k8s.io/apiserver cel/library
 * regex.go). Positions are those of code points. Patterns run in linear time, in RE2's language.
 */

/** What the language itself has. */
export function registerTextMatches(functions: Functions): void {
  const matches = (text: string, pattern: string): boolean => patternOf(pattern).test(text);
  functions
    .add('matches(string, string)', matches)
    .add('.matches(string, string)', matches)
    .add('.contains(string, string)', (text: string, part: string) => text.includes(part))
    .add('.startsWith(string, string)', (text: string, part: string) => text.startsWith(part))
    .add('.endsWith(string, string)', (text: string, part: string) => text.endsWith(part));
}

export function registerTextFunctions(functions: Functions): void {
  const find = (text: string, pattern: string, most = Number.POSITIVE_INFINITY): string[] => {
    try {
      return patternOf(pattern).find(text, most);
    } catch (error) {
      throw new Error(`Illegal regex: ${(error as Error).message}`, { cause: error });
    }
  };
  functions
    .add(
      '.find(string, string)',
      (text: string, pattern: string) => find(text, pattern, 1)[0] ?? '',
    )
    .add('.findAll(string, string)', (text: string, pattern: string) => find(text, pattern))
    .add('.findAll(string, string, int)', (text: string, pattern: string, most: bigint) =>
      find(text, pattern, most < 0n ? Number.POSITIVE_INFINITY : Number(most)),
    )
    .add('.format(string, list)', format)
    .add('strings.quote(string)', quoted)
    .add('jsonpatch.escapeKey(string)', (key: string) =>
      key.replaceAll('~', '~0').replaceAll('/', '~1'),
    );
  registerParts(functions);
  registerChanges(functions);
}

function outOfRange(at: bigint): Error {
  return new Error(`index out of range: ${at}`);
}

function registerParts(functions: Functions): void {
  functions
    .add('.charAt(string, int)', (text: string, at: bigint) => {
      const letters = [...text];
      if (at < 0n || at > letters.length) throw outOfRange(at);
      return letters[Number(at)] ?? '';
    })
    .add('.substring(string, int)', (text: string, from: bigint) => {
      const letters = [...text];
      if (from < 0n || from > letters.length) throw outOfRange(from);
      return letters.slice(Number(from)).join('');
    })
    .add('.substring(string, int, int)', (text: string, from: bigint, to: bigint) => {
      const letters = [...text];
      if (from > to) throw new Error(`invalid substring range. start: ${from}, end: ${to}`);
      if (from < 0n || from > letters.length) throw outOfRange(from);
      if (to > letters.length) throw outOfRange(to);
      return letters.slice(Number(from), Number(to)).join('');
    })
    .add('.indexOf(string, string)', (text: string, part: string) => indexOf(text, part, 0n))
    .add('.indexOf(string, string, int)', indexOf)
    .add('.lastIndexOf(string, string)', (text: string, part: string) =>
      lastIndexOf(text, part, BigInt([...text].length)),
    )
    .add('.lastIndexOf(string, string, int)', (text: string, part: string, from: bigint) => {
      if (part !== '' && from >= [...text].length) return -1n;
      return lastIndexOf(text, part, from);
    });
}

/** Where in code points, of a place in the text. */
const inLetters = (text: string, at: number): bigint =>
  at < 0 ? -1n : BigInt([...text.slice(0, at)].length);

function indexOf(text: string, part: string, from: bigint): bigint {
  if (from < 0n) throw outOfRange(from);
  const letters = [...text];
  if (part === '') return from > letters.length ? BigInt(letters.length) : from;
  if (from >= letters.length) return -1n;
  return inLetters(text, text.indexOf(part, letters.slice(0, Number(from)).join('').length));
}

function lastIndexOf(text: string, part: string, from: bigint): bigint {
  if (from < 0n) throw outOfRange(from);
  const letters = [...text];
  if (part === '') return from > letters.length ? BigInt(letters.length) : from;
  return inLetters(text, text.lastIndexOf(part, letters.slice(0, Number(from)).join('').length));
}

const spaces = String.raw`[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+`;
const around = new RegExp(`^${spaces}|${spaces}$`, 'g');

function registerChanges(functions: Functions): void {
  functions
    .add('.lowerAscii(string)', (text: string) =>
      text.replaceAll(/[A-Z]+/g, (a) => a.toLowerCase()),
    )
    .add('.upperAscii(string)', (text: string) =>
      text.replaceAll(/[a-z]+/g, (a) => a.toUpperCase()),
    )
    .add('.trim(string)', (text: string) => text.replaceAll(around, ''))
    .add('.replace(string, string, string)', (text: string, from: string, to: string) =>
      replaced(text, from, to, -1n),
    )
    .add('.replace(string, string, string, int)', replaced)
    .add('.split(string, string)', (text: string, by: string) => splitBy(text, by))
    .add('.split(string, string, int)', split)
    .add('.join(texts)', (list: readonly string[]) => list.join(''))
    .add('.join(texts, string)', (list: readonly string[], by: string) => list.join(by));
}

function splitBy(text: string, by: string): string[] {
  return by === '' ? [...text] : text.split(by);
}

/** At most `most` parts, the rest in the last; a negative number means all. */
function split(text: string, by: string, most: bigint): string[] {
  if (most === 0n) return [];
  const parts = splitBy(text, by);
  if (most < 0n || parts.length <= most) return parts;
  const whole = parts.slice(0, Number(most) - 1);
  return [...whole, parts.slice(whole.length).join(by)];
}

/** At most `most` times from the left; a negative number means everywhere. */
function replaced(text: string, from: string, to: string, most: bigint): string {
  const parts = from === '' ? ['', ...[...text], ''] : text.split(from);
  const count = most < 0n ? parts.length - 1 : Math.min(Number(most), parts.length - 1);
  if (count === parts.length - 1) return parts.join(to);
  return [...parts.slice(0, count), parts.slice(count).join(from)].join(to);
}

const quotes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

function quoted(text: string): string {
  return `"${[...text].map((letter) => quotes[letter] ?? letter).join('')}"`;
}
