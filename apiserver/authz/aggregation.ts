import type { KubeObject } from '../../object/object.ts';
import { isDeepStrictEqual } from 'node:util';

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/**
 * The rules an aggregated ClusterRole gets: those of every role one of its selectors matches, in
 * selector order, then by name, each rule once. Undefined for a role that does not aggregate.
 * Source: kube-controller-manager's clusterrole-aggregation-controller.
 */
export function aggregate(
  clusterRole: KubeObject,
  allRoles: readonly KubeObject[],
): unknown[] | undefined {
  const selectors: LabelSelector[] | undefined = clusterRole.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined) return undefined;
  const byName = allRoles.toSorted((a, b) =>
    (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1,
  );
  const rules: unknown[] = [];
  for (const selector of selectors) {
    for (const role of byName) {
      if (role.metadata.name === clusterRole.metadata.name) continue;
      if (!selects(selector, role.metadata.labels ?? {})) continue;
      for (const rule of role.rules ?? []) {
        if (!rules.some((known) => isDeepStrictEqual(known, rule))) rules.push(rule);
      }
    }
  }
  return rules;
}

/** An empty selector selects everything (metav1.LabelSelectorAsSelector). */
function selects(selector: LabelSelector, labels: Record<string, string>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((e) => expressionHolds(e, labels[e.key]));
}

function expressionHolds(
  { operator, values = [] }: { operator: string; values?: string[] },
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
