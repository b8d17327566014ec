import { type Reach } from './reach.ts';
import { pathOf, type RemoteApi } from './remote-api.ts';

/** What a remote server says that it serves (kube-aggregator handler_discovery.go). */

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface GroupDiscovery {
  metadata?: { name?: string };
  versions?: { version?: string; resources?: unknown[] }[];
}

/** Resources of one group version in the aggregated form. Rejects when the server does not tell. */
export async function discover(reach: Reach, api: RemoteApi): Promise<readonly unknown[]> {
  const all = api.group === '' ? '/api' : '/apis';
  const { code, bytes, contentType } = await reach.fetch(api, all, { accept: aggregatedType });
  if (code === 200 && contentType.includes('as=APIGroupDiscoveryList')) {
    const { items = [] } = JSON.parse(bytes.toString('utf8')) as { items?: GroupDiscovery[] };
    const group = items.find(({ metadata }) => (metadata?.name ?? '') === api.group);
    const version = group?.versions?.find((one) => one.version === api.version);
    if (version !== undefined) return version.resources ?? [];
  }
  const path = pathOf(api);
  const old = await reach.fetch(api, path, { accept: 'application/json' });
  if (old.code !== 200) throw new Error(`failed to download discovery for ${path}: ${old.code}`);
  const { resources = [] } = JSON.parse(old.bytes.toString('utf8')) as ResourceList;
  return fromResourceList(resources, api);
}

interface OldResource {
  name: string;
  singularName?: string;
  namespaced?: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
}

interface ResourceList {
  resources?: OldResource[];
}

/** APIResourceList to the aggregated form: subresources go under their resource. */
export function fromResourceList(
  list: readonly OldResource[],
  gv: { group: string; version: string },
): object[] {
  const out = new Map<string, Record<string, unknown> & { subresources?: object[] }>();
  const kindOf = ({ group, version, kind }: OldResource): object => ({
    group: group ?? gv.group,
    version: version ?? gv.version,
    kind,
  });
  for (const resource of list) {
    if (resource.name.includes('/')) continue;
    const { shortNames = [], categories = [] } = resource;
    out.set(resource.name, {
      resource: resource.name,
      responseKind: kindOf(resource),
      scope: resource.namespaced === true ? 'Namespaced' : 'Cluster',
      singularResource: resource.singularName ?? '',
      verbs: resource.verbs ?? [],
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(categories.length === 0 ? {} : { categories }),
    });
  }
  for (const sub of list) {
    const [parent = '', ...rest] = sub.name.split('/');
    const entry = out.get(parent);
    if (rest.length === 0 || entry === undefined) continue;
    entry.subresources ??= [];
    entry.subresources.push({
      subresource: rest.join('/'),
      responseKind: kindOf(sub),
      verbs: sub.verbs ?? [],
    });
  }
  return [...out.values()];
}
