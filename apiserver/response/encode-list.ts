import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import { encodeProtobufList } from '../../schema/protobuf.ts';
import type { Resource } from '../apis/resource.ts';
import type { Answer, RequestContext } from '../context.ts';
import {
  acceptable,
  type Encodable,
  encodeAny,
  protobufBytes,
  served,
  servesStored,
} from './encode.ts';
import { contentTypes, wantsPretty } from './negotiate.ts';
import { partialMetadata } from './partial-metadata.ts';
import { table, tableOptions } from './table.ts';

/**
 * A list out of objects encoded long ago: their bytes are copied behind one another into slabs, no
 * string of the whole is ever built.
 */
export interface ListMetadata {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** Slabs are written to the socket one by one; this bounds what is copied ahead of a slow client. */
const slabBytes = 1024 * 1024;
const openBrace = 0x7b;
const comma = 0x2c;

export function encodeList(
  context: RequestContext,
  resource: Resource,
  items: readonly Encodable[],
  metadata: ListMetadata,
): Answer {
  const form = acceptable(context, resource);
  if (form.mediaType === 'json' && form.as === undefined && !wantsPretty(context)) {
    if (servesStored(resource)) return joined(resource, items, metadata);
  }
  const objects = items.map((item) => served(resource, item.object()));
  if (form.as === 'Table') {
    const rows = table(resource, objects, { ...metadata }, tableOptions(context, form.asVersion));
    return encodeAny(context, rows, form);
  }
  if (form.as !== undefined) {
    const list = {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${form.asVersion}`,
      metadata,
      items: objects.map((object) => partialMetadata(object, form.asVersion)),
    };
    return encodeAny(context, list, form);
  }
  if (form.mediaType === 'protobuf') {
    return protobufBytes(
      200,
      encodeProtobufList(
        { apiVersion: resource.apiVersion, kind: resource.listKind, metadata },
        objects,
        resource.schema,
      ),
    );
  }
  return encodeAny(context, listObject(resource, objects, metadata), form);
}

function listObject(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: ListMetadata,
): Record<string, unknown> {
  return {
    kind: resource.listKind,
    apiVersion: resource.apiVersion,
    metadata,
    items: resource.custom === undefined ? objects.map(withoutType) : objects,
  };
}

/** Items of a built-in list carry no kind and apiVersion of their own, as upstream's typed lists. */
function withoutType(object: KubeObject): Record<string, unknown> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

function joined(resource: Resource, items: readonly Encodable[], metadata: ListMetadata): Answer {
  const { storedAs } = resource;
  // every stored object starts with these bytes; built-in items are served without them
  const typed = `{"kind":"${storedAs.kind}","apiVersion":"${apiVersionOf(storedAs)}",`;
  const skip = resource.custom === undefined ? typed.length - 1 : 0;
  const head = `{"kind":"${resource.listKind}","apiVersion":"${resource.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  const slabs: Buffer[] = [];
  let left = Buffer.byteLength(head) + 3;
  for (const item of items) left += item.bytes.length - skip + 1;
  let slab = Buffer.allocUnsafeSlow(Math.min(left, slabBytes));
  let at = slab.write(head);
  let room = left - at;
  let first = true;
  for (const { bytes } of items) {
    const size = bytes.length - skip + 1;
    if (at + size + 3 > slab.length) {
      slabs.push(slab.subarray(0, at));
      slab = Buffer.allocUnsafeSlow(Math.max(Math.min(room, slabBytes), size + 3));
      at = 0;
    }
    if (!first) slab[at++] = comma;
    first = false;
    bytes.copy(slab, at, skip);
    slab[at] = openBrace;
    at += bytes.length - skip;
    room -= size;
  }
  at += slab.write(']}\n', at);
  slabs.push(slab.subarray(0, at));
  const body = slabs.length === 1 && slabs[0] !== undefined ? slabs[0] : slabs;
  return { code: 200, headers: { 'content-type': contentTypes.json }, body };
}
