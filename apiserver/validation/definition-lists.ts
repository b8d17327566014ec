import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { isProps, type JsonSchemaProps } from './definition.ts';
import { shownItems } from './internal-form.ts';

/** Lists that are sets or maps, in a definition's schema (apiextensions validation). */

export interface ListOptions {
  /** Sets hold what is atomic. */
  requireAtomicSets: boolean;
  /** Elements of sets and maps have an identity that is always there. */
  requireMapKeys: boolean;
}

export function checkLists(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
  options: ListOptions,
): void {
  const listType = props['x-kubernetes-list-type'];
  const keys = namesOf(props['x-kubernetes-list-map-keys']);
  if (listType !== undefined) {
    if (props.type !== 'array') needsType(causes, props, path, 'array', 'x-kubernetes-list-type');
    else if (options.requireAtomicSets && listType === 'set') checkSetItems(causes, props, path);
    oneOf(causes, `${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']);
  }
  if (keys.length > 0 && listType !== 'map') {
    const at = `${path}.x-kubernetes-list-type`;
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    causes.push(listType === undefined ? fieldRequired(at, why) : fieldInvalid(at, listType, why));
  }
  if (listType === 'map') checkMapList(causes, props, path, keys);
  if (options.requireMapKeys) causes.push(...identityErrors(props, path));
}

function namesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}

export function needsType(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
  type: string,
  extension: string,
): void {
  if (props.type === type) return;
  const why = `must be ${type} if ${extension} is specified`;
  const at = `${path}.type`;
  causes.push(props.type ? fieldInvalid(at, props.type, why) : fieldRequired(at, why));
}

export function oneOf(
  causes: StatusCause[],
  path: string,
  value: unknown,
  known: readonly string[],
): void {
  if (!known.includes(value as string)) causes.push(fieldNotSupported(path, value, known));
}

/** What keeps a list from being a set of values that are the same or not. */
function checkSetItems(causes: StatusCause[], props: JsonSchemaProps, path: string): void {
  const { items } = props;
  if (!isProps(items) || !hasNonAtomicItems(props)) return;
  const extension = items.type === 'array' ? 'x-kubernetes-list-type' : 'x-kubernetes-map-type';
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  // upstream shows the list type of both
  const shown = items['x-kubernetes-list-type'] ?? null;
  causes.push(fieldInvalid(`${path}.items.${extension}`, shown, why));
}

export function hasNonAtomicItems(props: JsonSchemaProps): boolean {
  const { items } = props;
  if (props['x-kubernetes-list-type'] !== 'set' || !isProps(items)) return false;
  if (items.type === 'object') return items['x-kubernetes-map-type'] !== 'atomic';
  return items.type === 'array' && (items['x-kubernetes-list-type'] ?? 'atomic') !== 'atomic';
}

function checkMapList(
  causes: StatusCause[],
  { items }: JsonSchemaProps,
  path: string,
  keys: readonly string[],
): void {
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) {
    causes.push(fieldRequired(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  }
  if (Array.isArray(items)) {
    const why = 'must only have a single schema if x-kubernetes-list-type is map';
    causes.push(fieldInvalid(`${path}.items`, shownItems(items), why));
    return;
  }
  if (!isProps(items)) {
    const why = 'must have a schema if x-kubernetes-list-type is map';
    causes.push(fieldRequired(`${path}.items`, why));
    return;
  }
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    causes.push(fieldInvalid(`${path}.items.type`, items.type ?? '', why));
    return;
  }
  const properties = isProps(items.properties) ? items.properties : {};
  const seen = new Set<string>();
  for (const key of keys) {
    const field = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!isProps(field)) {
      causes.push(fieldInvalid(keysPath, keys, 'entries must all be names of item properties'));
    } else if (field.type === 'array' || field.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      causes.push(fieldInvalid(`${path}.items.properties[${key}].type`, items.type, why));
    }
    if (seen.has(key)) {
      causes.push(fieldInvalid(keysPath, keys, 'must not contain duplicate entries'));
    }
    seen.add(key);
  }
}

/** Elements of sets and maps must have an identity that is always there. */
export function identityErrors(props: JsonSchemaProps, path: string): StatusCause[] {
  const { items } = props;
  const listType = props['x-kubernetes-list-type'];
  if (!isProps(items) || (listType !== 'set' && listType !== 'map')) return [];
  const causes: StatusCause[] = [];
  if (items.nullable === true) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    causes.push(fieldForbidden(`${path}.items.nullable`, why));
  }
  if (listType !== 'map') return causes;
  const needed = namesOf(items.required);
  for (const key of namesOf(props['x-kubernetes-list-map-keys'])) {
    const field = isProps(items.properties) ? items.properties[key] : undefined;
    if (!isProps(field)) continue;
    const at = `${path}.items.properties[${key}]`;
    const subject = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!needed.includes(key) && field.default === undefined) {
      const why = `${subject} must have a default or be a required property`;
      causes.push(fieldRequired(`${at}.default`, why));
    }
    if (field.nullable === true) {
      causes.push(fieldForbidden(`${at}.nullable`, `${subject} cannot be nullable`));
    }
  }
  return causes;
}
