import type { AdmissionRequest } from '../admission/plugin.ts';
import { emptyFields } from '../../schema/empty-object.ts';
import type { Resource } from '../apis/resource.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { Store } from '../storage/store.ts';
import type { WatchCache } from '../watch/cache.ts';
import type { ResourceCache } from '../watch/resource-cache.ts';
import type { ResourceSpec } from '../watch/spec.ts';
import type { Services, WriteHooks } from './services.ts';
import { toServed, toStored } from './stored.ts';
import { apiVersionOf } from '../../object/object.ts';

export interface ServicesOptions {
  store: Store;
  cache: WatchCache;
  cacheOf: Services['cacheOf'];
  resources: ResourceTable;
  admission: {
    mutate(request: AdmissionRequest): Promise<void>;
    validate(request: AdmissionRequest): Promise<void>;
  };
  authorize: Services['authorize'];
  hooks: WriteHooks;
  minRequestTimeoutMs: number;
  deleteCollectionWorkers: number;
  watchList: boolean;
}

export function makeServices(options: ServicesOptions): Services {
  return { ...options, now: () => new Date() };
}

/** The cache of each resource, made on first use; `knownCache` makes none. */
export function makeCaches(
  watchCache: WatchCache,
  resources: ResourceTable,
): {
  cacheOf(resource: Resource): ResourceCache;
  knownCache(resource: Resource): ResourceCache | undefined;
} {
  const caches = new WeakMap<Resource, ResourceCache>();
  const cacheOf = (resource: Resource): ResourceCache => {
    let cache = caches.get(resource);
    if (cache === undefined) {
      cache = watchCache.resource(specOf(resource, resources));
      caches.set(resource, cache);
    }
    return cache;
  };
  return { cacheOf, knownCache: (resource) => caches.get(resource) };
}

/** Several served versions share one cache: it holds the stored version. */
function specOf(resource: Resource, resources: ResourceTable): ResourceSpec {
  const { group, version, kind } = resource.storedAs;
  const stored = resources.findKind(group, version, kind);
  // selectable fields and defaults are written for a served version: the stored one where it is served
  const reader = stored ?? resource;
  const { selectableFields, default: fill } = reader;
  return {
    keyPrefix: resource.keyPrefix,
    namespaced: resource.namespaced,
    apiVersion: apiVersionOf({ group, version }),
    kind,
    ...(resource.custom === undefined ? { emptyFields: () => emptyFields(reader.schema) } : {}),
    ...(selectableFields === undefined
      ? {}
      : { selectableFields: (object) => selectableFields(toServed(reader, object)) }),
    // objects written by another server, or by an older version, may lack what this one defaults
    ...(fill === undefined
      ? {}
      : {
          decode: (object) => {
            const readable = toServed(reader, object);
            fill(readable);
            return toStored(reader, readable);
          },
        }),
  };
}
