import type { KubeObject } from '../../object/object.ts';
import { isTolerated, type Taint } from '../taint.ts';
import { matchesNodeSelector, type NodeSelector } from './node-affinity.ts';
import { hostPortsOf, podRequest, portsClash, type Resources } from './resources.ts';
import type { NodeInfo } from './snapshot.ts';

/** Filters that look at one node alone; each returns upstream's reasons for refusing it. Pure. */

export function matchesNodeAffinity(pod: KubeObject, info: NodeInfo): boolean {
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {})) {
    if (info.labels[key] !== value) return false;
  }
  const required: NodeSelector | undefined =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required === null || matchesNodeSelector(required, info);
}

const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export function nodeObstacles(pod: KubeObject, info: NodeInfo): string[] {
  const tolerations = pod.spec?.tolerations;
  if (info.node.spec?.unschedulable === true && !isTolerated(tolerations, unschedulable)) {
    return ['node(s) were unschedulable'];
  }
  for (const taint of (info.node.spec?.taints ?? []) as Taint[]) {
    if (taint.effect === 'PreferNoSchedule' || isTolerated(tolerations, taint)) continue;
    return ['node(s) had untolerated taint(s)'];
  }
  if (!matchesNodeAffinity(pod, info)) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const wanted = hostPortsOf(pod);
  if (wanted.some((port) => info.ports.some((taken) => portsClash(port, taken)))) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  return [];
}

export function resourceObstacles(pod: KubeObject, info: NodeInfo): string[] {
  const reasons: string[] = [];
  const limit = info.allocatable.get('pods') ?? 0;
  if (info.pods.length + 1 > limit) reasons.push('Too many pods');
  for (const name of lacking(podRequest(pod), info)) reasons.push(`Insufficient ${name}`);
  return reasons;
}

function lacking(request: Resources, info: NodeInfo): string[] {
  const names: string[] = [];
  for (const [name, value] of request) {
    if (value <= 0) continue;
    const free = (info.allocatable.get(name) ?? 0) - (info.requested.get(name) ?? 0);
    if (value > free) names.push(name);
  }
  return names;
}

/** It asks for more than the node has when nothing else is there. */
export function isTooLarge(pod: KubeObject, info: NodeInfo): boolean {
  return [...podRequest(pod)].some(([name, value]) => value > (info.allocatable.get(name) ?? 0));
}
