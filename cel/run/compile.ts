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
import { Ended, spend } from '../budget.ts';
import { chargeFor, cost } from './cost.ts';
import type { Functions } from './functions.ts';
import { field, indexed, present, presentIn } from './fields.ts';
import { and, or, truthOf } from './logic.ts';
import { charged, failingFor } from './charged.ts';
import { invocation } from './invoke.ts';
import { binding, loop, Unsettled } from './turns.ts';
import {
  checkPattern,
  gathers,
  indexes,
  isAttribute,
  isConstant,
  isCounted,
  isFixed,
} from './constants.ts';
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
  readonly #visitor: Visitor<Run> = {
    literal:
      ({ value }) =>
      () =>
        value,
    identifier: ({ name }) => this.#name(name),
    select: (part) => this.#selection(part),
    call: (part) => this.#call(part),
    list: (part) => this.#list(part),
    map: (part) => this.#map(part),
    struct: (part) => this.#struct(part),
    fold: (part) => this.#fold(part),
  };
  readonly #conditionals = new Map<Call, Run>();
  #scopes: ReadonlyMap<string, number>[] = [];
  #places = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  compile(part: Expression): Run {
    return visit(part, this.#visitor);
  }

  #name(written: string): Run {
    const name = written.replace(/^\./, '');
    const scope = written === name ? this.#scopes.findLast((one) => one.has(name)) : undefined;
    const place = scope?.get(name);
    if (place !== undefined) {
      return (_variables, named) => {
        spend(cost.select);
        const value = named[place];
        return value instanceof Unsettled ? value.settle() : value;
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
    if (test) {
      const of = this.compile(operand);
      const fails = operand.kind !== 'identifier' && isAttribute(operand);
      const asked = fails ? failingFor(of, -cost.select) : of;
      return (variables, named) => present(asked(variables, named), name);
    }
    const of = this.#holder(operand);
    return (variables, named) => {
      const holder = of(variables, named);
      spend(cost.select);
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
        return this.#once(part, () => this.#conditional(args));
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

  /** optMap names its target twice, and so do those within it. */
  #once(part: Call, compile: () => Run): Run {
    const run = this.#conditionals.get(part) ?? compile();
    this.#conditionals.set(part, run);
    return run;
  }

  #both(args: readonly Expression[]): [Run, Run] {
    const [a, b] = args.map((arg) => this.compile(arg));
    return [a as Run, b as Run];
  }

  /** A name or a way from one counts one less where it is part of another's. */
  #part(part: Expression): Run {
    const run = this.compile(part);
    return isCounted(part) ? charged(run, -cost.select) : run;
  }

  /** What something is taken from: the way starts with it unless it is one itself. */
  #holder(part: Expression): Run {
    const run = this.compile(part);
    return isAttribute(part) ? run : charged(run, cost.select);
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
        if (error instanceof Ended) throw error;
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
      try {
        for (const item of more(variables, named) as unknown[]) list.push(item);
      } finally {
        spend(1);
      }
      return list;
    };
  }

  #index(name: string, [holder, key]: readonly Expression[]): Run {
    const of = this.#holder(holder as Expression);
    const part = this.#part(key as Expression);
    const optional = name !== '_[_]';
    const fails = !optional && key?.kind !== 'literal';
    const at = fails ? failingFor(part, cost.select) : part;
    return (variables, named) => {
      const value = of(variables, named);
      const where = at(variables, named);
      if (!optional) {
        spend(cost.select);
        return indexed(value, where);
      }
      const found = presentIn(value, where);
      if (found.present) spend(cost.select);
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
    const free = name === '@in' && given[1]?.kind === 'list' && isConstant(given[1]);
    const charge = free ? () => {} : chargeFor(name, member, this.#runtime.isSettled(part));
    checkPattern(name, given);
    if (isFixed(name, given)) return once(() => call(parts.map((part) => part({}, []))));
    return invocation(parts, call, charge);
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
    if (isBinding(part)) return binding(sum, start, result);
    const places = { sum, first, second };
    return loop(places, { range, start, condition, step, result }, part.second !== undefined);
  }
}

function once(work: () => unknown): Run {
  const value = work();
  return () => value;
}
