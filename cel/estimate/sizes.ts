import type { CelType } from '../check/cel-type.ts';
import type { TypedExpression } from '../check/compile.ts';
import type { Expression, Literal } from '../check/expression.ts';
import { accumulator } from '../check/macros.ts';
import type { Operand } from './charge.ts';
import { Path } from './path.ts';
import { exactly, type Span, unknown } from './span.ts';

/** The size of what a way from a variable leads to; undefined: it is not known. */
export type SizeAt = (steps: readonly string[]) => bigint | undefined;

/** Sizes of what a list or a map holds. */
export interface Contents {
  isList: boolean;
  key: Span;
  value: Span;
}

/** What a name stands for within a loop. */
interface Local {
  path: Path;
  size: Span | undefined;
  contents: Contents | undefined;
}

const one = exactly(1);

/** What is known of the parts of one expression: where they are found and how large they can be. */
export class Sizes {
  readonly #typed: TypedExpression;
  readonly #sizeAt: SizeAt;
  readonly #locals = new Map<string, Local[]>();
  readonly #paths = new Map<Expression, Path>();
  readonly #sizes = new Map<Expression, Span>();
  readonly #contents = new Map<Expression, Contents>();

  constructor(typed: TypedExpression, sizeAt: SizeAt) {
    this.#typed = typed;
    this.#sizeAt = sizeAt;
  }

  setPath(part: Expression, path: Path): void {
    this.#paths.set(part, path);
  }

  setSize(part: Expression, size: Span): void {
    this.#sizes.set(part, size);
  }

  setContents(part: Expression, contents: Contents): void {
    this.#contents.set(part, contents);
  }

  localOf(value: Expression): Local {
    const contents = this.contentsOf(value);
    return { path: this.pathOf(value), size: this.sizeOf(value), contents };
  }

  /** The first name of a loop: an element or key where there is one name, else a position or key. */
  turn(range: Expression, two: boolean): Local {
    const contents = this.contentsOf(range);
    const isList = contents?.isList ?? this.#typed.typeOf(range).kind === 'list';
    const step = isList ? (two ? '@indices' : '@items') : '@keys';
    const size = isList && !two ? contents?.value : contents?.key;
    return { path: this.pathOf(range).to(step), size, contents: undefined };
  }

  turnValue(range: Expression): Local {
    const contents = this.contentsOf(range);
    const isList = contents?.isList ?? this.#typed.typeOf(range).kind === 'list';
    const path = this.pathOf(range).to(isList ? '@items' : '@values');
    return { path, size: contents?.value, contents: undefined };
  }

  push(name: string, local: Local): void {
    const stack = this.#locals.get(name);
    if (stack === undefined) this.#locals.set(name, [local]);
    else stack.push(local);
  }

  pop(name: string): void {
    this.#locals.get(name)?.pop();
  }

  local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #localNamed(part: Expression): Local | undefined {
    return part.kind === 'identifier' ? this.local(part.name) : undefined;
  }

  pathOf(part: Expression): Path {
    return this.#localNamed(part)?.path ?? this.#paths.get(part) ?? Path.none;
  }

  operand(part: Expression): Operand {
    const path = this.pathOf(part);
    const named = path.steps[0] === accumulator ? Path.none : path;
    return { part, type: this.#typed.typeOf(part), path: named, size: this.sizeOf(part) };
  }

  /** Any element of a list; undefined: not of a type that holds something. */
  readonly itemOf = ({ type, path }: Operand): { type: CelType; size: Span } | undefined => {
    const [item] = type.parameters;
    if (item === undefined) return undefined;
    const most = path.length === 0 ? undefined : this.#sizeAt([...path.steps, '@items']);
    return { type: item, size: most === undefined ? unknown : { min: 0n, max: most } };
  };

  take(to: Expression, from: Expression): void {
    const size = this.sizeOf(from);
    if (size !== undefined) this.#sizes.set(to, size);
    const contents = this.contentsOf(from);
    if (contents !== undefined) this.#contents.set(to, contents);
  }

  contentsOf(part: Expression): Contents | undefined {
    return this.#contents.get(part) ?? this.#localNamed(part)?.contents;
  }

  sizeOf(part: Expression): Span | undefined {
    const known = this.#sizes.get(part) ?? written(part);
    if (known !== undefined) return known;
    const path = this.pathOf(part);
    const most = path.length === 0 ? undefined : this.#sizeAt(path.steps);
    if (most === undefined) {
      return isScalar(this.#typed.typeOf(part)) ? one : this.#localNamed(part)?.size;
    }
    const size = { min: 0n, max: most };
    this.#sizes.set(part, size);
    return size;
  }
}

/** The size of what is written in the expression itself. */
function written(part: Expression): Span | undefined {
  if (part.kind === 'list') return exactly(part.items.length);
  if (part.kind === 'map') return exactly(part.entries.length);
  return part.kind === 'literal' ? sizeOfLiteral(part) : undefined;
}

export function sizeOfLiteral({ value }: Literal): Span {
  if (typeof value === 'string') return exactly([...value].length);
  return value instanceof Uint8Array ? exactly(value.length) : one;
}

const scalars = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint']);

function isScalar({ kind, name, parameters }: CelType): boolean {
  const [inner] = parameters;
  if (kind === 'opaque' && name === 'optional_type') return inner !== undefined && isScalar(inner);
  return scalars.has(kind);
}
