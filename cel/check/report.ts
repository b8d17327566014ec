import type { Mistake } from './expression.ts';

/** More than these are counted, not shown. */
export const shownMax = 100;
const snippetMax = 16_384;

/** All mistakes of an expression by their place, each with its line and a pointer below (cel-go common/errors.go). */
export function report(expression: string, mistakes: readonly Mistake[]): string {
  const lines = expression === '' ? [] : expression.split('\n');
  const placed = mistakes
    .slice(0, shownMax)
    .map(({ at, why }) => ({ ...place(expression, at), why }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  const out = placed.map(({ line, column, why }) =>
    [`ERROR: <input>:${line}:${column + 1}: ${why}`, ...pointed(lines[line - 1], column)].join(
      '\n | ',
    ),
  );
  const more = mistakes.length - shownMax;
  return [...out, ...(more > 0 ? [`${more} more errors were truncated`] : [])].join('\n');
}

/** Line from 1, column in code points from 0. A place before the text is none: line 0, no snippet. */
function place(expression: string, at: number): { line: number; column: number } {
  if (at < 0) return { line: -1, column: -1 };
  const before = expression.slice(0, at).split('\n');
  return { line: before.length, column: [...(before.at(-1) ?? '')].length };
}

function pointed(line: string | undefined, column: number): string[] {
  if (line === undefined || line.length > snippetMax) return [];
  const letters = [...line.replaceAll('\t', ' ')];
  const wide = (letter: string | undefined): boolean => (letter ?? ' ') > '\u007f';
  const dots = letters.slice(0, column).map((letter) => (wide(letter) ? '\uff0e' : '.'));
  return [letters.join(''), dots.join('') + (wide(letters[column]) ? '\uff3e' : '^')];
}
