import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../object/object.ts';
import type { Resource, ResourceVerb } from '../apis/resource.ts';
import { compareVersions, type GroupVersionPriority, groupVersionPriority } from './priorities.ts';

/**
 * The legacy discovery documents: /api, /apis, /apis/<group>, /api/v1, /apis/<group>/<version>
 * (k8s.io/apimachinery meta/v1 APIVersions, APIGroupList, APIGroup, APIResourceList).
 */

/** A group version served by somebody else, as its APIService and its own discovery describe it. */
export interface RemoteGroupVersion {
  group: string;
  version: string;
  priority: GroupVersionPriority;
  /** Resources in the aggregated form (apidiscovery.k8s.io/v2 APIResourceDiscovery). */
  resources: readonly unknown[];
  freshness: 'Current' | 'Stale';
}

export interface GroupVersion {
  group: string;
  version: string;
}

/** What APIServices say of this server's own group versions. */
export interface LocalGroupVersions {
  /** Undefined: nobody says anything else than is usual. */
  priorityOf(gv: GroupVersion): GroupVersionPriority | undefined;
  /** False: served, and not shown in the list of groups. */
  isListed(gv: GroupVersion): boolean;
}

export interface ServedVersion {
  group: string;
  version: string;
  priority: GroupVersionPriority;
  /** Sorted by name; empty for a remote one. */
  resources: readonly Resource[];
  remote: RemoteGroupVersion | undefined;
}

export interface ServedGroup {
  name: string;
  /** Preferred first. */
  versions: readonly ServedVersion[];
}

const statusVerbs: readonly ResourceVerb[] = ['get', 'patch', 'update'];
/** Custom resources list their verbs in another order (apiextensions customresource_discovery_controller). */
const customVerbOrder: readonly ResourceVerb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];

/** Groups and their versions in the order they are shown; the core group has the name ''. */
export function servedGroups(
  resources: readonly Resource[],
  remote: readonly RemoteGroupVersion[] = [],
  local?: LocalGroupVersions,
): ServedGroup[] {
  const versions = new Map<string, ServedVersion & { resources: Resource[] }>();
  for (const resource of resources) {
    const { group, version } = resource;
    let served = versions.get(resource.apiVersion);
    if (served === undefined) {
      const priority = local?.priorityOf(resource) ?? groupVersionPriority(group, version);
      served = { group, version, priority, resources: [], remote: undefined };
      versions.set(resource.apiVersion, served);
    }
    served.resources.push(resource);
  }
  for (const entry of remote) {
    const { group, version, priority } = entry;
    versions.set(apiVersionOf(entry), { group, version, priority, resources: [], remote: entry });
  }
  const groups = new Map<string, ServedVersion[]>();
  for (const served of versions.values()) {
    served.resources.sort((a, b) => (a.resource < b.resource ? -1 : 1));
    const list = groups.get(served.group);
    if (list === undefined) groups.set(served.group, [served]);
    else list.push(served);
  }
  return [...groups]
    .map(([name, list]) => ({ name, versions: list.sort(byVersion) }))
    .sort(byGroup);
}

/** Without what is served and not shown. */
export function listedGroups(
  groups: readonly ServedGroup[],
  local?: LocalGroupVersions,
): readonly ServedGroup[] {
  if (local === undefined) return groups;
  return groups
    .map(({ name, versions }) => ({ name, versions: versions.filter((v) => local.isListed(v)) }))
    .filter(({ versions }) => versions.length > 0);
}

function byVersion(a: ServedVersion, b: ServedVersion): number {
  return b.priority.version - a.priority.version || compareVersions(a.version, b.version);
}

/** apiregistration.k8s.io is always first: the aggregator shows itself before everyone else. */
function byGroup(a: ServedGroup, b: ServedGroup): number {
  const rank = (g: ServedGroup) =>
    g.name === 'apiregistration.k8s.io'
      ? Number.POSITIVE_INFINITY
      : Math.max(...g.versions.map((v) => v.priority.group));
  const left = rank(a);
  const right = rank(b);
  if (left !== right) return right - left;
  return a.name < b.name ? -1 : 1;
}

export function apiVersionsDocument(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

export function apiGroupListDocument(groups: readonly ServedGroup[]): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.filter((g) => g.name !== '').map(groupEntry),
  };
}

export function apiGroupDocument(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) };
}

function groupEntry({ name, versions }: ServedGroup) {
  const list = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

/** `hashes` false leaves storageVersionHash out (the feature gate of that name). */
export function apiResourceListDocument(served: ServedVersion, hashes = true): object {
  const groupVersion = apiVersionOf(served);
  return {
    kind: 'APIResourceList',
    // Absent in the core group since before the field existed; clients have got used to it.
    ...(served.group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: served.resources.flatMap((resource) => [
      resourceEntry(resource, hashes),
      ...subresourcesOf(resource).map((sub) => subresourceEntry(resource, sub)),
    ]),
  };
}

function resourceEntry(resource: Resource, hashes: boolean): object {
  const { shortNames, categories } = resource;
  return {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: discoveredVerbs(resource),
    ...(shortNames === undefined || shortNames.length === 0 ? {} : { shortNames }),
    ...(categories === undefined || categories.length === 0 ? {} : { categories }),
    ...(resource.keyPrefix === '' || !hashes
      ? {}
      : { storageVersionHash: storageVersionHash(resource) }),
  };
}

function subresourceEntry(resource: Resource, sub: DiscoveredSubresource): object {
  return {
    name: `${resource.resource}/${sub.name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(sub.foreign ? { group: sub.group, version: sub.version } : {}),
    kind: sub.kind,
    verbs: sub.verbs,
  };
}

export interface DiscoveredSubresource {
  name: string;
  group: string;
  version: string;
  kind: string;
  verbs: readonly string[];
  /** The body is of another group version than the resource. */
  foreign: boolean;
}

/** Sorted by name, as upstream lists them. */
export function subresourcesOf(resource: Resource): DiscoveredSubresource[] {
  const { group, version, kind } = resource;
  const list: DiscoveredSubresource[] = [];
  if (resource.status !== undefined && resource.status !== false) {
    list.push({ name: 'status', group, version, kind, verbs: statusVerbs, foreign: false });
  }
  if (resource.scale !== undefined) {
    const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    list.push({ name: 'scale', ...scale, verbs: statusVerbs, foreign: true });
  }
  for (const [name, sub] of Object.entries(resource.subresources ?? {})) {
    const foreign = sub.kind.group !== group || sub.kind.version !== version;
    const verbs = sub.verbs.filter((verb) => verb !== 'connect');
    list.push({ name, ...sub.kind, verbs, foreign });
  }
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const writing: ReadonlySet<ResourceVerb> = new Set(['create', 'patch', 'update']);

/** Of a definition that goes, those that write an object are not told: some work all the same. */
export function discoveredVerbs({ custom, verbs }: Resource): readonly ResourceVerb[] {
  if (custom === undefined) return verbs;
  return customVerbOrder.filter(
    (verb) => verbs.includes(verb) && !(custom.terminating && writing.has(verb)),
  );
}

/** Tells clients when the stored form changes (k8s.io/apiserver discovery.StorageVersionHash). */
function storageVersionHash({ storedAs: { group, version, kind } }: Resource): string {
  const hash = createHash('sha256').update(`${group}/${version}/${kind}`).digest();
  return hash.subarray(0, 8).toString('base64');
}
