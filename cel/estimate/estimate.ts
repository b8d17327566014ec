import type { TypedExpression } from '../check/compile.ts';
import { isTypeName, type Resolved } from '../check/declarations.ts';
import {
  type Call,
  type Expression,
  type Fold,
  isBinding,
  type List,
  type MapLiteral,
  pathOf,
  type Selection,
  type StructLiteral,
  type Visitor,
  visit,
} from '../check/expression.ts';
import { chargeOf } from './calls.ts';
import type { Charge } from './charge.ts';
import { Path } from './path.ts';
import { type SizeAt, sizeOfLiteral, Sizes } from './sizes.ts';
import { exactly, largest, product, type Span, sum, union, unknown } from './span.ts';

const one = exactly(1);
const nothing = exactly(0);
const listMade = exactly(10);
const mapMade = exactly(30);
const structMade = exactly(40);
const none: Span = { min: largest, max: 0n };

/** The least and the most that an expression can cost (cel-go checker/cost.go). */
export function estimate(typed: TypedExpression, sizeAt: SizeAt): Span {
  return new Estimator(typed, sizeAt).cost(typed.tree);
}

class Estimator {
  readonly #typed: TypedExpression;
  readonly #sizes: Sizes;
  readonly #conditionals = new Map<Call, Span>();
  readonly #costs: Visitor<Span> = {
    literal: () => nothing,
    identifier: (part) => this.#name(part, part.name.replace(/^\./, '')),
    select: (part) => this.#selection(part),
    call: (part) => (part.name === '_?_:_' ? this.#conditional(part) : this.#call(part)),
    list: (part) => this.#list(part),
    map: (part) => this.#map(part),
    struct: (part) => this.#struct(part),
    fold: (part) => (isBinding(part) ? this.#binding(part) : this.#loop(part)),
  };

  constructor(typed: TypedExpression, sizeAt: SizeAt) {
    this.#typed = typed;
    this.#sizes = new Sizes(typed, sizeAt);
  }

  cost(part: Expression): Span {
    return visit(part, this.#costs);
  }

  #name(part: Expression, name: string): Span {
    this.#sizes.setPath(part, this.#sizes.local(name)?.path ?? Path.of(name));
    return one;
  }

  #selection(part: Selection): Span {
    const { operand, field, test } = part;
    if (test) return this.cost(operand);
    const whole = pathOf(part)?.replace(/^\./, '');
    if (whole !== undefined && isTypeName(whole)) return this.#name(part, whole);
    const cost = this.cost(operand);
    this.#sizes.setPath(part, this.#sizes.pathOf(operand).to(field));
    const counts = ['map', 'struct', 'parameter'].includes(this.#typed.typeOf(operand).kind);
    return counts ? sum(cost, one) : cost;
  }

  /** optMap names its target twice, and so do those within it: each is looked at once. */
  #conditional(part: Call): Span {
    const cost = this.#conditionals.get(part) ?? this.#call(part);
    this.#conditionals.set(part, cost);
    return cost;
  }

