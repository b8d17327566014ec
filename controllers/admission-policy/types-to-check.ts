import type { GroupVersionKind, KubeObject } from '../../object/object.ts';
import type { DiscoveredResource } from '../discovery.ts';

/** Upstream's bound: what a rule names may be many types. */
const typesMax = 10;

interface Rule {
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
}

/**
 * The kinds whose objects a policy may see, as far as its rules name them: wildcards and subresources
 * say nothing of types (k8s.io/apiserver admission/plugin/policy/validating typechecking.go). Sorted.
 */
export function typesToCheck(
  policy: KubeObject,
  served: readonly DiscoveredResource[],
): GroupVersionKind[] {
  const found = new Map<string, GroupVersionKind>();
  const rules: Rule[] = policy['spec']?.matchConstraints?.resourceRules ?? [];
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([...apiGroups, ...apiVersions].some((name) => name.includes('*'))) continue;
    const named = resources.filter((name) => !/[*/]/.test(name)).sort();
    const matched = [...apiGroups]
      .sort()
      .flatMap((group) =>
        [...apiVersions]
          .sort()
          .flatMap((version) =>
            named.flatMap((resource) =>
              served.filter(
                (s) => s.group === group && s.version === version && s.resource === resource,
              ),
            ),
          ),
      );
    for (const { group, version, kind } of matched.slice(0, typesMax)) {
      found.set(`${group}/${version}/${kind}`, { group, version, kind });
    }
    if (matched.length >= typesMax) break;
  }
  return sorted(found);
}

function sorted(found: ReadonlyMap<string, GroupVersionKind>): GroupVersionKind[] {
  return [...found.values()].sort(
    (a, b) => order(a.group, b.group) || order(a.version, b.version) || order(a.kind, b.kind),
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
