import { Checker } from './check.ts';
import { declare, type Resolved } from './declarations.ts';
import type { Expression } from './expression.ts';
import { parse } from './parse.ts';
import { report } from './report.ts';
import type { CelType } from './cel-type.ts';
import { validateLiterals } from './validators.ts';

export interface TypedExpression {
  tree: Expression;
  type: CelType;
  calls: ReadonlyMap<Expression, Resolved>;
  /** Of a part; what is not known of it is dyn. */
  typeOf(part: Expression): CelType;
}

/** What may be written in some places only. */
export interface Extras {
  /** Values of the types Object and JSONPatch. */
  literals?: boolean;
  /** `cel.bind`. */
  bind?: boolean;
}

/** Longer texts are not read, as upstream's parser does not. */
const lettersMax = 100_000;

/**
 * The type of an expression over these variables, or all that is wrong with it, as cel-go's
 * Env.Compile tells it.
 */
export function typeExpression(
  expression: string,
  variables: Readonly<Record<string, CelType>>,
  { literals = false, bind = false }: Extras = {},
): TypedExpression | { error: string } {
  const letters = [...expression].length;
  if (letters > lettersMax) {
    const why = `expression code point size exceeds limit: size: ${letters}, limit ${lettersMax}`;
    return { error: report(expression, [{ at: -1, why }]) };
  }
  const { tree, mistakes } = parse(expression, bind);
  if (mistakes.length > 0) return { error: report(expression, mistakes) };
  const checker = new Checker(declare(variables, literals));
  const type = checker.check(tree);
  const found = checker.mistakes.length > 0 ? checker.mistakes : validateLiterals(tree, checker);
  return found.length > 0
    ? { error: report(expression, found) }
    : { tree, type, calls: checker.calls, typeOf: (part) => checker.typeOf(part) };
}
