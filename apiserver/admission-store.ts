import type { AdmissionDependencies } from './admission/plugins.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import type { Services } from './verbs/services.ts';
import { current, fresh, reviseStored, toServed } from './verbs/stored.ts';

/** Reads past the cache: what admission asks when the cache knows no such object. */
export function liveReader(
  resources: ResourceTable,
  services: () => Services,
): AdmissionDependencies['readLive'] {
  return async (group, name, namespace, object) => {
    const resource = resources.findAnyVersion(group, name);
    if (resource === undefined) return undefined;
    return (await fresh(services(), resource, { namespace, name: object }))?.object;
  };
}

/** Usage of a quota is written by whoever creates what it counts. */
export function quotaWriter(
  resources: ResourceTable,
  services: () => Services,
): NonNullable<AdmissionDependencies['reviseQuota']> {
  return async (namespace, name, change) => {
    const resource = resources.findAnyVersion('', 'resourcequotas');
    if (resource === undefined) return;
    const at = { namespace, name, dryRun: false };
    await reviseStored(services(), resource, at, async ({ object }) => change(object) ?? object);
  };
}

/** What parametrises admission policies: from the cache, past it for a name it does not know. */
export function paramFinder(
  resources: ResourceTable,
  services: () => Services,
): AdmissionDependencies['findParams'] {
  return ({ group, version, kind }) => {
    const resource = resources.findKind(group, version, kind);
    if (resource === undefined) return undefined;
    const cache = services().cacheOf(resource);
    return {
      namespaced: resource.namespaced,
      async get(namespace, name) {
        await cache.ready();
        return (await current(services(), resource, { namespace, name }))?.object;
      },
      async list(namespace) {
        await cache.ready();
        return cache.list({ namespace }).items.map((entry) => toServed(resource, entry.object()));
      },
    };
  };
}
