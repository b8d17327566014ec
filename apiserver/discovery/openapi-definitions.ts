import { builtInSchema, hasBuiltIn, kindsOf, unionsOf } from '../../schema/built-in.ts';
import { describeDefinition } from '../../schema/descriptions.ts';
import type { Schema } from '../../schema/schema.ts';

/**
 * Definitions of the built-in types in OpenAPI, as kube-openapi publishes them. v3 states defaults
 * and sets a `$ref` with anything beside it inside `allOf`; v2 does neither.
 */

export type OpenApiVersion = 'v2' | 'v3';
export type Json = Record<string, unknown>;

export function refTo(definition: string, version: OpenApiVersion): string {
  return `${version === 'v3' ? '#/components/schemas/' : '#/definitions/'}${definition}`;
}

/** `gv` (`apps/v1`, `v1`) narrows the kinds of DeleteOptions and WatchEvent to core's and that one's. */
export function definitionOf(name: string, version: OpenApiVersion, gv?: string): Json {
  const schema = builtInSchema(name);
  const { type: description, fields } = describeDefinition(name);
  const kinds = kindsOf(name).map((kind) => {
    const [group = '', kindVersion = '', kindName = ''] = kind.split('/');
    return { group, version: kindVersion, kind: kindName };
  });
  const shown = kinds.filter(
    (kind) =>
      gv === undefined || kinds.length === 1 || kind.group === '' || gv === groupVersion(kind),
  );
  const unions = unionsOf(name);
  return {
    ...(description === '' ? {} : { description }),
    ...shape(schema, version),
    ...(schema.required === undefined ? {} : { required: schema.required }),
    ...propertiesOf(schema, fields, version),
    ...(shown.length === 0 ? {} : { 'x-kubernetes-group-version-kind': shown }),
    ...(schema.mapType === undefined ? {} : { 'x-kubernetes-map-type': schema.mapType }),
    ...(unions === undefined ? {} : { 'x-kubernetes-unions': unions }),
  };
}

function groupVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

function propertiesOf(schema: Schema, descriptions: Json, version: OpenApiVersion): Json {
  const names = Object.keys(schema.properties ?? {}).sort();
  if (names.length === 0) return {};
  const properties: Json = {};
  for (const name of names) {
    const field = schema.properties?.[name];
    if (field !== undefined) properties[name] = property(field, descriptions[name], version);
  }
  return { properties };
}

function property(field: Schema, description: unknown, version: OpenApiVersion): Json {
  const extensions = extensionsOf(field);
  const text = description === undefined ? {} : { description };
  if (field.name === undefined) {
    return { ...text, ...shape(field, version), ...defaultOf(field, version), ...extensions };
  }
  const $ref = refTo(field.name, version);
  if (version === 'v2') return { ...text, $ref, ...extensions };
  const beside = { ...text, ...defaultOf(field, version), ...extensions };
  return Object.keys(beside).length === 0 ? { $ref } : { ...beside, allOf: [{ $ref }] };
}

function defaultOf(field: Schema, version: OpenApiVersion): Json {
  return version === 'v2' || field.default === undefined ? {} : { default: field.default };
}

/** What the field says; a named type says its map type itself. */
function extensionsOf(field: Schema): Json {
  const type = field.name !== undefined && hasBuiltIn(field.name) ? builtInSchema(field.name) : {};
  const mapType = field.mapType === (type as Schema).mapType ? undefined : field.mapType;
  return {
    ...(field.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
    ...(field.patchMergeKey === undefined
      ? {}
      : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategy === undefined
      ? {}
      : { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  };
}

function reference(schema: Schema, version: OpenApiVersion): Json {
  return schema.name === undefined ? shape(schema, version) : { $ref: refTo(schema.name, version) };
}

/** Type, format, enum and what is inside, of a type itself or of a field without a named type. */
function shape(schema: Schema, version: OpenApiVersion): Json {
  const v3 = version === 'v3';
  switch (schema.type) {
    case 'any':
      if (schema.intOrString !== true) return {};
      return v3
        ? { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
        : { type: 'string', format: 'int-or-string' };
    case 'array':
      return { type: 'array', items: reference(schema.items ?? schema, version) };
    case 'object':
      return schema.additional === undefined
        ? { type: 'object' }
        : { type: 'object', additionalProperties: reference(schema.additional, version) };
    default: {
      if (schema.format === 'quantity') {
        return v3 ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' };
      }
      const format = schema.format === 'micro-time' ? 'date-time' : schema.format;
      return {
        type: schema.type,
        ...(format === undefined ? {} : { format }),
        ...(schema.enum === undefined ? {} : { enum: schema.enum }),
      };
    }
  }
}
