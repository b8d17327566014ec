import type { Schema } from '../schema/schema.ts';
import { children, type Node } from './ast.ts';
import { escapeName } from './value.ts';

/**
 * What can be known of an expression from the schemas of its variables: fields that do not exist,
 * selections on values that have no fields. Where nothing is known nothing is said; the language's
 * own types are checked by the library.
 */
export type Complain = (node: Node, why: string) => never;

type Scope = ReadonlyMap<string, Schema | undefined>;

const celTypes: Partial<Record<Schema['type'], string>> = {
  string: 'string',
  integer: 'int',
  number: 'double',
  boolean: 'bool',
  array: 'list',
};

/** Loops over one variable, and over two (key or index first). */
const loops = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter']);
const transforms = new Set(['transformList', 'transformMap', 'transformMapEntry']);

export class SchemaChecker {
  readonly #complain: Complain;

  constructor(complain: Complain) {
    this.#complain = complain;
  }

  /** The CEL type of the whole expression, `dyn` where it is not known. */
  check(node: Node, variables: Readonly<Record<string, Schema | undefined>>): string {
    const schema = this.#infer(node, new Map(Object.entries(variables)));
    if (schema === undefined || schema.intOrString === true) return 'dyn';
    if (schema.type === 'object') return schema.properties === undefined ? 'map' : 'object';
    return celTypes[schema.type] ?? 'dyn';
  }

  #infer(node: Node, scope: Scope): Schema | undefined {
    switch (node.op) {
      case 'id':
        return scope.get(node.args);
      case '.':
        return this.#field(node, this.#infer(node.args[0], scope), node.args[1]);
      case '.?':
        this.#field(node, this.#infer(node.args[0], scope), node.args[1]);
        return undefined;
      case '[]': {
        const holder = this.#infer(node.args[0], scope);
        this.#infer(node.args[1], scope);
        return holder?.items ?? holder?.additional;
      }
      case '?:': {
        this.#infer(node.args[0], scope);
        const left = this.#infer(node.args[1], scope);
        return this.#infer(node.args[2], scope) === left ? left : undefined;
      }
      case 'rcall':
        return this.#method(node.args[0], node.args[1], node.args[2], scope);
      default:
        for (const child of children(node)) this.#infer(child, scope);
        return undefined;
    }
  }

  #method(name: string, receiver: Node, args: readonly Node[], scope: Scope): Schema | undefined {
    if (receiver.op === 'id' && receiver.args === 'cel' && name === 'bind') {
      return this.#bind(args, scope);
    }
    const over = this.#infer(receiver, scope);
    const [first, second] = args;
    if ((loops.has(name) || transforms.has(name)) && first?.op === 'id' && args.length >= 2) {
      return this.#loop(name, over, first.args, args, scope);
    }
    if (
      (name === 'optMap' || name === 'optFlatMap') &&
      first?.op === 'id' &&
      second !== undefined
    ) {
      this.#infer(second, new Map(scope).set(first.args, undefined));
      return undefined;
    }
    for (const arg of args) this.#infer(arg, scope);
    return undefined;
  }

  #bind(args: readonly Node[], scope: Scope): Schema | undefined {
    const [name, value, body] = args;
    if (name?.op !== 'id' || value === undefined || body === undefined) return undefined;
    return this.#infer(body, new Map(scope).set(name.args, this.#infer(value, scope)));
  }

  #loop(
    name: string,
    over: Schema | undefined,
    variable: string,
    args: readonly Node[],
    scope: Scope,
  ): Schema | undefined {
    const inner = new Map(scope);
    const [, second] = args;
    const two =
      second?.op === 'id' && (transforms.has(name) || (name !== 'map' && args.length === 3));
    if (two) {
      inner.set(variable, undefined);
      inner.set(second.args, over?.items ?? over?.additional);
    } else inner.set(variable, over?.items);
    for (const arg of args.slice(two ? 2 : 1)) this.#infer(arg, inner);
    return name === 'filter' && over?.items !== undefined ? over : undefined;
  }

  #field(node: Node, holder: Schema | undefined, name: string): Schema | undefined {
    if (holder === undefined || holder.intOrString === true || holder.type === 'any') {
      return undefined;
    }
    if (holder.type !== 'object') {
      return this.#complain(
        node,
        `type '${celTypes[holder.type] ?? holder.type}' does not support field selection`,
      );
    }
    const { properties } = holder;
    if (properties === undefined) return holder.additional;
    for (const [property, schema] of Object.entries(properties)) {
      if (escapeName(property) === name) return schema;
    }
    if (holder.additional !== undefined) return holder.additional;
    return this.#complain(node, `undefined field '${name}'`);
  }
}
