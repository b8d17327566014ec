import { deepCopy, setOwn } from '../object/copy.ts';
import type { Schema } from './schema.ts';

/**
 * What upstream's typed objects add by themselves. `applyDefaults` gives the defaults that a type
 * declares; `fillZeros` gives what Go writes for fields that are unset (`status: {}`,
 * `lastProbeTime: null`, `rules: null`), which an object should get last, before it is stored.
 */

type What = 'defaults' | 'zeros';

/** What is to do at the fields of one type: lists side by side, which loops go over without garbage. */
interface Plan {
  keys: string[];
  values: unknown[];
  /** Fields with something to do in or below them. */
  nestedKeys: string[];
  nested: Schema[];
}

/** By an object's `properties`, which all nodes of one type share. */
const plans = { defaults: new WeakMap<object, Plan>(), zeros: new WeakMap<object, Plan>() };

/**
 * Fields that are absent get the default their type declares; structures that are always there
 * (`spec`, `metadata` of a template, `strategy`) become {}. Empty scalars are left to `fillZeros`.
 */
export function applyDefaults(object: object, schema: Schema): void {
  walk(object, schema, 'defaults');
}

/** Only for built-in kinds, after their defaults. Lists and maps that are absent may become null. */
export function fillZeros(object: object, schema: Schema): void {
  walk(object, schema, 'zeros');
}

function walk(value: unknown, schema: Schema, what: What): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined || isScalar(items)) return;
    for (let i = 0; i < value.length; i++) walk(value[i], items, what);
    return;
  }
  const record = value as Record<string, unknown>;
  if (schema.properties === undefined) {
    const { additional } = schema;
    if (additional === undefined || isScalar(additional)) return;
    for (const key in record) walk(record[key], additional, what);
    return;
  }
  const { keys, values, nestedKeys, nested } = planOf(schema.properties, what);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (record[key] === undefined) setOwn(record, key, deepCopy(values[i]));
  }
  for (let i = 0; i < nestedKeys.length; i++) {
    const inner = record[nestedKeys[i] as string];
    if (inner !== undefined) walk(inner, nested[i] as Schema, what);
  }
}

function planOf(properties: Record<string, Schema>, what: What): Plan {
  const known = plans[what].get(properties);
  if (known !== undefined) return known;
  const plan: Plan = { keys: [], values: [], nestedKeys: [], nested: [] };
  // before the fields are looked at: a type may lie within itself
  plans[what].set(properties, plan);
  for (const [key, field] of Object.entries(properties)) {
    const value = valueOf(field, what);
    if (value !== undefined) {
      plan.keys.push(key);
      plan.values.push(value);
    }
    if (!hasWork(field, what, new Set())) continue;
    plan.nestedKeys.push(key);
    plan.nested.push(field);
  }
  return plan;
}

/** What an absent field gets. A default that is an empty scalar is what the field has without it. */
function valueOf(field: Schema, what: What): unknown {
  if (what === 'zeros') return field.zero;
  const empty = field.zero !== undefined || field.omitEmpty === true;
  return empty && isEmptyScalar(field.default) ? undefined : field.default;
}

/** Whether anything is to do within a value of the type. */
function hasWork(schema: Schema, what: What, within: Set<object>): boolean {
  const inner = schema.items ?? schema.additional;
  if (inner !== undefined && hasWork(inner, what, within)) return true;
  const { properties } = schema;
  if (properties === undefined || within.has(properties)) return false;
  within.add(properties);
  return Object.values(properties).some(
    (field) => valueOf(field, what) !== undefined || hasWork(field, what, within),
  );
}

function isEmptyScalar(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === null;
}

function isScalar(schema: Schema): boolean {
  return schema.type !== 'object' && schema.type !== 'array';
}
