import { CostExceeded, perCallLimit, runtimeBudget } from '../../cel/budget.ts';
import { optionalOf, type Program } from '../../cel/environment.ts';
import { toCel } from '../../cel/value.ts';
import { withResourceFields } from '../../cel/check/schema-type.ts';
import { goQuote } from '../../object/go-format.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import {
  noBudget,
  outOfBudget,
  reasoned,
  sayable,
  typeCause,
  whyNot,
} from './expression-causes.ts';
import { type CompiledRule, compileRule } from './expression-rules.ts';
import { byKeys, isOfType, schemaOf, unchanged } from './unchanged.ts';

/**
 * x-kubernetes-validations: CEL rules at any node of a structural schema, run over the values that
 * node describes. Rules that name oldSelf are transition rules: they run only where an old value
 * corresponds (apiextensions-apiserver schema/cel).
 */
export interface Expressions {
  /** No rule anywhere. */
  readonly empty: boolean;
  /**
   * What the rules refuse. Old undefined: a create, transition rules do not run. With `warn`, what was
   * refused for a value that is as it was before is only told there (KEP-4008). Bounded by cel/budget.ts.
   */
  validate(object: unknown, old: unknown, warn?: (text: string) => void): StatusCause[];
}

interface Node {
  schema: Schema;
  rules: readonly CompiledRule[];
  /** Has apiVersion, kind and a name of its own. */
  resource: boolean;
  properties: readonly (readonly [string, Node])[];
  items: Node | undefined;
  additional: Node | undefined;
  allOf: readonly Node[];
}

/** @param resource whether the value is a whole object, which has metadata whatever its schema says */
export function compileExpressions(schema: Schema, resource = true): Expressions {
  const root = compileNode(schema, resource);
  return {
    empty: root === undefined,
    validate(object, old, warn) {
      if (root === undefined) return [];
      const run = new Run(warn);
      const at = { value: object, old, path: '', schema };
      const never = (): boolean => false;
      // of the metadata upstream knows no fields: a whole object is never as it was
      run.walk(root, resource ? { ...at, unchanged: never } : placeOf(at, never));
      return run.causes;
    },
  };
}

/** Undefined where no rule is below: such parts of an object are not visited. */
function compileNode(schema: Schema, isRoot: boolean): Node | undefined {
  const resource = isRoot || schema.embedded === true;
  const seen = resource ? withResourceFields(schema) : schema;
  const rules = (schema.rules?.validations ?? []).map((rule) => compileRule(rule, seen));
  const properties: [string, Node][] = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const node = compileNode(property, false);
    if (node !== undefined) properties.push([name, node]);
  }
  const items = schema.items === undefined ? undefined : compileNode(schema.items, false);
  const additional =
    schema.additional === undefined ? undefined : compileNode(schema.additional, false);
  const allOf = (schema.rules?.allOf ?? [])
    .map((part) => compileNode(part, false))
    .filter((node) => node !== undefined);
  const none = rules.length + properties.length + allOf.length === 0;
  if (none && items === undefined && additional === undefined) return undefined;
  return { schema: seen, rules, resource, properties, items, additional, allOf };
}

interface Value {
  value: unknown;
  old: unknown;
  path: string;
  /** That of the object as a whole, also within allOf. */
  schema: Schema | undefined;
}

interface Place extends Value {
  /** Whether this, or the nearest value above that has an old one, is as it was. */
  unchanged(): boolean;
}

/** @param above whether what holds the value is as it was */
function placeOf(at: Value, above: () => boolean): Place {
  const { value, old, schema } = at;
  const known = old !== undefined && old !== null && schema !== undefined;
  return { ...at, unchanged: known ? lazily(() => unchanged(schema, value, old)) : above };
}

/** One validation of one object: what it found, what it may still cost. */
class Run {
  readonly causes: StatusCause[] = [];
  readonly #warn: ((text: string) => void) | undefined;
  #budget = runtimeBudget;

  constructor(warn: ((text: string) => void) | undefined) {
    this.#warn = warn;
  }

