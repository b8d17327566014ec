import type { CelType } from '../check/cel-type.ts';
import type { Overload } from '../check/declarations.ts';
import type { Expression } from '../check/expression.ts';
import type { Path } from './path.ts';
import { exactly, product, type Span, scaled, sum, unknown } from './span.ts';

/** What a call is made on or with. */
export interface Operand {
  part: Expression;
  type: CelType;
  path: Path;
  size: Span | undefined;
}

export interface CallShape {
  name: string;
  overload: Overload;
  target: Operand | undefined;
  args: readonly Operand[];
  /** Any element of a list; undefined: not of a type that holds something. */
  itemOf(list: Operand): { type: CelType; size: Span } | undefined;
}

/** What a call costs beside what it is made with, and the size of its result where that is known. */
export interface Charge {
  cost: Span;
  size?: Span;
}

/** Undefined: this call costs what calls cost where nothing else is known. */
export type Charging = (call: CallShape) => Charge | undefined;

export const one: Span = exactly(1);
export const perLetter = 0.1;
const perPatternLetter = 0.25;

export const sizeOf = (operand: Operand | undefined): Span => operand?.size ?? unknown;

/** Walks over all of it. */
export const walk = (operand: Operand | undefined): Span => scaled(sizeOf(operand), perLetter);

export const isText = (type: CelType | undefined): boolean =>
  type?.kind === 'string' || type?.kind === 'bytes';

export function matching(text: Operand | undefined, pattern: Operand | undefined): Span {
  const letters = scaled(sum(sizeOf(text), one), perLetter);
  return product(letters, scaled(sizeOf(pattern), perPatternLetter));
}

/** A number that is written in the expression; none below 0. */
export function writtenNumber({ part }: Operand): bigint | undefined {
  if (part.kind !== 'literal' || typeof part.value !== 'bigint') return undefined;
  return part.value < 0n ? 0n : part.value;
}

/** What Go makes of a number that 64 bits without a sign do not hold. */
export const wrapped = (value: bigint): bigint => BigInt.asUintN(64, value);
