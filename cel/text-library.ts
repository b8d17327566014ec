import type { Environment } from '@marcbachmann/cel-js';
import { compilePattern, type Pattern } from '../object/pattern.ts';
import { spend } from './budget.ts';

/**
 * Strings beyond the language (k8s.io/apiserver cel/library regex.go and cel-go's strings
 * extension). Patterns run in linear time, in RE2's language; {@link ownNames} says what replaces
 * the cel-js package's own.
 */

/** The package matches with JavaScript's backtracking patterns: calls go to ours by another name. */
export const ownNames: Readonly<Record<string, string>> = { matches: 'matchesPattern' };

/** Compiled patterns by text; rules use few. Emptied when it grows past this. */
const patternsMax = 512;
const patterns = new Map<string, Pattern>();

function patternOf(expression: string): Pattern {
  let pattern = patterns.get(expression);
  if (pattern === undefined) {
    try {
      pattern = compilePattern(expression);
    } catch (error) {
      throw new Error(`error parsing regexp: ${(error as Error).message}`, { cause: error });
    }
    if (patterns.size >= patternsMax) patterns.clear();
    patterns.set(expression, pattern);
  }
  return pattern;
}

export function registerTextFunctions(environment: Environment): void {
  const matches = (text: string, pattern: string): boolean => {
    spend((text.length >> 3) * (1 + (pattern.length >> 4)));
    return patternOf(pattern).test(text);
  };
  const findAll = (text: string, pattern: string, most: number): string[] => {
    spend((text.length >> 3) * (1 + (pattern.length >> 4)));
    return patternOf(pattern).find(text, most);
  };
  environment
    .registerFunction('string.matchesPattern(string): bool', matches)
    .registerFunction('matchesPattern(string, string): bool', matches)
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      findAll(text, pattern, Number.POSITIVE_INFINITY),
    )
    .registerFunction(
      'string.findAll(string, int): list<string>',
      (text: string, pattern: string, most: bigint) =>
        findAll(text, pattern, most < 0n ? Number.POSITIVE_INFINITY : Number(most)),
    )
    .registerFunction(
      'string.replace(string, string): string',
      (text: string, from: string, to: string) => replaced(text, from, to, -1n),
    )
    .registerFunction('string.replace(string, string, int): string', replaced)
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
      const letters = [...text];
      if (at < 0n || at > letters.length) throw new Error(`index out of range: ${at}`);
      return letters[Number(at)] ?? '';
    })
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.format(list): string', formatted);
  class Strings {}
  environment
    .registerType('StringsNamespace', Strings)
    .registerConstant('strings', 'StringsNamespace', new Strings())
    .registerFunction('StringsNamespace.quote(string): string', (_: Strings, text: string) =>
      JSON.stringify(text),
    );
}

/** At most `most` times from the left; a negative number means everywhere. */
function replaced(text: string, from: string, to: string, most: bigint): string {
  const parts = text.split(from);
  const count = most < 0n ? parts.length - 1 : Math.min(Number(most), parts.length - 1);
  spend((text.length + count * to.length) >> 3);
  if (count === parts.length - 1) return parts.join(to);
  return parts.slice(0, count + 1).join(to) + from + parts.slice(count + 1).join(from);
}

/** cel-go's string.format: %s %d %f %e %b %x %X %o, and %%. */
function formatted(text: string, values: readonly unknown[]): string {
  let next = 0;
  const out = text.replace(/%(%|\.(\d+)([fe])|[sdfebxXo])/g, (all, verb: string, digits, float) => {
    if (all === '%%') return '%';
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    const value = values[next++];
    if (float !== undefined) return inNotation(value, float as string, Number(digits));
    return verb === 'f' || verb === 'e' ? inNotation(value, verb, 6) : shown(value, verb);
  });
  spend(out.length >> 3);
  return out;
}

function inNotation(value: unknown, verb: string, digits: number): string {
  const number = Number(value);
  return verb === 'f' ? number.toFixed(digits) : number.toExponential(digits);
}

function shown(value: unknown, verb: string): string {
  if (verb === 's') return text(value);
  if (typeof value === 'bigint') {
    if (verb === 'd') return String(value);
    const base = verb === 'b' ? 2 : verb === 'o' ? 8 : 16;
    const digits = value.toString(base);
    return verb === 'X' ? digits.toUpperCase() : digits;
  }
  if (verb === 'b' && typeof value === 'boolean') return value ? '1' : '0';
  if (verb === 'd' && typeof value === 'number') return String(value);
  if ((verb === 'x' || verb === 'X') && typeof value === 'string') {
    const digits = Buffer.from(value).toString('hex');
    return verb === 'X' ? digits.toUpperCase() : digits;
  }
  throw new Error(`error during formatting: no formatting function for %${verb}`);
}

function text(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const fields = Object.entries(value as object).map(([k, v]) => `${k}: ${text(v)}`);
    return `{${fields.sort().join(', ')}}`;
  }
  return String(value as string);
}
