import { deepCopy, setOwn } from '../object/copy.ts';
import type { Schema } from './schema.ts';

/**
 * What upstream's typed objects add by themselves. `applyDefaults` gives the defaults that a type
 * declares; `fillZeros` gives what Go writes for fields that are unset (`status: {}`,
 * `lastProbeTime: null`, `rules: null`), which an object should get last, before it is stored.
 */

type Entry = [key: string, value: unknown];

interface Plan {
  defaults: Entry[];
  zeros: Entry[];
  nested: [key: string, schema: Schema][];
}

/** By an object's `properties`, which all nodes of one type share. */
const plans = new WeakMap<object, Plan>();

/**
 * Fields that are absent get the default their type declares; structures that are always there
 * (`spec`, `metadata` of a template, `strategy`) become {}. Empty scalars are left to `fillZeros`.
 */
export function applyDefaults(object: object, schema: Schema): void {
  walk(object, schema, 'defaults');
}

/** Only for built-in kinds, and after validation: an absent required field would look present. */
export function fillZeros(object: object, schema: Schema): void {
  walk(object, schema, 'zeros');
}

function walk(value: unknown, schema: Schema, what: 'defaults' | 'zeros'): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined || isScalar(items)) return;
    for (const item of value) walk(item, items, what);
    return;
  }
  const record = value as Record<string, unknown>;
  if (schema.properties === undefined) {
    const { additional } = schema;
    if (additional === undefined || isScalar(additional)) return;
    for (const key in record) walk(record[key], additional, what);
    return;
  }
  const plan = planOf(schema);
  for (const [key, given] of plan[what]) {
    if (record[key] === undefined) setOwn(record, key, deepCopy(given));
  }
  for (const [key, field] of plan.nested) {
    const inner = record[key];
    if (inner !== undefined) walk(inner, field, what);
  }
}

function planOf(schema: Schema): Plan {
  const properties = schema.properties ?? {};
  const known = plans.get(properties);
  if (known !== undefined) return known;
  const plan: Plan = { defaults: [], zeros: [], nested: [] };
  for (const [key, field] of Object.entries(properties)) {
    if (field.zero !== undefined) plan.zeros.push([key, field.zero]);
    const empty = field.zero !== undefined || field.omitEmpty === true;
    if (field.default !== undefined && !(empty && isEmptyScalar(field.default))) {
      plan.defaults.push([key, field.default]);
    }
    if (!isScalar(field)) plan.nested.push([key, field]);
  }
  plans.set(properties, plan);
  return plan;
}

function isEmptyScalar(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === null;
}

function isScalar(schema: Schema): boolean {
  return schema.type !== 'object' && schema.type !== 'array';
}