  #call(part: Call): Span {
    const resolved = this.#typed.calls.get(part) as Resolved;
    const { args } = part;
    const [first] = args as [Expression];
    if (resolved.name === 'dyn') {
      const cost = sum(this.cost(first), one);
      this.#sizes.take(part, first);
      return cost;
    }
    const costs: Span[] = [];
    const operands = args.map((arg) => {
      costs.push(this.cost(arg));
      return this.#sizes.operand(arg);
    });
    // after the arguments, as upstream does: ways may share storage
    const of = resolved.member ? (part.target as Expression) : undefined;
    const before = of === undefined ? nothing : this.cost(of);
    const target = of && this.#sizes.operand(of);
    let charged: Span = none;
    let size: Span | undefined;
    for (const overload of resolved.overloads) {
      const call = {
        name: resolved.name,
        overload,
        target,
        args: operands,
        itemOf: this.#sizes.itemOf,
      };
      const charge = chargeOf(call);
      charged = union(charged, totalOf(resolved.name, charge, costs));
      if (charge.size !== undefined) {
        size = size === undefined ? charge.size : union(size, charge.size);
      }
      this.#mergeContents(part, resolved.name, overload.takes[0]?.kind);
      const into = resolved.name === '_[_]' ? overload.takes[0]?.kind : undefined;
      if (into === 'list' || into === 'map') {
        size = this.#sizes.contentsOf(first)?.value;
        this.#sizes.setPath(
          part,
          this.#sizes.pathOf(first).to(into === 'list' ? '@items' : '@values'),
        );
      }
      size ??= this.#sizes.sizeOf(part);
    }
    if (size !== undefined) this.#sizes.setSize(part, size);
    return sum(before, charged);
  }

  /** What `a ? b : c` and `a + b` hold is what either side does. */
  #mergeContents(part: Call, name: string, first: string | undefined): void {
    const adds = name === '_+_' && ['string', 'bytes', 'list'].includes(first ?? '');
    if (!adds && name !== '_?_:_') return;
    const [a, b] = part.args.slice(-2).map((arg) => this.#sizes.contentsOf(arg));
    if (a === undefined || b === undefined) return;
    this.#sizes.setContents(part, {
      ...a,
      key: union(a.key, b.key),
      value: union(a.value, b.value),
    });
  }

  #list(part: List): Span {
    const costs = part.items.map(({ value }) => this.cost(value));
    const value = this.#sizeOfAll(part.items.map((item) => item.value));
    this.#sizes.setContents(part, { isList: true, key: one, value });
    return sum(...costs, listMade);
  }

  #map(part: MapLiteral): Span {
    const costs = part.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)]);
    const key = this.#sizeOfAll(part.entries.map((entry) => entry.key));
    const value = this.#sizeOfAll(part.entries.map((entry) => entry.value));
    this.#sizes.setContents(part, { isList: false, key, value });
    return sum(...costs, mapMade);
  }

  #sizeOfAll(parts: readonly Expression[]): Span {
    if (parts.length === 0) return nothing;
    return parts.map((part) => this.#sizes.sizeOf(part) ?? unknown).reduce(union);
  }

  #struct({ fields }: StructLiteral): Span {
    return sum(...fields.map(({ value }) => this.cost(value)), structMade);
  }

  #loop(part: Fold): Span {
    const { range, start, condition, step, variable, second } = part;
    const before = [this.cost(range), this.cost(start)];
    this.#sizes.push(part.accumulator, this.#sizes.localOf(start));
    this.#sizes.push(variable, this.#sizes.turn(range, second !== undefined));
    if (second !== undefined) this.#sizes.push(second, this.#sizes.turnValue(range));
    const turn = sum(this.cost(condition), this.cost(step));
    this.#sizes.pop(variable);
    if (second !== undefined) this.#sizes.pop(second);
    const after = this.cost(part.result);
    this.#sizes.pop(part.accumulator);
    const turns = this.#sizes.sizeOf(range) ?? unknown;
    if (start.kind === 'literal') this.#sizes.setSize(part, sizeOfLiteral(start));
    if (start.kind === 'list' || start.kind === 'map') {
      this.#sizes.setSize(part, turns);
      const contents = this.#sizes.contentsOf(step);
      if (contents !== undefined) this.#sizes.setContents(part, contents);
    }
    return sum(...before, after, product(turns, turn));
  }

  /** A name for a value: its loop never turns. */
  #binding(part: Fold): Span {
    const before = [this.cost(part.range), this.cost(part.start)];
    this.#sizes.push(part.accumulator, this.#sizes.localOf(part.start));
    const after = this.cost(part.result);
    this.#sizes.pop(part.accumulator);
    this.#sizes.take(part, part.result);
    return sum(...before, after);
  }
}

function totalOf(name: string, { cost }: Charge, costs: readonly Span[]): Span {
  const [first = nothing, second = nothing, third = nothing] = costs;
  // the second side may not be needed
  if (name === '_&&_' || name === '_||_') return { min: first.min, max: sum(first, second).max };
  if (name === '_?_:_') return sum(first, union(second, third));
  return sum(cost, ...costs);
}
