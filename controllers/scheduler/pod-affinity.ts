import type { KubeObject } from '../../object/object.ts';
import {
  type LabelSelectorObject,
  labelSelectorFromObject,
  matches,
} from '../../object/selector.ts';
import type { NodeInfo, Snapshot } from './snapshot.ts';

/** Inter-pod affinity and anti-affinity over topology domains. */
export interface PodAffinityTerm {
  labelSelector?: LabelSelectorObject;
  namespaces?: string[];
  namespaceSelector?: LabelSelectorObject;
  topologyKey: string;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

type Kind = 'podAffinity' | 'podAntiAffinity';

export function requiredTerms(pod: KubeObject, kind: Kind): PodAffinityTerm[] {
  return pod.spec?.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

export function preferredTerms(
  pod: KubeObject,
  kind: Kind,
): { weight: number; podAffinityTerm: PodAffinityTerm }[] {
  return pod.spec?.affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** `owner` is the pod that states the term. */
export function termMatches(
  term: PodAffinityTerm,
  owner: KubeObject,
  other: KubeObject,
  snapshot: Snapshot,
): boolean {
  return (
    namespaceMatches(term, owner, other, snapshot) &&
    matches(labelSelectorFromObject(term.labelSelector), other.metadata.labels)
  );
}

function namespaceMatches(
  term: PodAffinityTerm,
  owner: KubeObject,
  other: KubeObject,
  snapshot: Snapshot,
): boolean {
  const namespace = other.metadata.namespace ?? '';
  const listed = term.namespaces ?? [];
  if (listed.includes(namespace)) return true;
  if (term.namespaceSelector !== undefined && term.namespaceSelector !== null) {
    const labels = snapshot.namespaceLabels(namespace);
    return matches(labelSelectorFromObject(term.namespaceSelector), labels);
  }
  return listed.length === 0 && namespace === owner.metadata.namespace;
}

export interface AffinityState {
  /** Per required affinity term: topology values with a match; and whether anything matched at all. */
  affinity: { term: PodAffinityTerm; values: Set<string>; self: boolean }[];
  /** topologyKey and value that no pod of ours may join: `key=value`. */
  forbidden: { mine: Set<string>; theirs: Set<string> };
}

/** One pass over all pods, so that judging a node is a few look-ups. */
export function affinityState(pod: KubeObject, snapshot: Snapshot): AffinityState {
  const wanted = requiredTerms(pod, 'podAffinity');
  const unwanted = requiredTerms(pod, 'podAntiAffinity');
  const state: AffinityState = {
    affinity: wanted.map((term) => ({
      term,
      values: new Set(),
      self: termMatches(term, pod, pod, snapshot),
    })),
    forbidden: { mine: new Set(), theirs: new Set() },
  };
  for (const info of snapshot.nodes) {
    for (const other of info.pods) {
      for (const entry of state.affinity) {
        const value = info.labels[entry.term.topologyKey];
        if (value !== undefined && termMatches(entry.term, pod, other, snapshot)) {
          entry.values.add(value);
        }
      }
      for (const term of unwanted) {
        if (termMatches(term, pod, other, snapshot)) mark(state.forbidden.mine, term, info);
      }
      for (const term of requiredTerms(other, 'podAntiAffinity')) {
        if (termMatches(term, other, pod, snapshot)) mark(state.forbidden.theirs, term, info);
      }
    }
  }
  return state;
}

function mark(set: Set<string>, { topologyKey }: PodAffinityTerm, { labels }: NodeInfo): void {
  const value = labels[topologyKey];
  if (value !== undefined) set.add(`${topologyKey}=${value}`);
}

/** Upstream's reason, or undefined when the node will do. */
export function affinityObstacle(state: AffinityState, info: NodeInfo): string | undefined {
  const { affinity, forbidden } = state;
  // The first of a group that wants to be together may start anywhere with the right labels.
  const first = affinity.every((e) => e.values.size === 0 && e.self);
  for (const { term, values } of affinity) {
    const value = info.labels[term.topologyKey];
    if (value === undefined || (!first && !values.has(value))) {
      return "node(s) didn't match pod affinity rules";
    }
  }
  for (const [key, value] of Object.entries(info.labels)) {
    if (forbidden.mine.has(`${key}=${value}`))
      return "node(s) didn't match pod anti-affinity rules";
    if (forbidden.theirs.has(`${key}=${value}`)) {
      return "node(s) didn't satisfy existing pods anti-affinity rules";
    }
  }
  return undefined;
}

/** Sum of the weights of preferences that this node satisfies, both ways. */
export function affinityPreference(
  pod: KubeObject,
  snapshot: Snapshot,
): (info: NodeInfo) => number {
  const weights = new Map<string, number>();
  const weigh = (term: PodAffinityTerm, info: NodeInfo, weight: number) => {
    const value = info.labels[term.topologyKey];
    if (value === undefined) return;
    const key = `${term.topologyKey}=${value}`;
    weights.set(key, (weights.get(key) ?? 0) + weight);
  };
  const weighPreferred = (kind: Kind, sign: number, other: KubeObject, info: NodeInfo) => {
    for (const { weight, podAffinityTerm: term } of preferredTerms(pod, kind)) {
      if (termMatches(term, pod, other, snapshot)) weigh(term, info, sign * weight);
    }
    for (const { weight, podAffinityTerm: term } of preferredTerms(other, kind)) {
      if (termMatches(term, other, pod, snapshot)) weigh(term, info, sign * weight);
    }
  };
  for (const info of snapshot.nodes) {
    for (const other of info.pods) {
      weighPreferred('podAffinity', 1, other, info);
      weighPreferred('podAntiAffinity', -1, other, info);
      for (const term of requiredTerms(other, 'podAffinity')) {
        if (termMatches(term, other, pod, snapshot)) weigh(term, info, 1);
      }
    }
  }
  return (info) => {
    if (weights.size === 0) return 0;
    let total = 0;
    for (const [key, value] of Object.entries(info.labels)) {
      total += weights.get(`${key}=${value}`) ?? 0;
    }
    return total;
  };
}
