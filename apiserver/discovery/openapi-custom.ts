import { deepEqual } from '../../object/equal.ts';
import { describeDefinition } from '../../schema/descriptions.ts';
import type { Resource } from '../apis/resource.ts';
import { type Json, type OpenApiVersion, refTo } from './openapi-definitions.ts';
import { resourceDefinition } from './openapi-operation.ts';

/**
 * Definitions of custom resources: the schema of the CustomResourceDefinition with what every object
 * has besides, and its list (apiextensions-apiserver controller/openapi/builder).
 */

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const conventions =
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

export function customDefinitions(resource: Resource, version: OpenApiVersion): [string, Json][] {
  const { group, version: apiVersion, kind, listKind } = resource;
  const name = resourceDefinition(resource);
  const kinds = (kindName: string) => ({
    'x-kubernetes-group-version-kind': [{ group, version: apiVersion, kind: kindName }],
  });
  const sent = resource.custom?.openAPIV3Schema;
  const type = typeMeta();
  const paths = resource.custom?.selectablePaths ?? [];
  const selectable =
    paths.length === 0
      ? {}
      : { 'x-kubernetes-selectable-fields': paths.map((fieldPath) => ({ fieldPath })) };
  const definition: Json = {
    ...(sent === undefined || (version === 'v2' && sent[preserve] === true)
      ? { type: 'object' }
      : withOwn(published(sent, version), { ...type, metadata: metadata('ObjectMeta', version) })),
    ...kinds(kind),
    ...selectable,
  };
  const list: Json = {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...type,
      items: {
        description: `List of ${resource.resource}. More info: ${conventions}`,
        type: 'array',
        items: { $ref: refTo(name, version) },
      },
      metadata: metadata('ListMeta', version),
    },
    ...kinds(listKind),
    ...selectable,
  };
  return [
    [name, definition],
    [resourceDefinition(resource, listKind), list],
  ];
}

const preserve = 'x-kubernetes-preserve-unknown-fields';

function withOwn(schema: Json, own: Json): Json {
  return { ...schema, properties: { ...(schema['properties'] as Json | undefined), ...own } };
}

/** apiVersion and kind are described as every built-in type describes them. */
function typeMeta(): Json {
  const { fields } = describeDefinition('io.k8s.api.core.v1.Pod');
  return {
    apiVersion: { description: fields['apiVersion'] ?? '', type: 'string' },
    kind: { description: fields['kind'] ?? '', type: 'string' },
  };
}

function metadata(kind: 'ObjectMeta' | 'ListMeta', version: OpenApiVersion): Json {
  const description =
    kind === 'ListMeta'
      ? `Standard list metadata. More info: ${conventions}#types-kinds`
      : `Standard object's metadata. More info: ${conventions}#metadata`;
  const $ref = refTo(`${meta}.${kind}`, version);
  return version === 'v2' ? { description, $ref } : { description, allOf: [{ $ref }] };
}

/** A structural schema as it is published. */
function published(schema: Json, version: OpenApiVersion): Json {
  const out = version === 'v2' ? inV2(schema) : unfolded(schema);
  for (const key of ['items', 'additionalProperties', 'properties'] as const) {
    const part = out[key];
    if (!isSchema(part)) continue;
    out[key] =
      key === 'properties'
        ? Object.fromEntries(
            Object.entries(part).map(([name, field]) => [name, published(field as Json, version)]),
          )
        : published(part, version);
  }
  const open = version === 'v2' && schema[preserve] === true;
  return schema['x-kubernetes-embedded-resource'] === true && !open ? embedded(out, version) : out;
}

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const intOrString: Json[] = [{ type: 'integer' }, { type: 'string' }];

/** That an int-or-string is an integer or a string is said in words that every reader knows. */
function unfolded(schema: Json): Json {
  if (schema['x-kubernetes-int-or-string'] !== true) return { ...schema };
  const { anyOf, allOf = [] } = schema as { anyOf?: unknown; allOf?: { anyOf?: unknown }[] };
  if (deepEqual(anyOf, intOrString) || deepEqual(allOf[0]?.anyOf, intOrString)) {
    return { ...schema };
  }
  if (anyOf === undefined) return { ...schema, anyOf: intOrString };
  return { ...schema, allOf: [{ anyOf: intOrString }, ...allOf] };
}

/** Never said in v2; defaults are taken out of the whole document (kube-openapi handler PruneDefaults). */
const notInV2 = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'nullable', 'default']);

/**
 * v2 knows fewer words. What they would say is left out, and what a client would refuse by what is
 * left (null, fields that are kept) is not said either (ToStructuralOpenAPIV2).
 */
function inV2(schema: Json): Json {
  const out = Object.fromEntries(Object.entries(schema).filter(([key]) => !notInV2.has(key)));
  const open = schema[preserve] === true;
  const nullable = schema['nullable'] === true;
  if (nullable || open) {
    delete out['items'];
    delete out['properties'];
  }
  const listOfAnything = out['type'] === 'array' && out['items'] === undefined;
  if (nullable || listOfAnything || (open && out['type'] === 'object')) delete out['type'];
  if (schema['x-kubernetes-int-or-string'] === true) delete out['type'];
  const required = requiredInV2(out);
  if (required.length > 0) out['required'] = required;
  else delete out['required'];
  return out;
}

/** A field that may be null need not be there. */
function requiredInV2({ required = [], properties = {}, additionalProperties }: Json): unknown[] {
  if (isSchema(additionalProperties) && additionalProperties['nullable'] === true) return [];
  const fields = properties as Record<string, Json>;
  return (required as string[]).filter((name) => fields[name]?.['nullable'] !== true);
}

/** What every object has, an embedded one has as well. */
function embedded(schema: Json, version: OpenApiVersion): Json {
  const required = (schema['required'] as string[] | undefined) ?? [];
  const missing = ['kind', 'apiVersion'].filter((name) => !required.includes(name));
  const own = withOwn(schema, {
    apiVersion: {
      description: `apiVersion defines the versioned schema of this representation of an object. More info: ${conventions}#resources`,
      type: 'string',
    },
    kind: {
      description: `kind is a string value representing the type of this object. In CamelCase. More info: ${conventions}#types-kinds`,
      type: 'string',
    },
    metadata: metadata('ObjectMeta', version),
  });
  return { ...own, required: [...required, ...missing] };
}
