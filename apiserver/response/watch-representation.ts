import { orderedText } from '../../object/json-by-name.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { emptyFields } from '../../schema/empty-object.ts';
import type { Schema } from '../../schema/schema.ts';
import { encodeProtobuf, encodeWatchFrame } from '../../schema/protobuf.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { bookmarkObject, JsonRepresentation, type Representation } from '../watch/event.ts';
import type { CachedObject } from '../watch/view.ts';
import { acceptable, served, servesStored } from './encode.ts';
import { contentTypes, notAcceptableForWatch } from './negotiate.ts';
import { partialMetadata } from './partial-metadata.ts';
import { columnDefinitions, table, tableOptions } from './table.ts';

/**
 * The form of a watch's frames. JSON of the stored version is the cache's own (undefined); every
 * other form is made once per event and shared by all watchers with the same id.
 */
export function watchRepresentation(
  context: RequestContext,
  resource: Resource,
): {
  representation: Representation | undefined;
  contentType: string;
  /** Of a Table: what its first event has to carry. */
  columns?: unknown[];
} {
  const form = acceptable(context, resource);
  if (form.mediaType === 'yaml') throw notAcceptableForWatch();
  const protobuf = form.mediaType === 'protobuf';
  const streamType = protobuf ? `${contentTypes.protobuf};stream=watch` : contentTypes.json;
  if (form.as === 'Table') {
    // columns stand in the first event only, which the verb adds: frames are the same for all
    const options = { ...tableOptions(context, form.asVersion), columns: false };
    const id = `table;${resource.apiVersion};${options.version};${options.include}`;
    const rows = (object: KubeObject): object =>
      table(
        resource,
        [object],
        { resourceVersion: object.metadata.resourceVersion ?? '' },
        options,
      );
    return {
      representation: jsonForm(resource, id, rows),
      contentType: streamType,
      columns: columnDefinitions(resource),
    };
  }
  if (form.as !== undefined) {
    const version = form.asVersion;
    const id = `partial;${resource.apiVersion};${version};${form.mediaType}`;
    const shape = (object: KubeObject): KubeObject => partialMetadata(resource, object, version);
    const metadata = { id, schema: builtInSchema(partialDefinition), shape };
    return {
      representation: protobuf ? protobufForm(resource, metadata) : jsonForm(resource, id, shape),
      contentType: streamType,
    };
  }
  if (protobuf) {
    const { schema, apiVersion } = resource;
    const form = { id: `protobuf;${apiVersion}`, schema, shape: (object: KubeObject) => object };
    return { representation: protobufForm(resource, form), contentType: streamType };
  }
  if (servesStored(resource)) return { representation: undefined, contentType: streamType };
  if (resource.custom !== undefined) {
    const { apiVersion, kind } = resource;
    // its frames are those of the version: made once, as the cache's own
    const representation = new JsonRepresentation({ apiVersion, kind, byName: true });
    return { representation, contentType: streamType };
  }
  return {
    representation: jsonForm(resource, `json;${resource.apiVersion}`, (object) => object),
    contentType: streamType,
  };
}

function jsonForm(
  resource: Resource,
  id: string,
  shape: (object: KubeObject) => object,
): Representation {
  const frame = (type: string, object: KubeObject): Buffer =>
    Buffer.from(`${orderedText({ type, object: shape(object) })}\n`);
  return {
    id,
    frame: (type, cached) => frame(type, served(resource, cached.object())),
    bookmark: (revision, end) => frame('BOOKMARK', bookmark(resource, revision, end)),
  };
}

const partialDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata';

function protobufForm(
  resource: Resource,
  { id, schema, shape }: { id: string; schema: Schema; shape(object: KubeObject): object },
): Representation {
  const frame = (type: string, object: KubeObject): Buffer =>
    encodeWatchFrame(type, encodeProtobuf(shape(object), schema));
  return {
    id,
    frame: (type, cached: CachedObject) => frame(type, served(resource, cached.object())),
    bookmark: (revision, end) => frame('BOOKMARK', bookmark(resource, revision, end)),
  };
}

function bookmark(resource: Resource, revision: number, end: boolean): KubeObject {
  const { kind, apiVersion, schema, custom } = resource;
  const object = bookmarkObject({ kind, apiVersion }, revision, end);
  return custom === undefined ? { ...object, ...emptyFields(schema) } : object;
}
