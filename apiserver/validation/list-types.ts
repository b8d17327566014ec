import { fieldDuplicate, fieldInvalid } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';

/** Lists that are sets or maps hold nothing twice. Source: apiextensions schema/listtype. */

type Fields = Record<string, unknown>;

/** Whether a schema (a tree, as all structural schemas) has such lists anywhere. */
export function hasListTypes(schema: Schema | undefined): boolean {
  if (schema === undefined) return false;
  if (schema.listType === 'set' || schema.listType === 'map') return true;
  if (hasListTypes(schema.items) || hasListTypes(schema.additional)) return true;
  return Object.values(schema.properties ?? {}).some(hasListTypes);
}

export function validateListTypes(object: Fields, schema: Schema): StatusCause[] {
  const causes: StatusCause[] = [];
  visit(causes, '', object, schema);
  return causes;
}

function visit(causes: StatusCause[], path: string, value: unknown, schema?: Schema): void {
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    if (schema.listType === 'set') checkSet(causes, path, value, value);
    else if (schema.listType === 'map') checkMap(causes, path, value, schema.listMapKeys ?? []);
    if (schema.items !== undefined) {
      value.forEach((item, i) => visit(causes, `${path}[${i}]`, item, schema.items));
    }
    return;
  }
  const map = value as Fields;
  for (const key of Object.keys(map)) {
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
    if (known) {
      visit(causes, path === '' ? key : `${path}.${key}`, map[key], schema.properties?.[key]);
    } else if (schema.additional !== undefined) {
      visit(causes, `${path}[${key}]`, map[key], schema.additional);
    }
  }
}

/** Each value that occurs again is reported once, at its second place. */
function checkSet(
  causes: StatusCause[],
  path: string,
  identities: readonly unknown[],
  shown: readonly unknown[],
): void {
  const times = new Map<string, number>();
  identities.forEach((identity, i) => {
    const text = canonical(identity);
    const before = times.get(text) ?? 0;
    times.set(text, before + 1);
    if (before === 1) causes.push(fieldDuplicate(`${path}[${i}]`, shown[i]));
  });
}

function checkMap(
  causes: StatusCause[],
  path: string,
  list: readonly unknown[],
  keys: readonly string[],
): void {
  const identities: Fields[] = [];
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (item !== null && (typeof item !== 'object' || Array.isArray(item))) {
      causes.push(
        fieldInvalid(`${path}[${i}]`, item, 'must be an object for an array of list-type map'),
      );
      return;
    }
    const identity: Fields = {};
    for (const key of keys) {
      if (item !== null && Object.hasOwn(item as Fields, key)) {
        identity[key] = (item as Fields)[key];
      }
    }
    identities.push(identity);
  }
  checkSet(causes, path, identities, identities);
}

/** Objects are equal whatever the order of their fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const map = value as Fields;
  const parts = Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(map[key])}`);
  return `{${parts.join(',')}}`;
}