  walk(node: Node, place: Place): void {
    const { value, old, path } = place;
    if (value === undefined || value === null || this.#ended) return;
    this.#runRules(node, place);
    for (const part of node.allOf) this.walk(part, place);
    if (Array.isArray(value)) {
      const { items } = node;
      if (items === undefined) return;
      const previous = byKeys(node.schema, old);
      const schema = place.schema?.items;
      value.forEach((item, index) => {
        const at = { value: item, old: previous?.(item), path: `${path}[${index}]`, schema };
        this.walk(items, placeOf(at, place.unchanged));
      });
      return;
    }
    if (typeof value !== 'object') return;
    const fields = value as Record<string, unknown>;
    const before = (old ?? {}) as Record<string, unknown>;
    const field = (name: string, at: string): Place => {
      const one = { value: fields[name], old: own(before, name), path: at };
      if (path === '' && isOfType(name))
        return { ...one, schema: undefined, unchanged: () => false };
      return placeOf({ ...one, schema: schemaOf(place.schema, name) }, place.unchanged);
    };
    for (const [name, property] of node.properties) {
      if (!Object.hasOwn(fields, name)) continue;
      this.walk(property, field(name, path === '' ? name : `${path}.${name}`));
    }
    const { additional } = node;
    if (additional === undefined) return;
    for (const key of Object.keys(fields)) {
      if (own(node.schema.properties ?? {}, key) !== undefined) continue;
      this.walk(additional, field(key, `${path}[${key}]`));
    }
  }

  #runRules(node: Node, place: Place): void {
    if (node.rules.length === 0) return;
    const { value, old, path } = place;
    if (this.#budget === 0) {
      this.#end(typeCause(path, node.schema, outOfBudget));
      return;
    }
    const hasOld = old !== undefined && old !== null;
    const read = (from: unknown): unknown =>
      toCel(node.resource ? resourceView(from) : from, node.schema);
    const self = lazily(() => read(value));
    const oldSelf = lazily(() => (hasOld ? read(old) : undefined));
    for (const compiled of node.rules) {
      const { rule, transition } = compiled;
      if (compiled.error !== undefined) {
        this.#refuse(typeCause(path, node.schema, `rule compile error: ${compiled.error}`));
        continue;
      }
      const optional = rule.optionalOldSelf === true;
      if (transition && !hasOld && !optional) continue;
      const plain = variablesOf(self, () => oldSelf() ?? null);
      const variables = optional ? variablesOf(self, () => optionalOf(oldSelf())) : plain;
      if (this.#holds(compiled, variables, node, path)) continue;
      if (this.#ended) return;
      const cause = this.#causeOf(compiled, plain, node, place);
      if (!transition && this.#warn !== undefined && place.unchanged()) {
        this.#warn(`${cause.field}: ${cause.message}`);
      } else this.#refuse(cause);
      if (this.#ended) return;
    }
  }

  get #ended(): boolean {
    return this.#budget < 0;
  }

  #refuse(cause: StatusCause): void {
    this.causes.push(cause);
  }

  /** No more rules are run. */
  #end(cause: StatusCause): void {
    this.#refuse(cause);
    this.#budget = -1;
  }

  /** @returns undefined when the budget does not suffice */
  #evaluate(program: Program, variables: Record<string, unknown>): (() => unknown) | undefined {
    const { used, run } = program.evaluate(variables, perCallLimit);
    if (used > this.#budget) return undefined;
    this.#budget -= used;
    return run;
  }

  /** True as well for a rule that could not be judged, which is told. */
  #holds(
    { rule, program }: CompiledRule,
    variables: Record<string, unknown>,
    node: Node,
    path: string,
  ): boolean {
    if (program === undefined) return true;
    const run = this.#evaluate(program, variables);
    if (run === undefined) {
      this.#end(typeCause(path, node.schema, outOfBudget));
      return false;
    }
    try {
      return run() === true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const name = (rule.message ?? rule.rule).trim();
      if (error instanceof CostExceeded) {
        const text = `no further validation rules will be run due to call cost exceeds limit for rule: ${name}`;
        this.#end(typeCause(path, node.schema, `'${why}': ${text}`));
        return false;
      }
      this.#refuse(typeCause(path, node.schema, whyNot(why, name)));
      return true;
    }
  }

  #causeOf(
    { rule, message, fieldPath }: CompiledRule,
    variables: Record<string, unknown>,
    node: Node,
    { value, path }: Place,
  ): StatusCause {
    const field = [path, fieldPath].filter((part) => part !== '').join('.');
    const plain = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
    if (message === undefined) return reasoned(rule, field, value, plain);
    const run = this.#evaluate(message, variables);
    if (run === undefined) {
      this.#budget = -1;
      return typeCause(
        field,
        node.schema,
        `messageExpression evaluation failed due to ${noBudget}`,
      );
    }
    try {
      return reasoned(rule, field, value, sayable(run()) ?? plain);
    } catch (error) {
      // the fixed message, or the rule itself, says it then
      if (!(error instanceof CostExceeded)) return reasoned(rule, field, value, plain);
      this.#budget = -1;
      const text = `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${goQuote(rule.messageExpression ?? '')}`;
      return typeCause(field, node.schema, text);
    }
  }
}

/** Read when a rule asks: what cannot be read fails that rule. */
function variablesOf(self: () => unknown, oldSelf: () => unknown): Record<string, unknown> {
  return {
    get self() {
      return self();
    },
    get oldSelf() {
      return oldSelf();
    },
  };
}

function lazily<T>(read: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: read() }).value;
}

function own(fields: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Of an object's metadata, rules see its name only. */
function resourceView(value: unknown): unknown {
  const { metadata, ...rest } = value as { metadata?: { name?: string; generateName?: string } };
  if (metadata === undefined) return rest;
  const { name, generateName } = metadata;
  return {
    ...rest,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(generateName === undefined ? {} : { generateName }),
    },
  };
}
