import { isNumber } from './json.ts';
import type { Schema } from '../schema/schema.ts';
import { deepCopy, setOwn } from './copy.ts';
import { badRequest } from './status-error.ts';
import {
  badPatchType,
  badType,
  directive,
  failed,
  isMap,
  type JsonMap,
  withoutDirectives,
} from './strategic-merge-error.ts';
import { mergeLists, orderLists } from './strategic-merge-list.ts';

/**
 * Strategic merge patch of the built-in kinds: merge keys and strategies come from the schema,
 * directives from the patch (`$patch`, `$retainKeys`, `$setElementOrder/x`,
 * `$deleteFromPrimitiveList/x`). Source: k8s.io/apimachinery util/strategicpatch.
 */

const retainKeys = '$retainKeys';
const deleteFromList = '$deleteFromPrimitiveList';
const setOrder = '$setElementOrder';

/**
 * The patched object; neither argument is changed.
 * @throws StatusError 400 for malformed directives, 500 for what upstream answers with 500 (a
 * missing merge key, lists of mixed types)
 */
export function applyStrategicMergePatch<T extends object>(
  original: T,
  patch: unknown,
  schema: Schema,
): T {
  if (!isMap(patch)) throw badRequest('invalid JSON document');
  return mergeMaps(deepCopy(original) as JsonMap, deepCopy(patch), schema) as T;
}

/**
 * What a merge leaves of a patch: upstream's takes directives, and the lists that it orders, out of
 * the patch as it goes, and shows the rest where it refuses what became of the object.
 */
export function strategicPatchLeft(original: object, patch: object, schema: Schema): object {
  const left = deepCopy(patch) as JsonMap;
  mergeMaps(deepCopy(original) as JsonMap, left, schema);
  return left;
}

/** Both arguments may be changed and become part of the result. */
function mergeMaps(original: JsonMap, patch: JsonMap, schema: Schema | undefined): JsonMap {
  if (Object.hasOwn(patch, directive)) return obey(patch[directive], patch);
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, schema);
  for (const name of Object.keys(patch)) {
    const value = patch[name];
    const deleting = name.startsWith(deleteFromList);
    const key = deleting ? listName(name, deleteFromList) : name;
    if (value === null) {
      delete original[key];
    } else if (!Object.hasOwn(original, key) || kindOf(original[key]) !== kindOf(value)) {
      if (!deleting) setClean(original, key, value);
    } else if (Array.isArray(value)) {
      const field = fieldSchema(schema, key);
      const old = original[key] as unknown[];
      setOwn(
        original,
        key,
        isMerged(field) ? mergeLists(old, value, field, deleting, mergeMaps) : value,
      );
    } else if (isMap(value)) {
      const field = fieldSchema(schema, key);
      const replaced = strategies(field).includes('replace');
      setOwn(original, key, replaced ? value : mergeMaps(original[key] as JsonMap, value, field));
    } else {
      setOwn(original, key, value);
    }
  }
  return original;
}

function obey(what: unknown, patch: JsonMap): JsonMap {
  if (what === 'replace') {
    delete patch[directive];
    return patch;
  }
  if (what === 'delete') return {};
  throw badPatchType(what, patch);
}

function kindOf(value: unknown): string {
  if (isNumber(value)) return 'number';
  return Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value;
}

/**
 * What the schema knows about a field; undefined where the schema is free-form.
 * @throws StatusError 500 for a field that a closed schema does not have
 */
function fieldSchema(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema === undefined) return undefined;
  const properties = schema.properties;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  if (schema.additional !== undefined) return schema.additional;
  if (properties === undefined || schema.preserveUnknown === true || schema.type === 'any') {
    return undefined;
  }
  const name = (schema.name ?? 'object').split('.').pop();
  throw failed(`unable to find api field in struct ${name} for the json field "${key}"`);
}

function strategies(schema: Schema | undefined): readonly string[] {
  return schema?.patchStrategy === undefined ? [] : schema.patchStrategy.split(',');
}

function isMerged(schema: Schema | undefined): boolean {
  return strategies(schema).includes('merge');
}

function listName(name: string, prefix: string): string {
  if (!name.startsWith(`${prefix}/`)) {
    const what = prefix === setOrder ? 'setElementOrder list' : 'primitive list';
    throw badRequest(`invalid patch format of ${what}`);
  }
  return name.slice(prefix.length + 1);
}

/** Drop every field of `original` that the directive does not list. */
function applyRetainKeys(original: JsonMap, patch: JsonMap): void {
  if (!Object.hasOwn(patch, retainKeys)) return;
  const list = patch[retainKeys];
  delete patch[retainKeys];
  const malformed = 'invalid patch format of retainKeys';
  if (!Array.isArray(list)) throw badRequest(malformed);
  const kept = new Set<unknown>(list);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || key.startsWith(deleteFromList) || key.startsWith(setOrder)) continue;
    if (!kept.has(key)) throw badRequest(malformed);
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}

/** Merge the lists whose order the patch gives, and take them out of the patch. */
function applyElementOrders(original: JsonMap, patch: JsonMap, schema: Schema | undefined): void {
  for (const name of Object.keys(patch)) {
    if (!name.startsWith(setOrder)) continue;
    const order = patch[name];
    delete patch[name];
    if (!Array.isArray(order)) throw badType([], order);
    const key = listName(name, setOrder);
    const old = listOf(original, key);
    const changes = listOf(patch, key);
    const field = fieldSchema(schema, key);
    const ordered = orderLists(old, changes, order, field, isMerged(field) ? mergeMaps : undefined);
    if (ordered === undefined) continue;
    setOwn(original, key, ordered);
    delete patch[key];
  }
}

function listOf(map: JsonMap, key: string): unknown[] | undefined {
  if (!Object.hasOwn(map, key)) return undefined;
  const value = map[key];
  if (!Array.isArray(value)) throw badType([], value);
  return value;
}

/** A value that meets nothing to merge with: nulls and directives in it mean nothing. */
function setClean(target: JsonMap, key: string, value: unknown): void {
  dropNulls(value);
  const clean = withoutDirectives(value);
  if (clean === undefined) delete target[key];
  else setOwn(target, key, clean);
}

function dropNulls(value: unknown): void {
  if (Array.isArray(value)) value.forEach(dropNulls);
  if (!isMap(value)) return;
  for (const key of Object.keys(value)) {
    if (value[key] === null) delete value[key];
    else dropNulls(value[key]);
  }
}
