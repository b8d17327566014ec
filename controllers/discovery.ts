import type { Cluster, ResourceRef } from '../reconciler/cluster.ts';

/** What the server serves, one (preferred) version per resource, without subresources. */
export interface DiscoveredResource extends ResourceRef {
  verbs: readonly string[];
}

export interface Discovered {
  /** In the preferred version. */
  resources: DiscoveredResource[];
  /** In every version that is served, to find what an apiVersion and kind mean. */
  everyVersion: DiscoveredResource[];
  /** Group versions that are served by an API service which does not answer. */
  failed: string[];
}

const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;q=0.5';

interface AggregatedGroup {
  metadata?: { name?: string };
  versions?: {
    version: string;
    freshness?: string;
    resources?: {
      resource: string;
      scope: string;
      verbs?: string[];
      responseKind?: { kind?: string };
    }[];
  }[];
}

/** Two requests where the server knows aggregated discovery (1.27+), one per group version else. */
export async function discover(cluster: Cluster): Promise<Discovered> {
  const [core, groups] = await Promise.all([
    cluster.raw('/api', aggregated),
    cluster.raw('/apis', aggregated),
  ]);
  const lists = [JSON.parse(core), JSON.parse(groups)];
  if (!lists.every((list) => list.kind === 'APIGroupDiscoveryList'))
    return discoverOneByOne(cluster);
  const found: Discovered = { resources: [], everyVersion: [], failed: [] };
  for (const group of lists.flatMap((list) => (list.items ?? []) as AggregatedGroup[])) {
    addGroup(found, group);
  }
  return found;
}

function addGroup(found: Discovered, group: AggregatedGroup): void {
  const name = group.metadata?.name ?? '';
  const seen = new Set<string>();
  // Versions come in order of preference.
  for (const { version, freshness, resources } of group.versions ?? []) {
    // what it served before it went away cannot be asked for
    if (freshness === 'Stale') {
      found.failed.push(name === '' ? version : `${name}/${version}`);
      continue;
    }
    for (const resource of resources ?? []) {
      const entry = {
        group: name,
        version,
        resource: resource.resource,
        kind: resource.responseKind?.kind ?? '',
        namespaced: resource.scope === 'Namespaced',
        verbs: resource.verbs ?? [],
      };
      found.everyVersion.push(entry);
      if (!seen.has(entry.resource)) found.resources.push(entry);
      seen.add(entry.resource);
    }
  }
}

async function discoverOneByOne(cluster: Cluster): Promise<Discovered> {
  const found: Discovered = { resources: [], everyVersion: [], failed: [] };
  const groups = JSON.parse(await cluster.raw('/apis')).groups as {
    name: string;
    versions: { version: string }[];
    preferredVersion: { version: string };
  }[];
  const targets = [
    { group: '', versions: ['v1'] },
    ...groups.map((g) => ({
      group: g.name,
      versions: [...new Set([g.preferredVersion.version, ...g.versions.map((v) => v.version)])],
    })),
  ];
  for (const { group, versions } of targets) {
    const seen = new Set<string>();
    for (const version of versions) {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      try {
        const list = JSON.parse(await cluster.raw(path)) as {
          resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
        };
        const entries = list.resources
          .filter(({ name }) => !name.includes('/'))
          .map(({ name, kind, namespaced, verbs }) => ({
            group,
            version,
            resource: name,
            kind,
            namespaced,
            verbs,
          }));
        found.everyVersion.push(...entries);
        found.resources.push(...entries.filter(({ resource }) => !seen.has(resource)));
        for (const { resource } of entries) seen.add(resource);
      } catch {
        found.failed.push(group === '' ? version : `${group}/${version}`);
      }
    }
  }
  return found;
}
