import { deepCopy } from '../../object/copy.ts';
import { deepEqual } from '../../object/equal.ts';
import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import { conflict, notFound, objectModified, StatusError } from '../../object/status-error.ts';
import { decodeStoredProtobuf } from '../../schema/protobuf.ts';
import type { Resource } from '../apis/resource.ts';
import { encodeStored, decodeStored, servedBytes, servedLength } from '../storage/codec.ts';
import type { KeyValue } from '../storage/store.ts';
import { encodable, servesStored } from '../response/encode.ts';
import type { CachedObject } from '../watch/view.ts';
import type { Services } from './services.ts';
import { forStorage, toServed } from './stored-version.ts';

/**
 * One object as the verbs read and write it: the stored version of a key with its revision, and the
 * optimistic write that reruns a revision of the object when somebody else wrote first.
 */
export interface Stored {
  /** In the *served* version of the resource, resourceVersion set. Never mutate: it may be shared. */
  object: KubeObject;
  revision: number;
  /** As it is stored, resourceVersion spliced in, for recognising writes that change nothing. */
  bytes: Buffer;
  /** JSON in the served version, where it is at hand. */
  served: Buffer | undefined;
  /** Read from the cache: another write may already have passed it. */
  fromCache: boolean;
  /** Stored in another form than it would be now: a write that changes nothing is one all the same. */
  stale: boolean;
}

/** What a write left behind, in the served version. */
export interface Written {
  /** JSON, where it is at hand. */
  bytes: Buffer | undefined;
  /** resourceVersion set. */
  object: KubeObject;
  revision: number;
}

function isCustom({ custom }: Resource): boolean {
  return custom !== undefined;
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
  const { revision, bytes } = cached;
  const view = services.viewOf(resource);
  if (view === undefined) {
    const served = servesStored(resource) ? bytes : undefined;
    const object = toServed(resource, cached.object());
    return { object, revision, bytes, served, fromCache: true, stale: false };
  }
  const [form] = (await view.of([cached])) as [CachedObject];
  const stale = cached.apiVersion !== apiVersionOf(resource.storedAs);
  return { object: form.object(), revision, bytes, served: form.bytes, fromCache: true, stale };
}

/** The current version by a linearizable read. */
export async function fresh(
  services: Services,
  resource: Resource,
  at: { namespace: string; name: string },
): Promise<Stored | undefined> {
  const { item } = await services.store.get(keyOf(resource, at.namespace, at.name));
  return item === undefined ? undefined : fromItem(services, resource, item);
}

async function fromItem(services: Services, resource: Resource, item: KeyValue): Promise<Stored> {
  const { object, stored } = decodeStored(item.value, decodeStoredProtobuf, isCustom(resource));
  const { key, modRevision: revision } = item;
  const bytes = servedBytes(stored, revision);
  const refreshed = resource.custom?.refresh(object) === true;
  object.metadata.resourceVersion = String(revision);
  const found = { revision, bytes, fromCache: false };
  const view = services.viewOf(resource);
  if (view !== undefined && object.apiVersion !== view.apiVersion) {
    const form = await view.ofStored({ key, revision, size: bytes.length, object: () => object });
    const stale = object.apiVersion !== apiVersionOf(resource.storedAs);
    return {
      ...found,
      object: form.object(),
      served: form.bytes,
      stale: stale || refreshed || item.stale === true,
    };
  }
  return {
    ...found,
    object: toServed(resource, object),
    served: servesStored(resource) && !refreshed ? bytes : undefined,
    stale: refreshed || item.stale === true,
  };
}

/**
 * Whoever creates an object may watch from its version on, also where nobody has read the resource
 * before. Of what goes by itself (events) too much would be kept for nobody.
 */
function keepChanges(services: Services, resource: Resource): void {
  const cache = services.cacheOf(resource);
  if (!cache.isReady) cache.ready().catch(() => {});
}

export async function createStored(
  services: Services,
  resource: Resource,
  made: KubeObject,
): Promise<Written> {
  const object = encodable(resource, made);
  const stored = await forStorage(resource, object);
  const bytes = encodeStored(stored, isCustom(resource));
  const key = keyOf(resource, object.metadata.namespace ?? '', object.metadata.name ?? '');
  const ttl = resource.ttlSeconds?.(object);
  if (ttl === undefined) keepChanges(services, resource);
  // before the write: its event may be back before its answer is
  const read = remember(services, resource, { key, bytes, stored });
  const revision = await services.store.create(
    key,
    bytes,
    ttl === undefined ? undefined : { ttlSeconds: ttl },
  );
  return written(services, resource, { key, bytes, stored, read, object, revision });
}

interface Made {
  key: string;
  bytes: Buffer;
  stored: KubeObject;
}

