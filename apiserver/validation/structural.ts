import { isNumber } from '../../object/json.ts';
import { deepEqual } from '../../object/equal.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import { hasListTypes, validateListTypes } from './list-types.ts';
import { coerceEmbedded, validateEmbedded } from './embedded.ts';
import { fillDefaults, pruneUnknown } from './prune.ts';
import { numberChecks } from './number-rules.ts';
import {
  type Check,
  checkSize,
  enumCheck,
  listChecks,
  required,
  type Sink,
  stringChecks,
  typeCheck,
  unplaced,
} from './value-rules.ts';

type Fields = Record<string, unknown>;

/** A structural schema made ready to use: compiled once, then run on every write. */
export interface Structural {
  /** Remove unknown fields in place; returns their paths. apiVersion, kind and metadata stay. */
  prune(object: Fields): string[];
  /** Metadata of objects inside as its type has it, in place; what of it is not known, what is of another type. */
  coerceEmbedded(object: Fields): { unknown: string[]; wrong: StatusCause | undefined };
  /** Drop meaningless nulls, unless they are to be judged, and fill in defaults, in place. True when there were any. */
  applyDefaults(object: Fields, keepNulls?: boolean): boolean;
  /**
   * What is wrong, in upstream's words. With `old`, what was wrong before and is unchanged is let
   * pass (KEP-4008).
   */
  validate(object: Fields, old?: Fields): StatusCause[];
}

/** @param values what the object itself is held to, where that is another schema */
export function compileStructural(schema: Schema, values = schema): Structural {
  const check = compile(values);
  // metadata is decoded into its type, where a finalizer may stand twice
  const { metadata: _metadata, ...properties } = schema.properties ?? {};
  const own = { ...schema, properties };
  const lists = hasListTypes(own);
  return {
    prune: (object) => pruneUnknown(object, schema),
    coerceEmbedded(object) {
      const unknown: string[] = [];
      const wrong = coerceEmbedded(object, schema, unknown);
      return { unknown: unknown.sort(), wrong };
    },
    applyDefaults: (object, keepNulls) => fillDefaults(object, schema, keepNulls),
    validate(object, old) {
      const sink: Sink = { causes: [], path: [], matched: 0 };
      check(object, sink, old);
      validateEmbedded(sink.causes, object, schema);
      if (lists) {
        const found = validateListTypes(object, own);
        const excused =
          found.length > 0 && old !== undefined && validateListTypes(old, own).length > 0;
        if (!excused) sink.causes.push(...found);
      }
      return told(sink.causes);
    },
  };
}

