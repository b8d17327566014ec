import { parseApiVersion } from '../object/object.ts';
import type { AdmissionDependencies } from './admission/dependencies.ts';
import type { Resource } from './apis/resource.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import type { Services } from './verbs/services.ts';
import { writeStatus } from './verbs/own-status.ts';
import { current, fresh } from './verbs/stored.ts';
import { toServed, toStored } from './verbs/stored-version.ts';

/** All that admission needs of the objects that are stored. */
export function admissionStore(
  resources: ResourceTable,
  services: () => Services,
): Pick<
  AdmissionDependencies,
  'readLive' | 'reviseQuota' | 'findParams' | 'resourceOfKind' | 'webhooks'
> {
  return {
    readLive: liveReader(resources, services),
    reviseQuota: quotaWriter(resources, services),
    findParams: paramFinder(resources, services),
    resourceOfKind: (group, version, kind) => resources.findKind(group, version, kind),
    webhooks: equivalents(resources),
  };
}

/** Reads past the cache: what admission asks when the cache knows no such object. */
function liveReader(
  resources: ResourceTable,
  services: () => Services,
): AdmissionDependencies['readLive'] {
  return async (group, name, namespace, object) => {
    const resource = resources.findAnyVersion(group, name);
    if (resource === undefined) return undefined;
    return (await fresh(services(), resource, { namespace, name: object }))?.object;
  };
}

/** For NamespaceAutoProvision. */
export function namespaceMaker(
  writer: () => BootstrapPort,
): AdmissionDependencies['createNamespace'] {
  return (name) => {
    const ref = { group: '', resource: 'namespaces', namespace: '', name };
    return writer().create(ref, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  };
}

/** Usage of a quota is written by whoever creates what it counts. */
function quotaWriter(
  resources: ResourceTable,
  services: () => Services,
): NonNullable<AdmissionDependencies['reviseQuota']> {
  return async (namespace, name, change) => {
    const resource = resources.findAnyVersion('', 'resourcequotas');
    if (resource === undefined) return;
    await writeStatus(services(), resource, { namespace, name }, (quota) => {
      const next = change(quota);
      if (next !== undefined) quota['status'] = next['status'];
    });
  };
}

/** What parametrises admission policies: from the cache, past it for a name it does not know. */
function paramFinder(
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
        const { items } = cache.list({ namespace });
        const view = services().viewOf(resource);
        const shown = view === undefined ? items : await view.of(items);
        return shown.map((entry) => toServed(resource, entry.object()));
      },
    };
  };
}

/**
 * For matchPolicy Equivalent: in what apiVersions a resource is served, and its objects in them. What lies
 * under the same keys is the same resource, whatever its group: events are served in two.
 */
function equivalents(
  resources: ResourceTable,
): Required<
  Pick<NonNullable<AdmissionDependencies['webhooks']>, 'versionsOf' | 'convert' | 'schemaOf'>
> {
  let known = new WeakMap<Resource, string[]>();
  let generation = resources.generation;
  const inVersion = ({ resource }: Resource, apiVersion: string): Resource | undefined => {
    const gv = parseApiVersion(apiVersion);
    return gv && resources.find(gv.group, gv.version, resource);
  };
  return {
    versionsOf(resource) {
      if (generation !== resources.generation) {
        known = new WeakMap();
        generation = resources.generation;
      }
      let versions = known.get(resource);
      if (versions === undefined) {
        versions = resources
          .list()
          .filter((other) => isSame(resource, other))
          .map(({ apiVersion }) => apiVersion);
        known.set(resource, versions);
      }
      return versions;
    },
    schemaOf: (resource, apiVersion) => inVersion(resource, apiVersion)?.schema,
    async convert(object, resource, apiVersion) {
      const to = inVersion(resource, apiVersion);
      // subresources have kinds of their own, which are the same for every version
      if (to === undefined || object.kind !== resource.kind) return object;
      if (to.custom !== undefined) {
        const [converted = object] = (await to.custom.convert?.([object], apiVersion)) ?? [];
        return converted;
      }
      const from = inVersion(resource, object.apiVersion) ?? resource;
      return toServed(to, toStored(from, object));
    },
  };
}

function isSame(a: Resource, b: Resource): boolean {
  if (a.resource !== b.resource) return false;
  return a.group === b.group || (a.keyPrefix !== '' && a.keyPrefix === b.keyPrefix);
}
