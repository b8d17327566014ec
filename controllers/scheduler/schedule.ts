import type { KubeObject } from '../../object/object.ts';
import { isTolerated, type Taint } from '../taint.ts';
import { isTooLarge, nodeObstacles, resourceObstacles } from './filters.ts';
import { matchesTerm, type NodeSelectorTerm } from './node-affinity.ts';
import { affinityObstacle, affinityPreference, affinityState } from './pod-affinity.ts';
import { podRequest } from './resources.ts';
import type { NodeInfo, Snapshot } from './snapshot.ts';
import { spreadCost, spreadObstacle, spreadStates } from './topology-spread.ts';
import { type VolumeNeeds, volumeNeeds, volumeObstacle } from './volume-filter.ts';

/**
 * The scheduling decision: filter, score, choose. Pure but for `random`, which breaks ties. Filter
 * order and reasons are kube-scheduler's default plugins'.
 */
export type Decision =
  | { kind: 'node'; node: string; claims: KubeObject[] }
  /** `helpful`: where it might fit if less important pods left. */
  | { kind: 'none'; message: string; helpful: NodeInfo[] };

export const schedulerName = 'default-scheduler';

/** No pod that leaves a node changes these. */
const lasting = new Set([
  'node(s) were unschedulable',
  'node(s) had untolerated taint(s)',
  "node(s) didn't match Pod's node affinity/selector",
  "node(s) didn't match PersistentVolume's node affinity",
  "node(s) didn't find available persistent volumes to bind",
  "node(s) didn't match pod topology spread constraints (missing required label)",
  "node(s) didn't match pod affinity rules",
]);

export function schedule(
  pod: KubeObject,
  snapshot: Snapshot,
  random: () => number = Math.random,
): Decision {
  const total = snapshot.nodes.length;
  if (total === 0) {
    return { kind: 'none', message: 'no nodes available to schedule pods', helpful: [] };
  }
  const needs = volumeNeeds(pod, snapshot.volumes);
  const blocked = blockOf(pod, needs);
  if (blocked !== undefined) {
    // A missing claim is a statement about the pod, an unbound one about every node.
    const message = fitMessage(total, new Map([[blocked, 0]]));
    return { kind: 'none', message, helpful: [] };
  }
  const obstacles = obstaclesOf(pod, snapshot, needs);
  const reasons = new Map<string, number>();
  const feasible: NodeInfo[] = [];
  const helpful: NodeInfo[] = [];
  for (const info of snapshot.nodes) {
    const found = obstacles(info);
    if (found.length === 0) feasible.push(info);
    else if (!found.some((reason) => lasting.has(reason)) && !isTooLarge(pod, info)) {
      helpful.push(info);
    }
    for (const reason of found) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) {
    return { kind: 'none', message: fitMessage(total, reasons), helpful };
  }
  return { kind: 'node', node: best(pod, snapshot, feasible, random), claims: needs.unbound };
}

/** Whether the pod could be on this node, which is one of the snapshot's. */
export function fits(pod: KubeObject, snapshot: Snapshot, info: NodeInfo): boolean {
  const needs = volumeNeeds(pod, snapshot.volumes);
  return blockOf(pod, needs) === undefined && obstaclesOf(pod, snapshot, needs)(info).length === 0;
}

/** Why no node can do, whatever is on it. */
function blockOf(pod: KubeObject, needs: VolumeNeeds): string | undefined {
  if ((pod.spec?.resourceClaims ?? []).length === 0) return needs.blocked;
  return 'this scheduler does not allocate the devices of spec.resourceClaims';
}

function obstaclesOf(
  pod: KubeObject,
  snapshot: Snapshot,
  needs: VolumeNeeds,
): (info: NodeInfo) => string[] {
  const affinity = affinityState(pod, snapshot);
  const spread = spreadStates(pod, snapshot, 'DoNotSchedule');
  return (info) => {
    const own = nodeObstacles(pod, info);
    if (own.length > 0) return own;
    const resources = resourceObstacles(pod, info);
    if (resources.length > 0) return resources;
    const reason =
      volumeObstacle(needs, info, snapshot.volumes) ??
      spreadObstacle(spread, info) ??
      affinityObstacle(affinity, info);
    return reason === undefined ? [] : [reason];
  };
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
export function fitMessage(total: number, reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].map(([reason, n]) => (n === 0 ? reason : `${n} ${reason}`)).sort();
  return `0/${total} nodes are available: ${parts.join(', ')}.`;
}