/** The same is told once, however many rules say it. */
function told(causes: StatusCause[]): StatusCause[] {
  if (causes.length < 2) return causes;
  const seen = new Set<string>();
  return causes.filter(({ field, message }) => {
    const key = `${field} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What is wrong with any value, by its schema's values alone: no list types, nothing embedded. */
export function compileValues(schema: Schema): (value: unknown) => StatusCause[] {
  const check = compile(schema);
  return (value) => {
    const sink: Sink = { causes: [], path: [], matched: 0 };
    check(value, sink, undefined);
    return sink.causes;
  };
}

/** Upstream's order: type, combinations, then what fits the kind of value, enum, contents. */
function compile(schema: Schema): Check {
  const rules = schema.rules ?? {};
  const type = typeCheck(schema);
  const combinations = compileCombinations(schema);
  const strings = stringChecks(schema);
  const numbers = numberChecks(schema);
  const items = schema.items === undefined ? undefined : compile(schema.items);
  const lists = listChecks(rules);
  const enumeration = schema.enum === undefined ? undefined : enumCheck(schema.enum);
  const fields = compileFields(schema);
  return (value, sink, old) => {
    type(value, sink, old);
    if (value !== null) {
      sink.matched += rulesAsked(value);
      for (const check of combinations) check(value, sink, old);
      if (typeof value === 'string') for (const check of strings) check(value, sink, old);
      else if (isNumber(value)) for (const check of numbers) check(value, sink, old);
      else if (Array.isArray(value)) {
        if (items !== undefined) checkItems(items, schema, value, sink, old);
        for (const check of lists) check(value, sink, old);
      }
    }
    enumeration?.(value, sink, old);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      fields(value, sink, old);
    }
  };
}

/** What upstream counts whatever the rules say: combinations, enum and the value itself, and its kind. */
function rulesAsked(value: unknown): number {
  if (isNumber(value) || Array.isArray(value)) return 6;
  return typeof value === 'boolean' ? 4 : 5;
}

/** Run a check one step down; what failed before on the same value is let pass. */
function descend(check: Check, step: string, value: unknown, sink: Sink, old: unknown): void {
  const before = sink.causes.length;
  sink.path.push(step);
  check(value, sink, old);
  sink.path.pop();
  if (sink.causes.length > before && old !== undefined && deepEqual(value, old)) {
    sink.causes.length = before;
  }
}

/** Only elements of keyed lists can be told apart over time. */
function checkItems(
  check: Check,
  schema: Schema,
  list: readonly unknown[],
  sink: Sink,
  old: unknown,
): void {
  const keys = schema.listType === 'map' ? schema.listMapKeys : undefined;
  let before: Map<string, unknown> | undefined;
  if (keys !== undefined && Array.isArray(old)) {
    before = new Map(old.map((item) => [identity(item, keys), item]));
  }
  for (let i = 0; i < list.length; i++) {
    const was = before?.get(identity(list[i], keys ?? []));
    descend(check, `[${i}]`, list[i], sink, was);
  }
}

function identity(item: unknown, keys: readonly string[]): string {
  const fields = (typeof item === 'object' && item !== null ? item : {}) as Fields;
  return JSON.stringify(keys.map((key) => fields[key] ?? null));
}

function compileFields(schema: Schema): Check {
  const rules = schema.rules ?? {};
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, `.${name}`, compile(field)] as const,
  );
  const known = schema.properties ?? {};
  const additional = schema.additional === undefined ? undefined : compile(schema.additional);
  const needed = schema.required ?? [];
  const sized = rules.minProperties !== undefined || rules.maxProperties !== undefined;
  return (value, sink, old) => {
    const map = value as Fields;
    const before = typeof old === 'object' && old !== null ? (old as Fields) : undefined;
    if (sized) checkSize(rules, Object.keys(map).length, sink);
    if (additional !== undefined) {
      for (const key of Object.keys(map)) {
        if (Object.hasOwn(known, key)) continue;
        descend(additional, `.${key}`, map[key], sink, own(before, key));
      }
    }
    for (const [name, step, check] of properties) {
      if (Object.hasOwn(map, name)) descend(check, step, map[name], sink, own(before, name));
    }
    for (const name of needed) if (!Object.hasOwn(map, name)) required(sink, name);
  };
}

function own(map: Fields | undefined, key: string): unknown {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

function compileCombinations({ rules }: Schema): Check[] {
  const checks: Check[] = [];
  if (rules?.anyOf !== undefined && rules.anyOf.length > 0) {
    checks.push(anyOf(rules.anyOf.map(compile)));
  }
  if (rules?.oneOf !== undefined && rules.oneOf.length > 0) {
    checks.push(oneOf(rules.oneOf.map(compile)));
  }
  if (rules?.allOf !== undefined && rules.allOf.length > 0) {
    checks.push(allOf(rules.allOf.map(compile)));
  }
  if (rules?.not !== undefined) {
    const check = compile(rules.not);
    checks.push((value, sink) => {
      if (attempt(check, value, sink).causes.length === 0) {
        unplaced(sink, 'must not validate the schema (not)');
      }
    });
  }
  return checks;
}

/** Run an alternative on the side. */
function attempt(check: Check, value: unknown, { path }: Sink): Sink {
  const side: Sink = { causes: [], path: [...path], matched: 0 };
  check(value, side, undefined);
  return side;
}

function better(a: Sink | undefined, b: Sink): Sink {
  return a === undefined || b.matched > a.matched ? b : a;
}

function keep(sink: Sink, failed: Sink | undefined): void {
  if (failed === undefined) return;
  sink.matched += failed.matched;
  sink.causes.push(...failed.causes);
}

function anyOf(alternatives: readonly Check[]): Check {
  return (value, sink) => {
    let best: Sink | undefined;
    for (const alternative of alternatives) {
      const tried = attempt(alternative, value, sink);
      if (tried.causes.length === 0) {
        sink.matched += tried.matched;
        return;
      }
      best = better(best, tried);
    }
    unplaced(sink, 'must validate at least one schema (anyOf)');
    keep(sink, best);
  };
}

function oneOf(alternatives: readonly Check[]): Check {
  return (value, sink) => {
    let best: Sink | undefined;
    let valid = 0;
    for (const alternative of alternatives) {
      const tried = attempt(alternative, value, sink);
      if (tried.causes.length === 0) {
        valid++;
        if (valid === 1) sink.matched += tried.matched;
      } else if (valid === 0) {
        best = better(best, tried);
      }
    }
    if (valid === 1) return;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    unplaced(sink, `must validate one and only one schema (oneOf). ${found}`);
    if (valid === 0) keep(sink, best);
  };
}

function allOf(alternatives: readonly Check[]): Check {
  return (value, sink) => {
    let valid = 0;
    for (const alternative of alternatives) {
      const tried = attempt(alternative, value, sink);
      if (tried.causes.length === 0) valid++;
      sink.matched += tried.matched;
      sink.causes.push(...tried.causes);
    }
    if (valid === alternatives.length) return;
    unplaced(sink, `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
  };
}
