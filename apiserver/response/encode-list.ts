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
      items: objects.length === 0 ? null : objects.map((o) => partialMetadata(o, form.asVersion)),
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
  const head = `{"kind":"${resource.listKind}","apiVersion":"${resource.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  // every stored object starts with these bytes; built-in items are served without them
  const typed = `{"kind":"${storedAs.kind}","apiVersion":"${apiVersionOf(storedAs)}",`;
  const skipped = resource.custom === undefined ? { from: typed.length, opening: '{' } : noSkip;
  const list = new JoinedList(items, { head, tail: ']}\n', ...skipped });
  const headers = { 'content-type': contentTypes.json };
  if (list.length > streamedFrom) return { code: 200, headers, body: list };
  const body = answerBytes(list.length);
  list.read().fill(body);
  return { code: 200, headers, body };
}

/** Smaller ones are cheaper in one buffer. */
const streamedFrom = 16 * 1024;

const noSkip = { from: 0, opening: '' };
