import { intValue, isPercent, scaledValue } from '../../object/int-or-string.ts';
import type { KubeObject } from '../../object/object.ts';
import { availability, isFinished, isReady } from '../pod.ts';
import { revisionLabel } from '../revision-history.ts';
import { hasIdentity, isInRange, ordinalOf, startOf } from './ordinal-pod.ts';

/**
 * The next steps for a StatefulSet: pure. With OrderedReady at most one pod moves at a time and only
 * while all before it are healthy; with Parallel creation and deletion do not wait, updates still do.
 */
export type Action =
  | { kind: 'create'; ordinal: number; revision: 'current' | 'update' }
  /** `why`: for events; `failed` pods are made anew. */
  | { kind: 'delete'; pod: KubeObject; why: 'failed' | 'scale' | 'update' }
  | { kind: 'repair'; pod: KubeObject; ordinal: number };

export interface Plan {
  actions: Action[];
  /** Pods beyond the range, on their way out. */
  condemned: KubeObject[];
  /** When a ready pod becomes available. */
  waitMs: number | undefined;
}

interface Names {
  current: string;
  update: string;
}

const revisionOf = (pod: KubeObject): string => pod.metadata.labels?.[revisionLabel] ?? '';
const isTerminating = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp != null;
const isHealthy = (pod: KubeObject): boolean =>
  pod.status?.phase === 'Running' && isReady(pod) && !isTerminating(pod);

export function partitionOf(set: KubeObject): number {
  return set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
}

/** A missing pod below the partition, or not yet reached by the update, comes back as it was. */
function revisionFor(set: KubeObject, ordinal: number): 'current' | 'update' {
  const strategy = set.spec.updateStrategy ?? {};
  if ((strategy.type ?? 'RollingUpdate') !== 'RollingUpdate') return 'update';
  const limit =
    strategy.rollingUpdate == null ? (set.status?.currentReplicas ?? 0) : partitionOf(set);
  return ordinal < startOf(set) + limit ? 'current' : 'update';
}

export function planStatefulSet(
  set: KubeObject,
  pods: readonly KubeObject[],
  names: Names,
  now: Date,
): Plan {
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  const minReady: number = set.spec.minReadySeconds ?? 0;
  const replicas = new Map<number, KubeObject>();
  const condemned: KubeObject[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal < 0) continue;
    if (isInRange(set, ordinal)) replicas.set(ordinal, pod);
    else condemned.push(pod);
  }
  condemned.sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  const plan: Plan = { actions: [], condemned, waitMs: undefined };
  if (!bringUp(set, replicas, ordered, minReady, plan, now)) return plan;
  if (!takeDown(condemned, replicas, ordered, plan)) return plan;
  if ((set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate') {
    update(set, replicas, names, minReady, plan, now);
  }
  return plan;
}

/** False: wait for what was begun before going on. */
function bringUp(
  set: KubeObject,
  replicas: ReadonlyMap<number, KubeObject>,
  ordered: boolean,
  minReady: number,
  plan: Plan,
  now: Date,
): boolean {
  const first = startOf(set);
  for (let ordinal = first; ordinal < first + (set.spec.replicas ?? 1); ordinal++) {
    const pod = replicas.get(ordinal);
    if (pod === undefined) {
      plan.actions.push({ kind: 'create', ordinal, revision: revisionFor(set, ordinal) });
      if (ordered) return false;
      continue;
    }
    if (isFinished(pod)) {
      if (!isTerminating(pod)) plan.actions.push({ kind: 'delete', pod, why: 'failed' });
      if (ordered) return false;
      continue;
    }
    if (!hasIdentity(set, pod, ordinal)) plan.actions.push({ kind: 'repair', pod, ordinal });
    if (!ordered) continue;
    if (!isHealthy(pod)) return false;
    const { available, waitMs } = availability(pod, minReady, now);
    if (!available) {
      plan.waitMs = waitMs;
      return false;
    }
  }
  return true;
}

function takeDown(
  condemned: readonly KubeObject[],
  replicas: ReadonlyMap<number, KubeObject>,
  ordered: boolean,
  plan: Plan,
): boolean {
  const unhealthy = [...replicas.values(), ...condemned].filter((pod) => !isHealthy(pod));
  for (const pod of condemned) {
    if (isTerminating(pod)) {
      if (ordered) return false;
      continue;
    }
    // An unhealthy pod elsewhere holds up the removal of a healthy one.
    if (ordered && isHealthy(pod) && unhealthy.length > 0) return false;
    plan.actions.push({ kind: 'delete', pod, why: 'scale' });
    if (ordered) return false;
  }
  return true;
}

function update(
  set: KubeObject,
  replicas: ReadonlyMap<number, KubeObject>,
  names: Names,
  minReady: number,
  plan: Plan,
  now: Date,
): void {
  const count: number = set.spec.replicas ?? 1;
  const wanted = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const allowed = Math.max(
    1,
    isPercent(wanted) ? scaledValue(wanted, count, false) : intValue(wanted),
  );
  let unavailable = 0;
  for (
    let ordinal = startOf(set) + count - 1;
    ordinal >= startOf(set) + partitionOf(set);
    ordinal--
  ) {
    const pod = replicas.get(ordinal);
    if (pod === undefined) {
      unavailable++;
    } else if (revisionOf(pod) !== names.update && !isTerminating(pod)) {
      plan.actions.push({ kind: 'delete', pod, why: 'update' });
      unavailable++;
    } else {
      const { available, waitMs } = availability(pod, minReady, now);
      if (!isHealthy(pod) || !available) unavailable++;
      if (waitMs !== undefined) plan.waitMs = Math.min(plan.waitMs ?? waitMs, waitMs);
    }
    if (unavailable >= allowed) return;
  }
}

/** Counts, and the end of a rolling update. */
export function statefulSetStatus(
  set: KubeObject,
  pods: readonly KubeObject[],
  names: Names,
  collisionCount: number,
  now: Date,
): Record<string, unknown> {
  const minReady: number = set.spec.minReadySeconds ?? 0;
  const own = pods.filter((pod) => ordinalOf(set, pod) >= 0);
  const alive = own.filter((pod) => !isTerminating(pod));
  const ready = own.filter((pod) => pod.status?.phase === 'Running' && isReady(pod));
  const of = (revision: string) => alive.filter((pod) => revisionOf(pod) === revision).length;
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: own.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => availability(pod, minReady, now).available).length,
    currentReplicas: of(names.current),
    updatedReplicas: of(names.update),
    currentRevision: names.current,
    updateRevision: names.update,
    collisionCount,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  const rolling = (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
  const complete =
    rolling &&
    status.updatedReplicas === status.replicas &&
    status.readyReplicas === status.replicas &&
    partitionOf(set) === 0;
  if (complete) {
    status.currentReplicas = status.updatedReplicas;
    status.currentRevision = status.updateRevision;
  }
  return status;
}
