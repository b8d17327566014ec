import type { Resource } from './resource.ts';

/**
 * Upstream's Go names of a resource's types, which a few of its refusals show: the type objects are
 * handled as inside the server (`core.Pod`), and the one of a version (`v1.Pod`).
 */

/** Packages that are not called as the group's first word. */
const packages: Record<string, string> = {
  '': 'core',
  'events.k8s.io': 'core',
  'rbac.authorization.k8s.io': 'rbac',
};

/** `list`: of the list of these objects. */
export function internalGoName(resource: Resource, list = false): string {
  if (resource.custom !== undefined) {
    return list ? 'unstructured.UnstructuredList' : 'unstructured.Unstructured';
  }
  const { group } = resource;
  const name = packages[group] ?? group.split('.', 1)[0] ?? group;
  return `${name}.${list ? resource.listKind : resource.kind}`;
}

export function versionedGoName({ version, kind }: { version: string; kind: string }): string {
  return `${version}.${kind}`;
}
