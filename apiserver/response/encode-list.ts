import { notAcceptableAs } from '../../object/status-error.ts';
import { internalGoName } from '../apis/go-name.ts';
import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import { encodeProtobufList } from '../../schema/protobuf.ts';
import type { Resource } from '../apis/resource.ts';
import type { Answer, RequestContext } from '../context.ts';
import {
  acceptable,
  type Encodable,
  encodeAny,
  protobufBytes,
  hasServedBytes,
  inItsOrder,
  noteForAudit,
  served,
} from './encode.ts';
import { contentTypes, wantsPretty } from './negotiate.ts';
import { JoinedList } from './joined-list.ts';
import { partialMetadata } from './partial-metadata.ts';
import { answerBytes } from './slabs.ts';
import { table, tableOptions } from './table.ts';

/**
 * A list out of objects encoded long ago: their bytes are copied behind one another as they are
 * written, the whole is never in one place.
 */
export interface ListMetadata {
  /** Of every list but those that are made of nothing stored. */
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

export function encodeList(
  context: RequestContext,
  resource: Resource,
  items: readonly Encodable[],
  metadata: ListMetadata,
): Answer {
  const form = acceptable(context, resource);
  if (form.as === 'PartialObjectMetadata') {
    throw notAcceptableAs(form.as, `a list (*${internalGoName(resource, true)})`);
  }
  if (form.mediaType === 'json' && form.as === undefined && !wantsPretty(context, form)) {
    if (hasServedBytes(resource)) return joined(resource, items, metadata);
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
      // upstream makes it by appending to nothing
      items:
        objects.length === 0
          ? null
          : objects.map((o) => partialMetadata(resource, o, form.asVersion)),
    };
    return encodeAny(context, list, form);
  }
  if (form.mediaType === 'protobuf') {
    noteForAudit(context, () => listObject(resource, objects, metadata));
    return protobufBytes(
      200,
      encodeProtobufList(
        { apiVersion: resource.apiVersion, kind: resource.listKind, metadata },
        objects,
        resource.schema,
      ),
    );
  }
  const shown = listObject(resource, objects, metadata);
  return encodeAny(context, inItsOrder(resource, shown, form), form);
}

function listObject(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: ListMetadata,
): Record<string, unknown> {
  const { custom, listKind: kind, apiVersion } = resource;
  return custom === undefined
    ? { kind, apiVersion, metadata, items: objects.map(withoutType) }
    : { apiVersion, items: objects, kind, metadata: customMetadata(metadata) };
}

/** Items of a built-in list carry no kind and apiVersion of their own, as upstream's typed lists. */
function withoutType(object: KubeObject): Record<string, unknown> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

/** Where all fields stand by name, and none is left out for being empty. */
function customMetadata({
  continue: token = '',
  remainingItemCount,
  resourceVersion,
}: ListMetadata): ListMetadata {
  return {
    continue: token,
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function joined(resource: Resource, items: readonly Encodable[], metadata: ListMetadata): Answer {
  const around = resource.custom === undefined ? aroundTyped : aroundCustom;
  const list = new JoinedList(items, around(resource, metadata));
  const headers = { 'content-type': contentTypes.json };
  if (list.length > streamedFrom) return { code: 200, headers, body: list };
  const body = answerBytes(list.length);
  list.read().fill(body);
  return { code: 200, headers, body };
}

/** Smaller ones are cheaper in one buffer. */
const streamedFrom = 16 * 1024;

type Around = ConstructorParameters<typeof JoinedList>[1];

function aroundTyped(resource: Resource, metadata: ListMetadata): Around {
  const { storedAs, listKind, apiVersion } = resource;
  const head = `{"kind":"${listKind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  // every stored object starts with these bytes; items are served without them
  const typed = `{"kind":"${storedAs.kind}","apiVersion":"${apiVersionOf(storedAs)}",`;
  return { head, tail: ']}\n', from: typed.length, opening: '{' };
}

function aroundCustom({ listKind, apiVersion }: Resource, metadata: ListMetadata): Around {
  const head = `{"apiVersion":"${apiVersion}","items":[`;
  const tail = `],"kind":"${listKind}","metadata":${JSON.stringify(customMetadata(metadata))}}\n`;
  return { head, tail, from: 0, opening: '' };
}
