import { isNumber } from '../../object/json.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import { compileCombinations } from './combination-rules.ts';
import { hasListTypes, validateListTypes } from './list-types.ts';
import { coerceEmbedded, validateEmbedded } from './embedded.ts';
import { fillDefaults, pruneUnknown } from './prune.ts';
import { type ScalePaths, validateScale, validateScaleStatus } from './scale-rules.ts';
import { numberChecks } from './number-rules.ts';
import { byKeys, isOfType, unchanged } from './unchanged.ts';
import {
  type Check,
  checkSize,
  enumCheck,
  listChecks,
  required,
  type Sink,
  stringChecks,
  typeCheck,
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
   * pass (KEP-4008). `floats` are the paths of numbers that are floats though they are whole.
   */
  validate(object: Fields, old?: Fields, floats?: ReadonlySet<string>): StatusCause[];
  /** As {@link validate}, of a write to the status: nothing beside it is looked at but lists. */
  validateStatus(object: Fields, old: Fields, floats?: ReadonlySet<string>): StatusCause[];
}

interface Judged {
  /** What the object itself is held to, where that is another schema. */
  values?: Schema;
  scale?: ScalePaths | undefined;
}

export function compileStructural(
  schema: Schema,
  { values = schema, scale }: Judged = {},
): Structural {
  const check = compile(values);
  const status = values.properties?.['status'];
  const checkStatus = status === undefined ? undefined : compile(status);
  // metadata is decoded into its type, where a finalizer may stand twice
  const { metadata: _metadata, ...properties } = schema.properties ?? {};
  const own = { ...schema, properties };
  const lists = hasListTypes(own);
  const listErrors = (object: Fields, old: Fields | undefined): StatusCause[] => {
    const found = lists ? validateListTypes(object, own) : [];
    const excused = found.length > 0 && old !== undefined && validateListTypes(old, own).length > 0;
    return excused ? [] : found;
  };
  return {
    prune: (object) => pruneUnknown(object, schema),
    coerceEmbedded(object) {
      const unknown: string[] = [];
      const wrong = coerceEmbedded(object, schema, unknown);
      return { unknown: unknown.sort(), wrong };
    },
    applyDefaults: (object, keepNulls) => fillDefaults(object, schema, keepNulls),
    validate(object, old, floats) {
      const sink: Sink = { causes: [], path: [], matched: 0, floats };
      check(object, sink, old);
      if (scale !== undefined) sink.causes.push(...validateScale(object, scale, floats));
      validateEmbedded(sink.causes, object, schema);
      sink.causes.push(...listErrors(object, old));
      return told(sink.causes);
    },
    validateStatus(object, old, floats) {
      const sink: Sink = { causes: [], path: [], matched: 0, floats: inside(floats, 'status.') };
      if (checkStatus !== undefined && Object.hasOwn(object, 'status')) {
        checkStatus(object['status'], sink, old['status']);
      }
      const causes = sink.causes.map(inStatus);
      if (scale !== undefined) causes.push(...validateScaleStatus(object, scale, floats));
      causes.push(...listErrors(object, old));
      return told(causes);
    },
  };
}

/** A status is judged by itself: messages know it as the root, fields do not. */
function inStatus(cause: StatusCause): StatusCause {
  return { ...cause, field: cause.field === '<nil>' ? 'status' : `status.${cause.field}` };
}

function inside(
  floats: ReadonlySet<string> | undefined,
  above: string,
): ReadonlySet<string> | undefined {
  if (floats === undefined) return undefined;
  const below = [...floats].filter((path) => path.startsWith(above));
  return new Set(below.map((path) => path.slice(above.length)));
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
  const combinations = compileCombinations(schema, compile);
  const strings = stringChecks(schema);
  const numbers = numberChecks(schema);
  const items = partOf(schema.items);
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

/** What a schema's check is, and the schema. */
interface Part {
  check: Check;
  schema: Schema;
}

function partOf(schema: Schema | undefined): Part | undefined {
  return schema === undefined ? undefined : { check: compile(schema), schema };
}

/** Run a check one step down; what failed before on the same value is let pass. */
function descend(part: Part, step: string, value: unknown, sink: Sink, old: unknown): void {
  const before = sink.causes.length;
  sink.path.push(step);
  part.check(value, sink, old);
  sink.path.pop();
  if (sink.causes.length > before && old !== undefined && unchanged(part.schema, value, old)) {
    sink.causes.length = before;
  }
}

/** Only elements of keyed lists can be told apart over time. */
function checkItems(
  part: Part,
  schema: Schema,
  list: readonly unknown[],
  sink: Sink,
  old: unknown,
): void {
  const before = byKeys(schema, old);
  for (let i = 0; i < list.length; i++) descend(part, `[${i}]`, list[i], sink, before?.(list[i]));
}

function compileFields(schema: Schema): Check {
  const rules = schema.rules ?? {};
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    step: `.${name}`,
    check: compile(field),
    schema: field,
  }));
  const known = schema.properties ?? {};
  const additional = partOf(schema.additional);
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
    const isRoot = sink.path.length === 0;
    for (const part of properties) {
      const { name, step } = part;
      if (!Object.hasOwn(map, name)) continue;
      const was = isRoot && isOfType(name) ? undefined : own(before, name);
      descend(part, step, map[name], sink, was);
    }
    for (const name of needed) if (!Object.hasOwn(map, name)) required(sink, name);
  };
}

function own(map: Fields | undefined, key: string): unknown {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
