import { createRequire } from 'node:module';

/** The only import of re2js: loaded with the first pattern, which few servers see. */
const require = createRequire(import.meta.url);
const library = (): typeof import('re2js') => require('re2js');

/** A regular expression in RE2's language, which needs time linear in its input. */
export interface Pattern {
  /** Whether the text contains a match. */
  test(text: string): boolean;
  /** All matches from left to right, none overlapping; at most `most`. */
  find(text: string, most: number): string[];
}

/** @throws Error what is wrong with the expression, in Go's words where re2js has them */
export function compilePattern(expression: string): Pattern {
  const compiled = library().RE2JS.compile(expression);
  return {
    test: (text) => compiled.matcher(text).find(),
    find(text, most) {
      const matcher = compiled.matcher(text);
      const found: string[] = [];
      while (found.length < most && matcher.find()) found.push(matcher.group() ?? '');
      return found;
    },
  };
}
