import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../object/object.ts';
import {
  labelSelectorFromObject,
  type LabelSelectorObject,
  matches,
} from '../../object/selector.ts';

/**
 * The rules an aggregated ClusterRole gets: those of every role one of its selectors matches, in
 * selector order, then by name, each rule once. Undefined for a role that does not aggregate.
 * Source: kube-controller-manager's clusterrole-aggregation-controller.
 */
export function aggregate(
  clusterRole: KubeObject,
  allRoles: readonly KubeObject[],
): unknown[] | undefined {
  const selectors: LabelSelectorObject[] | undefined =
    clusterRole.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined) return undefined;
  const byName = allRoles.toSorted((a, b) =>
    (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1,
  );
  const rules: unknown[] = [];
  for (const selector of selectors.map(labelSelectorFromObject)) {
    for (const role of byName) {
      if (role.metadata.name === clusterRole.metadata.name) continue;
      if (!matches(selector, role.metadata.labels)) continue;
      for (const rule of role.rules ?? []) {
        if (!rules.some((known) => isDeepStrictEqual(known, rule))) rules.push(rule);
      }
    }
  }
  return rules;
}
