import { Checker } from './check.ts';
import { declare } from './declarations.ts';
import type { Expression } from './expression.ts';
import { parse } from './parse.ts';
import { report } from './report.ts';
import type { CelType } from './cel-type.ts';
import { validateLiterals } from './validators.ts';

export interface TypedExpression {
  tree: Expression;
  type: CelType;
  /** Calls that more than one function fits, as far as types are known. */
  open: ReadonlySet<Expression>;
}

/** Longer texts are not read, as upstream's parser does not. */
const lettersMax = 100_000;

/**
 * The type of an expression over these variables, or all that is wrong with it, as cel-go's
 * Env.Compile tells it.
 *
 * @param literals of the types Object and JSONPatch may be written
 */
export function typeExpression(
  expression: string,
  variables: Readonly<Record<string, CelType>>,
  literals: boolean,
): TypedExpression | { error: string } {
  const letters = [...expression].length;
  if (letters > lettersMax) {
    const why = `expression code point size exceeds limit: size: ${letters}, limit ${lettersMax}`;
    return { error: report(expression, [{ at: -1, why }]) };
  }
  const { tree, mistakes } = parse(expression);
  if (mistakes.length > 0) return { error: report(expression, mistakes) };
  const checker = new Checker(declare(variables, literals));
  const type = checker.check(tree);
  const found = checker.mistakes.length > 0 ? checker.mistakes : validateLiterals(tree, checker);
  return found.length > 0
    ? { error: report(expression, found) }
    : { tree, type, open: checker.open };
}
