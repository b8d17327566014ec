import { deepEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { conflict, notFound, objectModified, StatusError } from '../../object/status-error.ts';
import { decodeStoredProtobuf } from '../../schema/protobuf.ts';
import type { Resource } from '../apis/resource.ts';
import { encodeStored, decodeStored, servedBytes } from '../storage/codec.ts';
import type { KeyValue } from '../storage/store.ts';
import type { Services } from './services.ts';

/**
 * One object as the verbs read and write it: the stored version of a key with its revision, and the
 * optimistic write that reruns a revision of the object when somebody else wrote first.
 */
export interface Stored {
  /** In the *served* version of the resource, resourceVersion set. Never mutate: it may be shared. */
  object: KubeObject;
  revision: number;
  /** Served JSON in the storage version, for recognising writes that change nothing. */
  bytes: Buffer;
  /** Read from the cache: another write may already have passed it. */
  fromCache: boolean;
  /** Stored in another form than it would be now: a write that changes nothing is one all the same. */
  stale: boolean;
}

/** What a write left behind: served JSON in the storage version, and the parsed object. */
export interface Written {
  bytes: Buffer;
  /** Served version, resourceVersion set. */
  object: KubeObject;
  revision: number;
}

/** A write that loses this many races in a row gives up with a 409. */
const attemptsMax = 30;

export function keyOf(resource: Resource, namespace: string, name: string): string {
  return resource.namespaced
    ? `${resource.keyPrefix}${namespace}/${name}`
    : resource.keyPrefix + name;
}

/** The current version: from the cache when it has one (it may be old), else from the store. */
export async function current(
  services: Services,
  resource: Resource,
  at: { namespace: string; name: string },
): Promise<Stored | undefined> {
  const cached = services.cacheOf(resource).get(resource.namespaced ? at.namespace : '', at.name);
  if (cached === undefined) return fresh(services, resource, at);
  return {
    object: toServed(resource, cached.object()),
    revision: cached.revision,
    bytes: cached.bytes,
    fromCache: true,
    stale: false,
  };
}

/** The current version by a linearizable read. */
export async function fresh(
  services: Services,
  resource: Resource,
  at: { namespace: string; name: string },
): Promise<Stored | undefined> {
  const { item } = await services.store.get(keyOf(resource, at.namespace, at.name));
  return item === undefined ? undefined : fromItem(resource, item);
}

function fromItem(resource: Resource, item: KeyValue): Stored {
  const { object, stored } = decodeStored(item.value, decodeStoredProtobuf);
  object.metadata.resourceVersion = String(item.modRevision);
  return {
    object: toServed(resource, object),
    revision: item.modRevision,
    bytes: servedBytes(stored, item.modRevision),
    fromCache: false,
    stale: item.stale === true,
  };
}

/** From the stored version to the one this resource serves. */
export function toServed(resource: Resource, object: KubeObject): KubeObject {
  if (object.apiVersion === resource.apiVersion && object.kind === resource.kind) return object;
  if (resource.fromStored !== undefined) return resource.fromStored(object);
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind };
}

/** From the served version to what is stored. */
export function toStored(resource: Resource, object: KubeObject): KubeObject {
  const { group, version, kind } = resource.storedAs;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  if (object.apiVersion === apiVersion && object.kind === kind) return object;
  if (resource.toStored !== undefined) return resource.toStored(object);
  return { ...object, apiVersion, kind };
}

export async function createStored(
  services: Services,
  resource: Resource,
  object: KubeObject,
): Promise<Written> {
  const stored = toStored(resource, object);
  const bytes = encodeStored(stored);
  const key = keyOf(resource, object.metadata.namespace ?? '', object.metadata.name ?? '');
  const ttl = resource.ttlSeconds?.(object);
  // before the write: its event may be back before its answer is
  services.cacheOf(resource).remember(key, bytes, stored);
  const revision = await services.store.create(
    key,
    bytes,
    ttl === undefined ? undefined : { ttlSeconds: ttl },
  );
  return written({ bytes, stored, object, revision });
}

function written(made: {
  bytes: Buffer;
  stored: KubeObject;
  object: KubeObject;
  revision: number;
}): Written {
  const { bytes, stored, object, revision } = made;
  object.metadata.resourceVersion = String(revision);
  stored.metadata.resourceVersion = String(revision);
  const served = servedBytes(bytes, revision);
  return { bytes: served, object, revision };
}

/**
 * Reads, revises, writes; again with what is there now when another writer came first. `revise` gets
 * the object and gives the next one (a new object, the old is shared), or throws. A refusal that was
 * decided on cached data is decided again on fresh data before it stands.
 */
export async function reviseStored(
  services: Services,
  resource: Resource,
  at: { namespace: string; name: string; dryRun: boolean },
  revise: (now: Stored) => Promise<KubeObject>,
): Promise<Written> {
  const name = { group: resource.group, resource: resource.resource };
  let now = await current(services, resource, at);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (now === undefined) throw notFound(name, at.name);
    let next: KubeObject;
    try {
      next = await revise(now);
    } catch (error) {
      if (!now.fromCache || !(error instanceof StatusError)) throw error;
      const again = await fresh(services, resource, at);
      if (again?.revision === now.revision) throw error;
      now = again;
      continue;
    }
    const stored = toStored(resource, next);
    const bytes = encodeStored(stored);
    const served = servedBytes(bytes, now.revision);
    if (!now.stale && sameContent(served, next, now)) {
      if (!now.fromCache) return unchanged(next, now);
      const again = await fresh(services, resource, at);
      if (again?.revision === now.revision && !again.stale) return unchanged(next, now);
      now = again;
      continue;
    }
    if (at.dryRun) {
      next.metadata.resourceVersion = String(now.revision);
      return { bytes: served, object: next, revision: now.revision };
    }
    const key = keyOf(resource, at.namespace, at.name);
    const ttl = resource.ttlSeconds?.(next);
    services.cacheOf(resource).remember(key, bytes, stored);
    const result = await services.store.update(
      key,
      bytes,
      now.revision,
      ttl === undefined ? undefined : { ttlSeconds: ttl },
    );
    if (result.ok) {
      return written({
        bytes,
        stored,
        object: next,
        revision: result.revision,
      });
    }
    now = result.current === undefined ? undefined : fromItem(resource, result.current);
  }
  throw conflict(name, at.name, objectModified);
}

/** The same bytes, or the same fields in another order (which is as long). */
function sameContent(served: Buffer, next: KubeObject, now: Stored): boolean {
  if (served.length !== now.bytes.length) return false;
  return served.equals(now.bytes) || deepEqual(next, now.object);
}

function unchanged(next: KubeObject, now: Stored): Written {
  next.metadata.resourceVersion = String(now.revision);
  return { bytes: now.bytes, object: next, revision: now.revision };
}

/** Deletes exactly the version given; false when somebody wrote in between. */
export async function deleteStored(
  services: Services,
  resource: Resource,
  at: { namespace: string; name: string },
  revision: number,
): Promise<{ deleted: true; revision: number } | { deleted: false; now: Stored | undefined }> {
  const result = await services.store.delete(keyOf(resource, at.namespace, at.name), revision);
  if (result.ok) return { deleted: true, revision: result.revision };
  return {
    deleted: false,
    now: result.current === undefined ? undefined : fromItem(resource, result.current),
  };
}
