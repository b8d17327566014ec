import { isNumber } from '../json.ts';
import type { Schema } from '../../schema/schema.ts';
import { goFormat, goSyntax, goType } from '../go-format.ts';
import { fieldElement, type FieldSet, insert, sortSet } from './field-set.ts';
import { formatElement } from './field-path.ts';
import {
  type Fields,
  fieldSchema,
  isEmptyContainer,
  isNamedField,
  itemElement,
  shapeOf,
} from './shape.ts';

/** What an object mentions: every leaf, every element of a list, every entry of a map. */
export function toFieldSet(object: Fields, schema: Schema): FieldSet {
  const set: FieldSet = {};
  collectMap(set, [], object, schema);
  return sortSet(set);
}

function collect(set: FieldSet, path: string[], value: unknown, schema: Schema | undefined): void {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf') insert(set, path);
  else if (value === null) return;
  else if (shape === 'map') collectMap(set, path, value as Fields, schema);
  else collectList(set, path, value as unknown[], schema as Schema);
}

function collectMap(set: FieldSet, path: string[], map: Fields, schema: Schema | undefined): void {
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value === undefined) continue;
    path.push(fieldElement(key));
    collect(set, path, value, fieldSchema(schema, key));
    const emptyMap = !Array.isArray(value) && typeof value === 'object' && isEmptyContainer(value);
    if (emptyMap || !isNamedField(schema, key)) insert(set, path);
    path.pop();
  }
}

function collectList(set: FieldSet, path: string[], list: unknown[], schema: Schema): void {
  const counts = new Map<string, number>();
  const elements = list.map((item) => {
    const element = itemElement(schema, item);
    counts.set(element, (counts.get(element) ?? 0) + 1);
    return element;
  });
  list.forEach((item, i) => {
    const element = elements[i] as string;
    path.push(element);
    // Of elements that occur twice only their presence can be owned.
    if (counts.get(element) === 1) collect(set, path, item, schema.items);
    insert(set, path);
    path.pop();
  });
}

/**
 * What makes an apply configuration unusable, in upstream's words: fields that the schema does not
 * have, values of the wrong kind, list elements without identity or twice the same.
 */
export function typeErrors(value: unknown, schema: Schema | undefined): string[] {
  const errors: string[] = [];
  check(errors, '', value, schema);
  return errors;
}

/** Whether owners of its fields can be told apart; two elements of one identity are no hindrance. */
export function fitsSchema(value: unknown, schema: Schema): boolean {
  return typeErrors(value, schema).every((error) => error.includes(': duplicate entries for key '));
}

/** All of them in one text. */
export function typeError(value: unknown, schema: Schema | undefined): string | undefined {
  const errors = typeErrors(value, schema);
  return errors.length < 2 ? errors[0] : `errors:\n${errors.map((e) => `  ${e}`).join('\n')}`;
}

function check(errors: string[], path: string, value: unknown, schema: Schema | undefined): void {
  if (schema === undefined || value === null || value === undefined) return;
  switch (schema.type) {
    case 'object':
      if (typeof value !== 'object' || Array.isArray(value)) report(errors, path, 'map', value);
      else checkMap(errors, path, value as Fields, schema);
      return;
    case 'array':
      if (!Array.isArray(value)) report(errors, path, 'list', value);
      else checkList(errors, path, value, schema);
      return;
    case 'string':
      if (schema.format === 'quantity' && isNumber(value)) return;
      if (typeof value !== 'string') report(errors, path, 'string', value, asSyntax);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') report(errors, path, 'boolean', value);
      return;
    case 'integer':
    case 'number':
      if (!isNumber(value)) report(errors, path, 'numeric (int or float)', value, goType);
      return;
    default:
      if (schema.intOrString === true && typeof value === 'object') {
        report(errors, path, 'any scalar', value);
      }
  }
}

/** Upstream shows the wrong value in three ways, each kind its own (structured-merge-diff, validate.go). */
const asFormat = (value: unknown): string => `&{${goFormat(value)}}`;
const asSyntax = (value: unknown): string => `&value.valueUnstructured{Value:${goSyntax(value)}}`;

function report(
  errors: string[],
  path: string,
  expected: string,
  value: unknown,
  shown: (value: unknown) => string = asFormat,
): void {
  errors.push(`${path}${path === '' ? '' : ': '}expected ${expected}, got ${shown(value)}`);
}

function checkMap(errors: string[], path: string, map: Fields, schema: Schema): void {
  const free =
    schema.preserveUnknown === true ||
    schema.additional !== undefined ||
    schema.properties === undefined;
  for (const key of Object.keys(map)) {
    const field = fieldSchema(schema, key);
    if (field === undefined && !free) {
      // upstream, too, looks at none of the fields after one that is not there
      errors.push(`${path}.${key}: field not declared in schema`);
      return;
    }
    check(errors, `${path}.${key}`, map[key], field);
  }
}

function checkList(errors: string[], path: string, list: unknown[], schema: Schema): void {
  const keyed = shapeOf(schema, list) === 'list';
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    let element = `i:${i}`;
    if (keyed) {
      try {
        element = itemElement(schema, item);
      } catch (error) {
        // upstream, too, says nothing of the elements after one without identity
        errors.push(`${path}: element ${i}: ${(error as Error).message}`);
        return;
      }
      if (seen.has(element)) {
        errors.push(`${path}: duplicate entries for key ${formatElement(element)}`);
      }
      seen.add(element);
    }
    check(errors, `${path}${formatElement(element)}`, item, schema.items);
  }
}