/** Weights of kube-scheduler's default profile. */
const weights = {
  taints: 3,
  nodeAffinity: 2,
  spread: 2,
  podAffinity: 2,
  fit: 1,
  balance: 1,
  image: 1,
};

function best(
  pod: KubeObject,
  snapshot: Snapshot,
  nodes: readonly NodeInfo[],
  random: () => number,
): string {
  if (nodes.length === 1) return nodes[0]?.name ?? '';
  const preference = affinityPreference(pod, snapshot);
  const spread = spreadStates(pod, snapshot, 'ScheduleAnyway');
  const columns: [number, number[]][] = [
    [weights.taints, normalize(nodes.map((n) => -preferNoScheduleTaints(pod, n)))],
    [weights.nodeAffinity, normalize(nodes.map((n) => nodePreference(pod, n)))],
    [
      weights.spread,
      spread.length === 0 ? [] : normalize(nodes.map((n) => -spreadCost(spread, n))),
    ],
    [weights.podAffinity, normalize(nodes.map(preference))],
    [weights.fit, nodes.map((n) => leastAllocated(pod, n))],
    [weights.balance, isBestEffort(pod) ? [] : nodes.map((n) => balance(pod, n))],
    [weights.image, nodes.map((n) => -siblings(pod, n))],
  ];
  let chosen: string[] = [];
  let top = Number.NEGATIVE_INFINITY;
  nodes.forEach((node, i) => {
    const score = columns.reduce((sum, [weight, column]) => sum + weight * (column[i] ?? 0), 0);
    if (score > top) {
      top = score;
      chosen = [node.name];
    } else if (score === top) chosen.push(node.name);
  });
  return chosen[Math.floor(random() * chosen.length)] ?? '';
}

/** To 0..100; equal values say nothing. */
function normalize(values: readonly number[]): number[] {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  if (finite.length === 0 || low === high) return values.map(() => 0);
  return values.map((v) => (Number.isFinite(v) ? (100 * (v - low)) / (high - low) : 0));
}

function preferNoScheduleTaints(pod: KubeObject, info: NodeInfo): number {
  return ((info.node.spec?.taints ?? []) as Taint[]).filter(
    (taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(pod.spec?.tolerations, taint),
  ).length;
}

function nodePreference(pod: KubeObject, info: NodeInfo): number {
  const terms: { weight: number; preference: NodeSelectorTerm }[] =
    pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.reduce((sum, t) => sum + (matchesTerm(t.preference, info) ? t.weight : 0), 0);
}

/** Pods without requests count as these, or they would all pile up on one node (upstream's values). */
const assumed: Record<string, number> = { cpu: 100, memory: 200 * 1024 * 1024 };

const judged = ['cpu', 'memory'];

/** How much of each is used with the pod there; pods that ask for nothing count as `least`. */
function fractions(pod: KubeObject, info: NodeInfo, least: Record<string, number>): number[] {
  const request = podRequest(pod);
  return judged.map((name) => {
    const capacity = info.allocatable.get(name) ?? 0;
    if (capacity === 0) return 1;
    const each = least[name] ?? 0;
    const used = info.pods.reduce((sum, p) => sum + (podRequest(p).get(name) ?? each), 0);
    return Math.min(1, (used + (request.get(name) ?? each)) / capacity);
  });
}

function leastAllocated(pod: KubeObject, info: NodeInfo): number {
  const used = fractions(pod, info, assumed);
  return used.reduce((sum, f) => sum + (1 - f) * 100, 0) / used.length;
}

/** What asks for nothing balances nothing: many such pods would go where the most is asked for. */
function isBestEffort(pod: KubeObject): boolean {
  const request = podRequest(pod);
  return judged.every((name) => (request.get(name) ?? 0) === 0);
}

function balance(pod: KubeObject, info: NodeInfo): number {
  const [cpu = 0, memory = 0] = fractions(pod, info, {});
  return (1 - Math.abs(cpu - memory) / 2) * 100;
}

/** The default spreading of pods with one owner over nodes, gentle as upstream's system defaults. */
function siblings(pod: KubeObject, info: NodeInfo): number {
  const owner = pod.metadata.ownerReferences?.find((o) => o.controller === true)?.uid;
  if (owner === undefined) return 0;
  const same = info.pods.filter((p) => p.metadata.ownerReferences?.some((o) => o.uid === owner));
  return Math.min(100, 20 * same.length);
}