/** Gives the object as it will be read: what was converted or made may lack what its version fills in. */
function remember(
  services: Services,
  resource: Resource,
  { key, bytes, stored }: Made,
): KubeObject {
  const { custom } = resource;
  const cache = services.cacheOf(resource);
  const converted = custom?.convert !== undefined && stored.apiVersion !== resource.apiVersion;
  if (custom !== undefined && (converted || lacksStatus(resource, stored))) {
    const read = deepCopy(stored);
    if (custom.refresh(read)) return read;
  }
  cache.remember(key, bytes, stored);
  return stored;
}

/** A create leaves the status out, and a read fills it in where the schema has a default for all of it. */
function lacksStatus({ custom }: Resource, object: KubeObject): boolean {
  return custom?.defaultsStatus === true && object['status'] === undefined;
}

/** The answer shows what was stored, as a read would: in another version it is made of it again. */
async function written(
  services: Services,
  resource: Resource,
  made: Made & { read: KubeObject; object: KubeObject; revision: number },
): Promise<Written> {
  const { key, bytes, stored, read, object, revision } = made;
  const view = services.viewOf(resource);
  if (view !== undefined && stored.apiVersion !== resource.apiVersion) {
    const size = bytes.length;
    const form = await view.ofStored({ key, revision, size, object: () => read });
    return { bytes: form.bytes, object: form.object(), revision };
  }
  if (read !== stored) {
    read.metadata.resourceVersion = String(revision);
    return { bytes: undefined, object: read, revision };
  }
  object.metadata.resourceVersion = String(revision);
  stored.metadata.resourceVersion = String(revision);
  const served = servesStored(resource) ? servedBytes(bytes, revision) : undefined;
  return { bytes: served, object, revision };
}

/** What a dry run answers: what would have been stored, read again. */
export async function dryRead(resource: Resource, object: KubeObject): Promise<KubeObject> {
  const { custom, apiVersion } = resource;
  if (custom === undefined) return object;
  const stored = await forStorage(resource, object);
  if (stored === object || custom.convert === undefined) {
    if (lacksStatus(resource, object)) custom.refresh(object);
    return object;
  }
  custom.refresh(stored);
  const [read] = await custom.convert([stored], apiVersion);
  return read as KubeObject;
}

/**
 * Reads, revises, writes; again with what is there now when another writer came first. `revise` gets
 * the object and gives the next one (a new object, the old is shared), or throws. A refusal that was
 * decided on cached data is decided again on fresh data before it stands. `from`: what is there, where the
 * caller has just read it.
 */
export async function reviseStored(
  services: Services,
  resource: Resource,
  at: { namespace: string; name: string; dryRun: boolean; from?: Stored | undefined },
  revise: (now: Stored) => Promise<KubeObject>,
): Promise<Written> {
  const name = { group: resource.group, resource: resource.resource };
  let now = at.from ?? (await current(services, resource, at));
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (now === undefined) throw notFound(name, at.name);
    let next: KubeObject;
    try {
      next = encodable(resource, await revise(now));
    } catch (error) {
      if (!now.fromCache || !(error instanceof StatusError)) throw error;
      const again = await fresh(services, resource, at);
      if (again?.revision === now.revision) throw error;
      now = again;
      continue;
    }
    const stored = await forStorage(resource, next);
    const bytes = encodeStored(stored, isCustom(resource));
    if (!now.stale && sameContent(bytes, next, now)) {
      if (!now.fromCache) return unchanged(next, now);
      const again = await fresh(services, resource, at);
      if (again?.revision === now.revision && !again.stale) return unchanged(next, now);
      now = again;
      continue;
    }
    if (at.dryRun) {
      const object = await dryRead(resource, next);
      object.metadata.resourceVersion = String(now.revision);
      const same = object === next && servesStored(resource);
      const served = same ? servedBytes(bytes, now.revision) : undefined;
      return { bytes: served, object, revision: now.revision };
    }
    const key = keyOf(resource, at.namespace, at.name);
    const ttl = resource.ttlSeconds?.(next);
    const read = remember(services, resource, { key, bytes, stored });
    const result = await services.store.update(
      key,
      bytes,
      now.revision,
      ttl === undefined ? undefined : { ttlSeconds: ttl },
    );
    if (result.ok) {
      const { revision } = result;
      return written(services, resource, { key, bytes, stored, read, object: next, revision });
    }
    now =
      result.current === undefined ? undefined : await fromItem(services, resource, result.current);
  }
  throw conflict(name, at.name, objectModified);
}

/** The same bytes, or the same fields in another order (which is as long). */
function sameContent(stored: Buffer, next: KubeObject, now: Stored): boolean {
  if (servedLength(stored, now.revision) !== now.bytes.length) return false;
  return servedBytes(stored, now.revision).equals(now.bytes) || deepEqual(next, now.object);
}

function unchanged(next: KubeObject, now: Stored): Written {
  next.metadata.resourceVersion = String(now.revision);
  return { bytes: now.served, object: next, revision: now.revision };
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
    now:
      result.current === undefined ? undefined : await fromItem(services, resource, result.current),
  };
}
