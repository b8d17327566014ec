import type { KubeObject } from '../../object/object.ts';
import { labelSelectorFromObject, matches } from '../../object/selector.ts';
import { conditionOf } from '../pod.ts';
import { fits } from './schedule.ts';
import { addPod, emptied, type NodeInfo, type Snapshot } from './snapshot.ts';

/** Which pods must go so that a more important one fits; pure. The rules are DefaultPreemption's. */
export interface Victims {
  node: string;
  pods: KubeObject[];
}

interface Candidate extends Victims {
  /** How many of the victims a PodDisruptionBudget would have kept. */
  violations: number;
}

export const priorityOf = (pod: KubeObject): number => pod.spec?.priority ?? 0;

/** Why this pod may not push others out; undefined: it may. */
export function whyNotEligible(pod: KubeObject, snapshot: Snapshot): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') {
    return 'not eligible due to preemptionPolicy=Never.';
  }
  const node = snapshot.nodes.find((info) => info.name === pod.status?.nominatedNodeName);
  const leaving = node?.pods.some(
    (other) =>
      other.metadata.deletionTimestamp != null &&
      priorityOf(other) < priorityOf(pod) &&
      conditionOf(other, 'DisruptionTarget')?.reason === 'PreemptionByScheduler',
  );
  return leaving === true
    ? 'not eligible due to a terminating pod on the nominated node.'
    : undefined;
}

/** Of `nodes` the one where the least is lost. */
export function chooseVictims(
  pod: KubeObject,
  snapshot: Snapshot,
  nodes: readonly NodeInfo[],
  budgets: readonly KubeObject[],
): Victims | undefined {
  const candidates = nodes.flatMap((info) => victimsOn(pod, snapshot, info, budgets) ?? []);
  return candidates.toSorted(
    (a, b) =>
      a.violations - b.violations ||
      highest(a) - highest(b) ||
      priorities(a) - priorities(b) ||
      a.pods.length - b.pods.length ||
      earliestStart(b) - earliestStart(a),
  )[0];
}

/** All that are less important go, then as many as fit beside the pod come back, the most important first. */
function victimsOn(
  pod: KubeObject,
  snapshot: Snapshot,
  info: NodeInfo,
  budgets: readonly KubeObject[],
): Candidate | undefined {
  const lesser = info.pods.filter((other) => priorityOf(other) < priorityOf(pod));
  if (lesser.length === 0) return undefined;
  const node = emptied(info);
  for (const other of info.pods) if (!lesser.includes(other)) addPod(node, other);
  const fitsBeside = (with_: NodeInfo): boolean => {
    const others = snapshot.nodes.map((n) => (n.name === info.name ? with_ : n));
    return fits(pod, { ...snapshot, nodes: others }, with_);
  };
  if (!fitsBeside(node)) return undefined;
  const { kept, free } = byBudget(lesser.toSorted(moreImportant), budgets);
  let current = node;
  const victims: KubeObject[] = [];
  let violations = 0;
  for (const other of [...kept, ...free]) {
    const next = emptied(current);
    for (const p of current.pods) addPod(next, p);
    addPod(next, other);
    if (fitsBeside(next)) {
      current = next;
      continue;
    }
    victims.push(other);
    if (kept.includes(other)) violations++;
  }
  return { node: info.name, pods: victims.toSorted(moreImportant), violations };
}

/** Those whose budgets have nothing left when those before them are gone, and the rest. */
function byBudget(
  pods: readonly KubeObject[],
  budgets: readonly KubeObject[],
): { kept: KubeObject[]; free: KubeObject[] } {
  const allowed = new Map(budgets.map((b) => [b, b.status?.disruptionsAllowed ?? 0]));
  const [kept, free]: [KubeObject[], KubeObject[]] = [[], []];
  for (const pod of pods) {
    let violates = false;
    for (const [budget, left] of allowed) {
      if (!guards(budget, pod)) continue;
      allowed.set(budget, left - 1);
      if (left - 1 < 0) violates = true;
    }
    (violates ? kept : free).push(pod);
  }
  return { kept, free };
}

function guards(budget: KubeObject, pod: KubeObject): boolean {
  const { namespace, name = '', labels = {} } = pod.metadata;
  if (budget.metadata.namespace !== namespace || Object.keys(labels ?? {}).length === 0)
    return false;
  const selector = budget.spec?.selector;
  const all =
    Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions?.length ?? 0);
  if (all === 0 || budget.status?.disruptedPods?.[name] !== undefined) return false;
  return matches(labelSelectorFromObject(selector), labels);
}

function moreImportant(a: KubeObject, b: KubeObject): number {
  return priorityOf(b) - priorityOf(a) || startedAt(a) - startedAt(b);
}

/** One that has not started counts as starting now. */
function startedAt(pod: KubeObject): number {
  const at = Date.parse(pod.status?.startTime ?? '');
  return Number.isNaN(at) ? Number.MAX_SAFE_INTEGER : at;
}

const highest = ({ pods: [first] }: Victims): number =>
  first === undefined ? 0 : priorityOf(first);

/** Raised above zero, so that many victims of negative priority are not better than few. */
const priorities = ({ pods }: Victims): number =>
  pods.reduce((sum, pod) => sum + priorityOf(pod) + 2 ** 31, 0);

/** When the first of the most important victims started. */
function earliestStart(victims: Victims): number {
  const top = victims.pods.filter((pod) => priorityOf(pod) === highest(victims));
  return Math.min(...top.map(startedAt));
}
