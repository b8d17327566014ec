import { describeDefinition } from '../../schema/descriptions.ts';
import type { Resource } from '../apis/resource.ts';
import { type Json, type OpenApiVersion, refTo } from './openapi-definitions.ts';
import { resourceDefinition } from './openapi-operation.ts';

/**
 * Definitions of custom resources: the schema of the CustomResourceDefinition with what every object
 * has besides, and its list (apiextensions-apiserver controller/openapi/builder).
 */

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** What v2 cannot say (kube-openapi drops it, and everything beside it stays). */
const notInV2 = ['nullable', 'oneOf', 'anyOf', 'not'];

export function customDefinitions(resource: Resource, version: OpenApiVersion): [string, Json][] {
  const { group, version: apiVersion, kind, listKind } = resource;
  const name = resourceDefinition(resource);
  const kinds = (kindName: string) => ({
    'x-kubernetes-group-version-kind': [{ group, version: apiVersion, kind: kindName }],
  });
  const sent = resource.custom?.openAPIV3Schema;
  const own = sent === undefined ? anything : published(sent, version, true);
  const type = typeMeta();
  const properties = own['properties'] as Json | undefined;
  const definition: Json = {
    ...own,
    ...(sent !== undefined &&
    own['x-kubernetes-preserve-unknown-fields'] === true &&
    version === 'v2'
      ? {}
      : { properties: { ...properties, ...type, metadata: metadata('ObjectMeta', version) } }),
    ...kinds(kind),
  };
  const list: Json = {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...type,
      items: {
        description: `List of ${resource.resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: { $ref: refTo(name, version) },
      },
      metadata: metadata('ListMeta', version),
    },
    ...kinds(listKind),
  };
  return [
    [name, definition],
    [resourceDefinition(resource, listKind), list],
  ];
}

const anything: Json = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** apiVersion and kind are described as every built-in type describes them. */
function typeMeta(): Json {
  const { fields } = describeDefinition('io.k8s.api.core.v1.Pod');
  return {
    apiVersion: { description: fields['apiVersion'] ?? '', type: 'string' },
    kind: { description: fields['kind'] ?? '', type: 'string' },
  };
}

function metadata(kind: string, version: OpenApiVersion): Json {
  const owner = kind === 'ListMeta' ? 'PodList' : 'Pod';
  const { fields } = describeDefinition(`io.k8s.api.core.v1.${owner}`);
  const description = fields['metadata'] ?? '';
  const $ref = refTo(`${meta}.${kind}`, version);
  return version === 'v2' ? { description, $ref } : { description, allOf: [{ $ref }] };
}

/**
 * A structural schema as it is published. v2 knows fewer words: what they would say is left out,
 * and below a field that keeps unknown ones nothing is said (ToStructuralOpenAPIV2).
 */
function published(schema: Json, version: OpenApiVersion, root = false): Json {
  if (version === 'v3') return schema;
  const out: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (notInV2.includes(key) || (root && key === 'x-kubernetes-embedded-resource')) continue;
    out[key] = publishedPart(key, value);
  }
  if (schema['nullable'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true) {
    // a client that checks by v2 must not refuse null or what is kept
    if (schema['nullable'] === true) delete out['type'];
    for (const key of ['items', 'properties', 'required']) delete out[key];
  }
  if (schema['x-kubernetes-int-or-string'] === true) delete out['type'];
  return out;
}

function publishedPart(key: string, value: unknown): unknown {
  const isSchema = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isSchema) return value;
  if (key === 'properties') {
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, published(part as Json, 'v2')]),
    );
  }
  if (key === 'items' || key === 'additionalProperties') return published(value as Json, 'v2');
  return value;
}
