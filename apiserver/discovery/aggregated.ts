import type { Resource } from '../apis/resource.ts';
import { discoveredVerbs, type ServedGroup, type ServedVersion, subresourcesOf } from './groups.ts';

/** Everything that is served, in one document (apidiscovery.k8s.io APIGroupDiscoveryList; KEP-3352). */
export function aggregatedDocument(groups: readonly ServedGroup[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map(versionEntry),
    })),
  };
}

function versionEntry(served: ServedVersion): object {
  const { version, remote } = served;
  return {
    version,
    resources: remote?.resources ?? served.resources.map(resourceEntry),
    freshness: remote?.freshness ?? 'Current',
  };
}

function resourceEntry(resource: Resource): object {
  const { kind, shortNames, categories } = resource;
  const subresources = subresourcesOf(resource).map((sub) => ({
    subresource: sub.name,
    responseKind: sub.foreign
      ? { group: sub.group, version: sub.version, kind: sub.kind }
      : responseKind(resource, sub.kind),
    verbs: sub.verbs,
  }));
  return {
    resource: resource.resource,
    responseKind: responseKind(resource, kind),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: discoveredVerbs(resource),
    ...(shortNames === undefined || shortNames.length === 0 ? {} : { shortNames }),
    ...(categories === undefined || categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** Built-in kinds leave group and version empty where they are the document's; custom ones do not. */
function responseKind(resource: Resource, kind: string): object {
  if (resource.custom === undefined) return { group: '', version: '', kind };
  return { group: resource.group, version: resource.version, kind };
}
