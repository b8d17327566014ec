import type { KubeObject } from '../../object/object.ts';
import {
  type LabelSelectorObject,
  labelSelectorFromObject,
  matches,
} from '../../object/selector.ts';
import { isTolerated, type Taint } from '../taint.ts';
import type { NodeInfo, Snapshot } from './snapshot.ts';
import { matchesNodeAffinity } from './filters.ts';

/** topologySpreadConstraints: how unevenly matching pods may lie over domains. */
export interface SpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  labelSelector?: LabelSelectorObject;
  minDomains?: number;
  matchLabelKeys?: string[];
  nodeAffinityPolicy?: 'Honor' | 'Ignore';
  nodeTaintsPolicy?: 'Honor' | 'Ignore';
}

export interface SpreadState {
  constraint: SpreadConstraint;
  /** Matching pods per topology value, over the nodes that count. */
  counts: Map<string, number>;
  least: number;
  /** 1 when the pod itself matches the selector. */
  self: number;
}

export function spreadConstraints(pod: KubeObject): SpreadConstraint[] {
  return pod.spec?.topologySpreadConstraints ?? [];
}

export function spreadStates(
  pod: KubeObject,
  snapshot: Snapshot,
  when: SpreadConstraint['whenUnsatisfiable'],
): SpreadState[] {
  const constraints = spreadConstraints(pod).filter((c) => c.whenUnsatisfiable === when);
  return constraints.map((constraint) => {
    const selector = selectorOf(constraint, pod);
    const counts = new Map<string, number>();
    for (const info of snapshot.nodes) {
      const value = info.labels[constraint.topologyKey];
      // Only nodes that carry every key of the group take part.
      if (
        value === undefined ||
        !constraints.every((c) => info.labels[c.topologyKey] !== undefined)
      ) {
        continue;
      }
      if (!counts_(constraint, pod, info)) continue;
      const found = info.pods.filter(
        (other) =>
          other.metadata.namespace === pod.metadata.namespace &&
          other.metadata.deletionTimestamp == null &&
          matches(selector, other.metadata.labels),
      ).length;
      counts.set(value, (counts.get(value) ?? 0) + found);
    }
    const enough = counts.size >= (constraint.minDomains ?? 1);
    const least = enough && counts.size > 0 ? Math.min(...counts.values()) : 0;
    return { constraint, counts, least, self: matches(selector, pod.metadata.labels) ? 1 : 0 };
  });
}

function selectorOf({ labelSelector, matchLabelKeys }: SpreadConstraint, pod: KubeObject) {
  const extra = (matchLabelKeys ?? [])
    .map((key) => [key, pod.metadata.labels?.[key]] as const)
    .filter((entry): entry is [string, string] => entry[1] !== undefined);
  return labelSelectorFromObject({
    ...labelSelector,
    matchLabels: { ...labelSelector?.matchLabels, ...Object.fromEntries(extra) },
  });
}

function counts_(constraint: SpreadConstraint, pod: KubeObject, info: NodeInfo): boolean {
  if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNodeAffinity(pod, info)) return false;
  if (constraint.nodeTaintsPolicy !== 'Honor') return true;
  return ((info.node.spec?.taints ?? []) as Taint[]).every(
    (taint) => taint.effect === 'PreferNoSchedule' || isTolerated(pod.spec?.tolerations, taint),
  );
}

export function spreadObstacle(states: readonly SpreadState[], info: NodeInfo): string | undefined {
  for (const { constraint, counts, least, self } of states) {
    const value = info.labels[constraint.topologyKey];
    if (value === undefined) {
      return "node(s) didn't match pod topology spread constraints (missing required label)";
    }
    if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) {
      return "node(s) didn't match pod topology spread constraints";
    }
  }
  return undefined;
}

/** Fewer is better: matching pods already in the node's domains. */
export function spreadCost(states: readonly SpreadState[], info: NodeInfo): number {
  let cost = 0;
  for (const { constraint, counts } of states) {
    const value = info.labels[constraint.topologyKey];
    if (value === undefined) return Number.POSITIVE_INFINITY;
    // Large domains (zones) weigh less per pod than small ones (nodes).
    cost += (counts.get(value) ?? 0) * Math.log(counts.size + 2) + (constraint.maxSkew - 1);
  }
  return cost;
}
