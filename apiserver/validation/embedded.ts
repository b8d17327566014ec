import { fieldInvalid, fieldRequired } from '../../object/field-error.ts';
import { dns1035LabelErrors } from '../../object/name.ts';
import { type ObjectMeta, parseApiVersion } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import { validateMetadata } from './metadata.ts';

/** Objects inside objects (x-kubernetes-embedded-resource). Source: apiextensions schema/objectmeta. */

type Fields = Record<string, unknown>;

const embeds = new WeakMap<Schema, boolean>();

/** The root itself is judged elsewhere. */
export function validateEmbedded(causes: StatusCause[], object: Fields, schema: Schema): void {
  if (hasEmbedded(schema)) visitFields(causes, '', object, schema);
}

function hasEmbedded(schema: Schema | undefined): boolean {
  if (schema === undefined) return false;
  let answer = embeds.get(schema);
  if (answer === undefined) {
    answer = [schema.items, schema.additional, ...Object.values(schema.properties ?? {})].some(
      (below) => below !== undefined && (below.embedded === true || hasEmbedded(below)),
    );
    embeds.set(schema, answer);
  }
  return answer;
}

function visit(causes: StatusCause[], path: string, value: unknown, schema?: Schema): void {
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => visit(causes, `${path}[${i}]`, item, schema.items));
    return;
  }
  if (schema.embedded === true) checkEmbedded(causes, path, value as Fields);
  if (hasEmbedded(schema)) visitFields(causes, path, value as Fields, schema);
}

function visitFields(causes: StatusCause[], path: string, map: Fields, schema: Schema): void {
  for (const key of Object.keys(map)) {
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
    const at = known ? `${path === '' ? '' : `${path}.`}${key}` : `${path}[${key}]`;
    visit(causes, at, map[key], known ? schema.properties?.[key] : schema.additional);
  }
}

function checkEmbedded(causes: StatusCause[], path: string, object: Fields): void {
  const { apiVersion, kind, metadata } = object;
  for (const field of ['apiVersion', 'kind'] as const) {
    const value = object[field];
    const at = `${path}.${field}`;
    if (value === undefined) causes.push(fieldRequired(at, 'must not be empty'));
    else if (typeof value !== 'string') causes.push(fieldInvalid(at, value, 'must be a string'));
    else if (value === '') causes.push(fieldInvalid(at, value, 'must not be empty'));
  }
  if (typeof apiVersion === 'string' && parseApiVersion(apiVersion) === undefined) {
    const why = `unexpected GroupVersion string: ${apiVersion}`;
    causes.push(fieldInvalid(`${path}.apiVersion`, apiVersion, why));
  }
  if (typeof kind === 'string' && kind !== '') {
    const errors = dns1035LabelErrors(kind.toLowerCase());
    if (errors.length > 0) {
      const why = `may have mixed case, but should otherwise match: ${errors.join(',')}`;
      causes.push(fieldInvalid(`${path}.kind`, kind, why));
    }
  }
  if (typeof metadata !== 'object' || metadata === null) return;
  // The name of an embedded object may be left to whoever makes the object of it.
  const given = metadata as ObjectMeta;
  const rules = { nameRule: 'path-segment', namespaced: given.namespace !== undefined } as const;
  const found = validateMetadata({ ...given, name: given.name ?? 'x' }, rules, `${path}.metadata`);
  causes.push(...found);
}
