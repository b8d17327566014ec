import { compilePattern, type Pattern } from '../../object/pattern.ts';

/** Compiled patterns by text; rules use few. Emptied when it grows past this. */
const patternsMax = 512;
const patterns = new Map<string, Pattern>();

/** @throws Error what is wrong with it */
export function patternOf(expression: string): Pattern {
  let pattern = patterns.get(expression);
  if (pattern === undefined) {
    pattern = compilePattern(expression);
    if (patterns.size >= patternsMax) patterns.clear();
    patterns.set(expression, pattern);
  }
  return pattern;
}
