import {
  type Call,
  type Expression,
  type Fold,
  type List,
  type Literal,
  type MapLiteral,
  pathOf,
  type Selection,
  type StructLiteral,
} from '../check/expression.ts';
import { CostExceeded, spend } from '../budget.ts';
import { chargeFor, cost } from './cost.ts';
import type { Functions } from './functions.ts';
import { field, indexed, present, presentIn } from './fields.ts';
import { and, or, truthOf } from './logic.ts';
import { Failure, turnsOf } from './turns.ts';
import { checkPattern, gathers, indexes, isAttribute, isConstant, isFixed } from './constants.ts';
import { listOf, mapOfEntries, structOf } from './collect.ts';
import { Optional, TypeValue } from './values.ts';

/** An expression as a function of the values of its variables and of what loops have named. */
export type Run = (variables: Readonly<Record<string, unknown>>, named: unknown[]) => unknown;

export interface Runtime {
  functions: Functions;
  /** Names of types that are values. */
  isType(name: string): boolean;
  isVariable(name: string): boolean;
  /** One function alone fits what a call gives it, as far as types are known. */
  isSettled(call: Call): boolean;
  /** A value of a type with fields. */
  make(type: string, fields: Readonly<Record<string, unknown>>): unknown;
}

export class Compiler {
  readonly #runtime: Runtime;
  #scopes: ReadonlyMap<string, number>[] = [];
  #places = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  compile(part: Expression): Run {
    switch (part.kind) {
      case 'literal':
        return this.#literal(part);
      case 'identifier':
        return this.#name(part.name);
      case 'select':
        return this.#selection(part);
      case 'call':
        return this.#call(part);
      case 'list':
        return this.#list(part);
      case 'map':
        return this.#map(part);
      case 'struct':
        return this.#struct(part);
      case 'fold':
        return this.#fold(part);
    }
  }

  #literal({ value }: Literal): Run {
    return () => value;
  }

  #name(written: string): Run {
    const name = written.replace(/^\./, '');
    const scope = written === name ? this.#scopes.findLast((one) => one.has(name)) : undefined;
    const place = scope?.get(name);
    if (place !== undefined) {
      return (_variables, named) => {
        spend(cost.select);
        const value = named[place];
        if (value instanceof Failure) throw value.reason;
        return value;
      };
    }
    if (!this.#runtime.isVariable(name)) return this.#typeName(name);
    return (variables) => {
      spend(cost.select);
      return variables[name];
    };
  }

  #typeName(name: string): Run {
    const type = new TypeValue(name);
    return () => type;
  }

  #selection(part: Selection): Run {
    const { operand, field: name, test } = part;
    const path = pathOf(part);
    if (path !== undefined && this.#runtime.isType(path)) return this.#typeName(path);
    const of = this.compile(operand);
    const units = isAttribute(operand) ? cost.select : 2 * cost.select;
    if (test) {
      return (variables, named) => present(of(variables, named), name);
    }
    return (variables, named) => {
      const holder = of(variables, named);
      spend(units);
      return field(holder, name);
    };
  }

  #call(part: Call): Run {
    const { name, target, args } = part;
    switch (name) {
      case '_&&_':
        return and(...this.#both(args));
      case '_||_':
        return or(...this.#both(args));
      case '_?_:_':
        return this.#conditional(args);
      case '@not_strictly_false':
        return this.#notFalse(args);
      default:
    }
    if (indexes.has(name)) return this.#index(name, args);
    if (gathers(part)) return this.#gathering(args);
    const path = target === undefined ? undefined : pathOf(target);
    const spaced = path === undefined ? undefined : `${path}.${name}`;
    if (spaced !== undefined && this.#runtime.functions.has(spaced)) {
      return this.#invocation(part, spaced, args);
    }
    const given = target === undefined ? args : [target, ...args];
    if ((name === 'or' || name === 'orValue') && given.length === 2)
      return this.#fallback(name, given);
    return this.#invocation(part, name.replace(/^\./, ''), given, target !== undefined);
  }

  #both(args: readonly Expression[]): [Run, Run] {
    const [a, b] = args.map((arg) => this.compile(arg));
    return [a as Run, b as Run];
  }

  /** A name or a way from one counts one less where it is part of another's. */
  #part(part: Expression): Run {
    const run = this.compile(part);
    if (!isAttribute(part)) return run;
    return (variables, named) => {
      const value = run(variables, named);
      spend(-cost.select);
      return value;
    };
  }

  #conditional(args: readonly Expression[]): Run {
    const [condition, yes, no] = args.map((arg, i) =>
      i === 0 ? this.compile(arg) : this.#part(arg),
    ) as [Run, Run, Run];
    return (variables, named) =>
      truthOf(condition(variables, named)) ? yes(variables, named) : no(variables, named);
  }

  /** Of loops that may end early: errors of one turn are looked at when it has ended. */
  #notFalse([arg]: readonly Expression[]): Run {
    const of = this.compile(arg as Expression);
    return (variables, named) => {
      try {
        return of(variables, named) !== false;
      } catch (error) {
        if (error instanceof CostExceeded) throw error;
        return true;
      } finally {
        spend(1);
      }
    };
  }

  #gathering(args: readonly Expression[]): Run {
    const [sum, more] = this.#both(args);
    return (variables, named) => {
      const list = sum(variables, named) as unknown[];
      for (const item of more(variables, named) as unknown[]) list.push(item);
      spend(1);
      return list;
    };
  }

  #index(name: string, [holder, key]: readonly Expression[]): Run {
    const of = this.compile(holder as Expression);
    const at = this.#part(key as Expression);
    const units = isAttribute(holder as Expression) ? cost.select : 2 * cost.select;
    const optional = name !== '_[_]';
    return (variables, named) => {
      const value = of(variables, named);
      const where = at(variables, named);
      if (!optional) {
        spend(units);
        return indexed(value, where);
      }
      const found = presentIn(value, where);
      spend(found.present ? units : units - cost.select);
      return found;
    };
  }

  /** What is asked for in place of a value that is not there is only computed then. */
  #fallback(name: string, given: readonly Expression[]): Run {
    const [of, instead] = this.#both(given);
    return (variables, named) => {
      const value = of(variables, named);
      if (!(value instanceof Optional)) throw new Error(`no such overload`);
      if (!value.present) return instead(variables, named);
      return name === 'or' ? value : value.value();
    };
  }

  #invocation(part: Call, name: string, given: readonly Expression[], member = false): Run {
    const parts = given.map((arg) => this.compile(arg));
    const call = this.#runtime.functions.caller(name, member, parts.length);
    const free = name === '@in' && isConstant(given[1] as Expression);
    const charge = free ? () => {} : chargeFor(name, this.#runtime.isSettled(part));
    checkPattern(name, given);
    if (isFixed(name, given)) return once(() => call(parts.map((part) => part({}, []))));
    return (variables, named) => {
      const values = parts.map((part) => part(variables, named));
      let result: unknown;
      try {
        result = call(values);
      } finally {
        charge(values, result);
      }
      return result;
    };
  }

  #list(part: List): Run {
    const items = part.items.map(({ value, optional }) => ({ run: this.compile(value), optional }));
    return listOf(items, isConstant(part));
  }

  #map(part: MapLiteral): Run {
    const entries = part.entries.map(({ key, value, optional }) => ({
      key: this.compile(key),
      run: this.compile(value),
      optional,
    }));
    return mapOfEntries(entries, isConstant(part));
  }

  #struct(part: StructLiteral): Run {
    const fields = part.fields.map(({ name, value, optional }) => ({
      key: () => name,
      run: this.compile(value),
      optional,
    }));
    const { make } = this.#runtime;
    const name = part.name.replace(/^\./, '');
    return structOf(fields, (made) => make(name, made));
  }

  #fold(part: Fold): Run {
    const range = this.compile(part.range);
    const start = this.compile(part.start);
    const outside = this.#scopes;
    const sum = this.#places++;
    this.#scopes = [...outside, new Map([[part.accumulator, sum]])];
    const first = this.#places++;
    const second = this.#places++;
    const names = new Map([[part.variable, first]]);
    if (part.second !== undefined) names.set(part.second, second);
    const inside = [...this.#scopes, names];
    const result = this.compile(part.result);
    this.#scopes = inside;
    const condition = this.compile(part.condition);
    const step = this.compile(part.step);
    this.#scopes = outside;
    const two = part.second !== undefined;
    return (variables, named) => {
      const over = range(variables, named);
      named[sum] = start(variables, named);
      for (const [one, other] of turnsOf(over, two)) {
        named[first] = one;
        named[second] = other;
        if (condition(variables, named) === false) break;
        try {
          named[sum] = step(variables, named);
        } catch (error) {
          if (error instanceof CostExceeded) throw error;
          named[sum] = new Failure(error);
        }
      }
      return result(variables, named);
    };
  }
}

function once(work: () => unknown): Run {
  const value = work();
  return () => value;
}
