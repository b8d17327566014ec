import type { AdmissionRequest } from '../admission/plugin.ts';
import { emptyFields } from '../../schema/empty-object.ts';
import type { CustomBehaviour, Resource } from '../apis/resource.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { Store } from '../storage/store.ts';
import type { WatchCache } from '../watch/cache.ts';
import type { ResourceCache } from '../watch/resource-cache.ts';
import type { ResourceSpec } from '../watch/spec.ts';
import { VersionView } from '../watch/version-view.ts';
import type { Services, WriteHooks } from './services.ts';
import { toServed, toStored } from './stored-version.ts';
import { apiVersionOf } from '../../object/object.ts';

export interface ServicesOptions {
  store: Store;
  cache: WatchCache;
  cacheOf: Services['cacheOf'];
  viewOf: Services['viewOf'];
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
  viewOf(resource: Resource): VersionView | undefined;
  knownCache(resource: Resource): ResourceCache | undefined;
  /** The definition of the resource changed: what was read by the one before is read again. */
  respec(resource: Resource): void;
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
  const views = new WeakMap<Resource, VersionView>();
  return {
    cacheOf,
    viewOf(resource) {
      const convert = resource.custom?.convert;
      if (convert === undefined) return undefined;
      let view = views.get(resource);
      if (view === undefined) {
        const { apiVersion } = resource;
        view = new VersionView({
          spec: shownSpec(resource),
          convert: (objects) => convert(objects, apiVersion),
        });
        views.set(resource, view);
      }
      return view;
    },
    knownCache: (resource) => caches.get(resource),
    respec: (resource) => watchCache.respec(specOf(resource, resources)),
  };
}

/** Of the version that is shown. */
function shownSpec(resource: Resource): ResourceSpec {
  const { keyPrefix, namespaced, apiVersion, kind, selectableFields } = resource;
  return {
    keyPrefix,
    namespaced,
    apiVersion,
    kind,
    byName: true,
    ...(selectableFields === undefined ? {} : { selectableFields }),
  };
}

/** Several served versions share one cache: it holds the stored version. */
function specOf(resource: Resource, resources: ResourceTable): ResourceSpec {
  const { group, version, kind } = resource.storedAs;
  if (resource.custom !== undefined) return customSpec(resource, resource.custom);
  const stored = resources.findKind(group, version, kind);
  // selectable fields and defaults are written for a served version: the stored one where it is served
  const reader = stored ?? resource;
  const { selectableFields, indexedField, default: fill } = reader;
  return {
    ...(indexedField === undefined ? {} : { indexedField }),
    keyPrefix: resource.keyPrefix,
    namespaced: resource.namespaced,
    apiVersion: apiVersionOf({ group, version }),
    kind,
    emptyFields: () => emptyFields(reader.schema),
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

/** Objects are kept in the version each is stored in; those of the storage version can be selected by fields. */
function customSpec(resource: Resource, custom: CustomBehaviour): ResourceSpec {
  const apiVersion = apiVersionOf(resource.storedAs);
  return {
    keyPrefix: resource.keyPrefix,
    namespaced: resource.namespaced,
    apiVersion,
    kind: resource.kind,
    byName: true,
    selectableFields: (object) =>
      object.apiVersion === apiVersion ? custom.storedFields(object) : {},
    decode: (object) => (custom.refresh(object) ? object : undefined),
  };
}
