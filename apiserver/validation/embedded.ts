import { deepCopy } from '../../object/copy.ts';
import { fieldInvalid, fieldRequired } from '../../object/field-error.ts';
import { dns1035LabelErrors } from '../../object/name.ts';
import { type ObjectMeta, parseApiVersion } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { canonical } from '../../schema/decode.ts';
import { goTypeName, goValueName } from '../../schema/go-type.ts';
import type { Schema } from '../../schema/schema.ts';
import { validateMetadata } from './metadata.ts';

/** Objects inside objects (x-kubernetes-embedded-resource). Source: apiextensions schema/objectmeta. */

type Fields = Record<string, unknown>;

const embeds = new WeakMap<Schema, boolean>();

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

/** Where a walk is, and what it does with every object inside another. */
type Visit = (object: Fields, path: string, schema: Schema) => void;

function visit(each: Visit, path: string, value: unknown, schema: Schema | undefined): void {
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => visit(each, `${path}[${i}]`, item, schema.items));
    return;
  }
  const map = value as Fields;
  if (schema.embedded === true) each(map, path, schema);
  if (!hasEmbedded(schema)) return;
  for (const key of Object.keys(map)) {
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
    const at = known ? join(path, key) : `${path}[${key}]`;
    visit(each, at, map[key], known ? schema.properties?.[key] : schema.additional);
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** @param whole whether the value itself, when its schema says so, is such an object to be judged */
export function validateEmbedded(
  causes: StatusCause[],
  value: unknown,
  schema: Schema,
  whole = false,
): void {
  if (!hasEmbedded(schema) && !(whole && schema.embedded === true)) return;
  const from = whole ? schema : { ...schema, embedded: false };
  visit((object, path) => checkEmbedded(causes, path, object), '', value, from);
}

function checkEmbedded(causes: StatusCause[], path: string, object: Fields): void {
  for (const field of ['apiVersion', 'kind'] as const) {
    if (object[field] === undefined) causes.push(fieldRequired(join(path, field)));
  }
  for (const [key, value] of Object.entries(object)) {
    const at = join(path, key);
    if (key === 'metadata') causes.push(...metadataErrors(value, at));
    if (key !== 'apiVersion' && key !== 'kind') continue;
    const why =
      typeof value !== 'string'
        ? 'must be a string'
        : value === ''
          ? 'must not be empty'
          : key === 'kind'
            ? kindProblem(value)
            : versionProblem(value);
    if (why !== undefined) causes.push(fieldInvalid(at, value, why));
  }
}

function versionProblem(apiVersion: string): string | undefined {
  if (parseApiVersion(apiVersion) !== undefined) return undefined;
  return `unexpected GroupVersion string: ${apiVersion}`;
}

function kindProblem(kind: string): string | undefined {
  const errors = dns1035LabelErrors(kind.toLowerCase());
  if (errors.length === 0) return undefined;
  return `may have mixed case, but should otherwise match: ${errors.join(',')}`;
}

function metadataErrors(metadata: unknown, at: string): StatusCause[] {
  if (metadata === null) return [];
  const read = readMetadata(metadata);
  if (read.wrong !== undefined) return [fieldInvalid(at, metadata, read.wrong)];
  const given = read.metadata as ObjectMeta;
  // The name of an embedded object may be left to whoever makes the object of it.
  const rules = { nameRule: 'path-segment', namespaced: Boolean(given.namespace) } as const;
  return validateMetadata({ ...given, name: given.name || 'fakename' }, rules, at);
}

const metaSchema = (): Schema => builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');

interface ReadMetadata {
  metadata: unknown;
  unknown: string[];
  wrong: string | undefined;
}

/** Metadata in its canonical form, and what is not known or of another type in what was sent. */
function readMetadata(sent: unknown): ReadMetadata {
  if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) {
    const metadata = deepCopy(sent);
    return { metadata, ...canonical(metadata, metaSchema()) };
  }
  const type = goTypeName(metaSchema());
  const wrong = `json: cannot unmarshal ${goValueName(sent)} into Go value of type ${type}`;
  return { metadata: sent, unknown: [], wrong };
}

/** Whether a null is none of the field's values: it goes before metadata is looked at. */
function isNoValue(field: Schema | undefined): boolean {
  return field !== undefined && field.nullable !== true && field.default === undefined;
}

/**
 * Brings apiVersion, kind and metadata of the objects inside a value into their canonical form, in
 * place; the first that is of another type. What metadata does not know goes, its path into `unknown`.
 */
export function coerceEmbedded(
  value: unknown,
  schema: Schema,
  unknown?: string[],
): StatusCause | undefined {
  if (schema.embedded !== true && !hasEmbedded(schema)) return undefined;
  let wrong: StatusCause | undefined;
  const coerce: Visit = (object, path, own) => {
    for (const [key, field] of Object.entries(object)) {
      if (wrong !== undefined) return;
      if (key === 'metadata' && field === null && isNoValue(own.properties?.[key])) {
        delete object[key];
      } else if (key === 'metadata') {
        const read = readMetadata(field ?? {});
        unknown?.push(...read.unknown.map((name) => join(join(path, key), name)));
        if (read.wrong === undefined) object[key] = read.metadata;
        else wrong = fieldInvalid(join(path, key), field, read.wrong);
      } else if ((key === 'apiVersion' || key === 'kind') && typeof field !== 'string') {
        wrong = fieldInvalid(join(path, key), field, 'must be a string');
      }
    }
  };
  visit(coerce, '', value, schema);
  return wrong;
}
