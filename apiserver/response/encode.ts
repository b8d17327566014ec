import { orderedByName, orderedText } from '../../object/json-by-name.ts';
import type { KubeObject } from '../../object/object.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { writeYaml } from '../../object/yaml-write.ts';
import { inFieldOrder } from '../../schema/field-order.ts';
import { encodeProtobuf } from '../../schema/protobuf.ts';
import { notAcceptableAs, StatusError } from '../../object/status-error.ts';
import { internalGoName } from '../apis/go-name.ts';
import type { ProtoField, Schema } from '../../schema/schema.ts';
import type { Resource } from '../apis/resource.ts';
import type { Answer, RequestContext } from '../context.ts';
import { contentTypes, type Negotiated, negotiate, wantsPretty } from './negotiate.ts';
import { partialMetadata } from './partial-metadata.ts';
import { answerBytes } from './slabs.ts';
import { table, tableOptions } from './table.ts';

/**
 * From an object to the bytes of an answer. The usual case, JSON in the stored version, is the bytes
 * as they were encoded when the object was written; everything else parses once.
 */
export interface Encodable {
  /** JSON in the storage version of a built-in kind, in the served version of a custom resource. */
  readonly bytes: Buffer;
  /** The same, resourceVersion set; shared, never mutated. */
  object(): KubeObject;
}

export function acceptable(context: RequestContext, resource: Resource): Negotiated {
  // what is never read, a review or a binding, is no row of a table
  const tables = resource.verbs.includes('get');
  return negotiate(context, { protobuf: resource.custom === undefined, transforms: true, tables });
}

/** True when the stored bytes are what this resource serves. */
export function servesStored(resource: Resource): boolean {
  const { group, version, kind } = resource.storedAs;
  return group === resource.group && version === resource.version && kind === resource.kind;
}

/** True when the bytes of {@link Encodable}s are what this resource serves. */
export function hasServedBytes(resource: Resource): boolean {
  return resource.custom !== undefined || servesStored(resource);
}

export function encodeOne(
  context: RequestContext,
  resource: Resource,
  found: Encodable,
  code = 200,
): Answer {
  const form = acceptable(context, resource);
  if (form.mediaType === 'json' && form.as === undefined && !wantsPretty(context, form)) {
    if (hasServedBytes(resource)) return jsonBytes(code, found.bytes);
  }
  const object = served(resource, found.object());
  return encodeObject(context, resource, object, form, code);
}

/** A write's answer: the bytes just stored, or the object in the form asked for. */
export function encodeWritten(
  context: RequestContext,
  resource: Resource,
  written: { bytes: Buffer | undefined; object: KubeObject },
  code = 200,
): Answer {
  const form = acceptable(context, resource);
  if (
    form.mediaType === 'json' &&
    form.as === undefined &&
    written.bytes !== undefined &&
    !wantsPretty(context, form)
  ) {
    return jsonBytes(code, written.bytes);
  }
  return encodeObject(context, resource, written.object, form, code);
}

/** Any object of a served resource in the form asked for. `object` is in the served version. */
export function encodeObject(
  context: RequestContext,
  resource: Resource,
  object: KubeObject,
  form: Negotiated,
  code = 200,
): Answer {
  if (form.as === undefined) {
    if (form.mediaType === 'protobuf') {
      noteForAudit(context, () => encodable(resource, object));
      return protobufBytes(code, encodeProtobuf(object, resource.schema));
    }
    return encodeAny(context, inItsOrder(resource, encodable(resource, object), form), form, code);
  }
  if (form.as === 'Table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
    const rows = table(resource, [object], metadata, tableOptions(context, form.asVersion));
    return encodeAny(context, rows, form, code);
  }
  if (form.as === 'PartialObjectMetadataList') {
    if (resource.custom !== undefined) throw new StatusError(500, '', 'content is not a list');
    throw notAcceptableAs(form.as, `not a list (*${internalGoName(resource)})`);
  }
  return encodeAny(context, partialMetadata(resource, object, form.asVersion), form, code);
}

/** What is answered otherwise than in JSON, which audit reads back of the answer itself. */
export function noteForAudit(context: RequestContext, answered: () => unknown): void {
  if (context.auditLevel === 'RequestResponse') context.responseObject = answered();
}

const metaDefinitions = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const discoveryDefinitions = 'io.k8s.api.apidiscovery.v2.';

/**
 * A value that has no resource of its own: Status, Table, metadata alone, discovery, reviews. In
 * protobuf it must be one of meta's types, or of discovery's.
 */
export function encodeAny(
  context: RequestContext,
  value: { kind?: string; apiVersion?: string },
  form: Negotiated,
  code = 200,
): Answer {
  if (form.mediaType !== 'json') noteForAudit(context, () => value);
  if (form.mediaType === 'protobuf') {
    return protobufBytes(code, encodeProtobuf(value, metaSchema(value)));
  }
  if (form.mediaType === 'yaml') {
    return {
      code,
      headers: { 'content-type': contentTypes.yaml },
      body: Buffer.from(writeYaml(value)),
    };
  }
  const text = wantsPretty(context, form) ? orderedText(value, 2) : `${orderedText(value)}\n`;
  return { code, headers: { 'content-type': contentTypes.json }, body: Buffer.from(text) };
}

/** The list of metadata has its two fields the other way round in v1beta1. */
function metaSchema({ kind, apiVersion }: { kind?: string; apiVersion?: string }): Schema {
  const discovery = apiVersion === 'apidiscovery.k8s.io/v2';
  const schema = builtInSchema(
    `${discovery ? discoveryDefinitions : metaDefinitions}${kind ?? ''}`,
  );
  if (kind !== 'PartialObjectMetadataList' || apiVersion !== 'meta.k8s.io/v1beta1') return schema;
  const { metadata, items } = schema.proto as Record<string, ProtoField>;
  return (swapped ??= {
    ...schema,
    proto: {
      items: { ...(items as ProtoField), number: 1 },
      metadata: { ...(metadata as ProtoField), number: 2 },
    },
  });
}

let swapped: Schema | undefined;

/** What a JSON answer shows of a custom resource; YAML has all fields by name anyway. */
export function inItsOrder<T>(resource: Resource, shown: T, form: Negotiated): T {
  const byName = resource.custom !== undefined && form.mediaType === 'json';
  return byName ? orderedByName(shown) : shown;
}

/** An object of a built-in kind with its fields where upstream's encoder has them. */
export function encodable(resource: Resource, object: KubeObject): KubeObject {
  return resource.custom === undefined ? inFieldOrder(object, resource.schema) : object;
}

export function served(resource: Resource, object: KubeObject): KubeObject {
  if (hasServedBytes(resource)) return object;
  if (resource.fromStored !== undefined) return encodable(resource, resource.fromStored(object));
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind };
}

function jsonBytes(code: number, bytes: Buffer): Answer {
  const body = answerBytes(bytes.length + 1);
  bytes.copy(body);
  body[bytes.length] = 0x0a;
  return { code, headers: { 'content-type': contentTypes.json }, body };
}

export function protobufBytes(code: number, body: Buffer): Answer {
  return { code, headers: { 'content-type': contentTypes.protobuf }, body };
}
