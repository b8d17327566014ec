import { isPercent, intValue, scaledValue } from '../../object/int-or-string.ts';
import type { KubeObject } from '../../object/object.ts';
import { availability, isFinished } from '../pod.ts';
import { isUpdated, judgeNode, targetNode } from './daemon-pods.ts';

/** What to create and delete for a DaemonSet; pure (pkg/controller/daemon). */
export interface DaemonPlan {
  /** Node names. */
  create: string[];
  remove: KubeObject[];
  /** Finished with failure: made anew after a back-off. */
  failed: KubeObject[];
  waitMs: number | undefined;
}

const isAlive = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp == null;

export function podsByNode(pods: readonly KubeObject[]): Map<string, KubeObject[]> {
  const map = new Map<string, KubeObject[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node === undefined) continue;
    const list = map.get(node);
    if (list === undefined) map.set(node, [pod]);
    else list.push(pod);
  }
  return map;
}

export function planDaemonSet(
  set: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
  hash: string,
  now: Date,
): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [], failed: [], waitMs: undefined };
  const byNode = podsByNode(pods);
  const surging = surgeOf(set, nodes.length) > 0;
  for (const node of nodes) {
    const name = node.metadata.name ?? '';
    const here = byNode.get(name) ?? [];
    byNode.delete(name);
    const { run, keep } = judgeNode(set, node);
    if (run && here.length === 0) plan.create.push(name);
    if (!keep) plan.remove.push(...here.filter(isAlive));
    if (!keep || here.length === 0) continue;
    const ended = here.filter((pod) => isFinished(pod) && isAlive(pod));
    plan.failed.push(...ended);
    const running = here.filter((pod) => !isFinished(pod) && isAlive(pod));
    if (running.length > 1) plan.remove.push(...surplus(running, hash, surging));
  }
  // Pods meant for nodes that are gone.
  for (const orphans of byNode.values()) {
    plan.remove.push(...orphans.filter((pod) => isAlive(pod) && (pod.spec?.nodeName ?? '') === ''));
  }
  if (set.spec.updateStrategy?.type !== 'OnDelete') roll(set, nodes, pods, hash, plan, now);
  return plan;
}

/** Of several on one node the oldest stays; during a surge one old and one new may. */
function surplus(running: KubeObject[], hash: string, surging: boolean): KubeObject[] {
  const byAge = running.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1,
  );
  if (!surging) return byAge.slice(1);
  const fresh = byAge.filter((pod) => isUpdated(pod, hash));
  const old = byAge.filter((pod) => !isUpdated(pod, hash));
  return [...fresh.slice(1), ...old.slice(1)];
}

function resolve(value: string | number, total: number): number {
  return isPercent(value) ? scaledValue(value, total, true) : intValue(value);
}

function surgeOf(set: KubeObject, total: number): number {
  const rolling = set.spec.updateStrategy?.rollingUpdate ?? {};
  return resolve(rolling.maxSurge ?? 0, total);
}

function roll(
  set: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
  hash: string,
  plan: DaemonPlan,
  now: Date,
): void {
  const desired = nodes.filter((node) => judgeNode(set, node).run);
  const rolling = set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = surgeOf(set, desired.length);
  let unavailable = resolve(rolling.maxUnavailable ?? 1, desired.length);
  if (surge === 0 && unavailable === 0) unavailable = 1;
  const minReady: number = set.spec.minReadySeconds ?? 0;
  const byNode = podsByNode(pods.filter((pod) => isAlive(pod) && !isFinished(pod)));
  const isAvailable = (pod: KubeObject): boolean => {
    const { available, waitMs } = availability(pod, minReady, now);
    if (waitMs !== undefined) plan.waitMs = Math.min(plan.waitMs ?? waitMs, waitMs);
    return available;
  };
  let missing = 0;
  let surged = 0;
  const candidates: KubeObject[] = [];
  const broken: KubeObject[] = [];
  const grow: string[] = [];
  for (const node of desired) {
    const name = node.metadata.name ?? '';
    const here = byNode.get(name) ?? [];
    const old = here.find((pod) => !isUpdated(pod, hash));
    const fresh = here.find((pod) => isUpdated(pod, hash));
    if (surge > 0) {
      if (old !== undefined && fresh !== undefined) {
        if (isAvailable(fresh)) candidates.push(old);
        else surged++;
      } else if (old !== undefined) {
        if (isAvailable(old)) grow.push(name);
        else broken.push(old);
      }
      continue;
    }
    if (here.length === 0) missing++;
    else if (old === undefined) {
      if (fresh !== undefined && !isAvailable(fresh)) missing++;
    } else if (isAvailable(old)) candidates.push(old);
    else {
      missing++;
      broken.push(old);
    }
  }
  const already = new Set(plan.remove);
  if (surge > 0) {
    plan.remove.push(...[...candidates, ...broken].filter((pod) => !already.has(pod)));
    plan.create.push(...grow.slice(0, Math.max(0, surge - surged)));
    return;
  }
  // What does not work anyway may go at once; working pods only within the limit.
  const room = Math.max(0, unavailable - missing);
  const leaving = [...broken, ...candidates.slice(0, room)];
  plan.remove.push(...leaving.filter((pod) => !already.has(pod)));
}

export function daemonSetStatus(
  set: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
  hash: string,
  collisionCount: number,
  now: Date,
): Record<string, unknown> {
  const byNode = podsByNode(pods);
  const status = {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
    observedGeneration: set.metadata.generation ?? 0,
    updatedNumberScheduled: 0,
    numberAvailable: 0,
    numberUnavailable: 0,
    // one that is there stays, zero too: the server refuses to take it away
    ...(collisionCount === 0 && set.status?.collisionCount === undefined ? {} : { collisionCount }),
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  for (const node of nodes) {
    const here = (byNode.get(node.metadata.name ?? '') ?? []).filter((pod) => !isFinished(pod));
    if (!judgeNode(set, node).run) {
      if (here.length > 0) status.numberMisscheduled++;
      continue;
    }
    status.desiredNumberScheduled++;
    if (here.length === 0) continue;
    status.currentNumberScheduled++;
    const ready = here.find((pod) => isAlive(pod) && availability(pod, 0, now).available);
    if (ready !== undefined) {
      status.numberReady++;
      if (availability(ready, set.spec.minReadySeconds ?? 0, now).available) {
        status.numberAvailable++;
      }
    }
    if (here.some((pod) => isUpdated(pod, hash))) status.updatedNumberScheduled++;
  }
  status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable;
  return status;
}
