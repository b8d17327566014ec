import { isPercent, intValue, scaledValue } from '../../object/int-or-string.ts';
import type { KubeObject } from '../../object/object.ts';
import { semanticEqual } from '../../object/equal.ts';

/**
 * Which ReplicaSets a Deployment should have and how large: pure, over plain objects. The rules are
 * pkg/controller/deployment's.
 */
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const historyAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
export const hashLabel = 'pod-template-hash';

export const specReplicas = (object: KubeObject): number => object.spec?.replicas ?? 1;
export const sum = (list: readonly KubeObject[], of: (o: KubeObject) => number): number =>
  list.reduce((total, o) => total + of(o), 0);
export const availableReplicas = (rs: KubeObject): number => rs.status?.availableReplicas ?? 0;

const createdAt = (o: KubeObject): number => Date.parse(o.metadata.creationTimestamp ?? '') || 0;

export function oldestFirst(a: KubeObject, b: KubeObject): number {
  return (
    createdAt(a) - createdAt(b) || (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '')
  );
}

/** An int64 upstream, so more than a number holds; what is none counts as nothing. */
export function revisionOf(object: KubeObject): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation] ?? '';
  return /^[+-]?\d+$/.test(text) ? BigInt.asIntN(64, BigInt(text.replace(/^\+/, ''))) : 0n;
}

/** Templates are equal when they differ in nothing but the hash label. */
export function equalTemplates(a: KubeObject['spec'], b: KubeObject['spec']): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: KubeObject['spec']): unknown {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  const { creationTimestamp: __, ...metadata } = template?.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

/** The ReplicaSet of the present template; the oldest, should there be several. */
export function findNew(
  deployment: KubeObject,
  sets: readonly KubeObject[],
): KubeObject | undefined {
  return sets
    .toSorted(oldestFirst)
    .find((rs) => equalTemplates(rs.spec.template, deployment.spec.template));
}

/** Absolute numbers; when both round to zero one pod may be unavailable, or nothing could move. */
export function fenceposts(deployment: KubeObject): { surge: number; unavailable: number } {
  if (deployment.spec.strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const rolling = deployment.spec.strategy?.rollingUpdate ?? {};
  const replicas = specReplicas(deployment);
  const resolve = (value: string | number, up: boolean) =>
    isPercent(value) ? scaledValue(value, replicas, up) : intValue(value);
  const surge = resolve(rolling.maxSurge ?? '25%', true);
  const unavailable = resolve(rolling.maxUnavailable ?? '25%', false);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function maxUnavailable(deployment: KubeObject): number {
  const replicas = specReplicas(deployment);
  if (deployment.spec.strategy?.type === 'Recreate' || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** The size the new ReplicaSet may have now. */
export function newReplicaSetSize(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  currentNew: number,
): number {
  const replicas = specReplicas(deployment);
  if (deployment.spec.strategy?.type === 'Recreate') return replicas;
  if (currentNew > replicas) return replicas;
  const maxTotal = replicas + fenceposts(deployment).surge;
  const total = sum(sets, specReplicas);
  if (total >= maxTotal) return currentNew;
  return currentNew + Math.min(maxTotal - total, replicas - currentNew);
}

export interface Scale {
  replicaSet: KubeObject;
  to: number;
}

/** How far old ReplicaSets may shrink in a rolling update: unhealthy pods first, then the oldest. */
export function shrinkOld(
  deployment: KubeObject,
  newSet: KubeObject | undefined,
  old: readonly KubeObject[],
): Scale[] {
  const minAvailable = specReplicas(deployment) - maxUnavailable(deployment);
  const newReplicas = newSet === undefined ? 0 : specReplicas(newSet);
  const newAvailable = newSet === undefined ? 0 : availableReplicas(newSet);
  const total = sum(old, specReplicas) + newReplicas;
  const room = total - minAvailable - (newReplicas - newAvailable);
  if (sum(old, specReplicas) === 0 || room <= 0) return [];
  const sizes = new Map(old.map((rs) => [rs, specReplicas(rs)]));
  let cleaned = 0;
  for (const rs of old.toSorted(oldestFirst)) {
    const unhealthy = Math.max(0, specReplicas(rs) - availableReplicas(rs));
    const fewer = Math.min(room - cleaned, unhealthy);
    cleaned += fewer;
    sizes.set(rs, specReplicas(rs) - fewer);
  }
  let spare = sum(old, availableReplicas) + newAvailable - minAvailable;
  for (const rs of old.toSorted(oldestFirst)) {
    const size = sizes.get(rs) ?? 0;
    const fewer = Math.max(0, Math.min(spare, size));
    spare -= fewer;
    sizes.set(rs, size - fewer);
  }
  return [...sizes]
    .filter(([rs, to]) => to !== specReplicas(rs))
    .map(([replicaSet, to]) => ({ replicaSet, to }));
}

/** A changed `replicas` in the middle of a rollout is shared out in proportion to present sizes. */
export function scaleProportionally(
  deployment: KubeObject,
  newSet: KubeObject | undefined,
  old: readonly KubeObject[],
): Scale[] {
  const replicas = specReplicas(deployment);
  const all = newSet === undefined ? [...old] : [...old, newSet];
  const active = all.filter((rs) => specReplicas(rs) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? old.toSorted(oldestFirst).at(-1);
    if (only === undefined || specReplicas(only) === replicas) return [];
    return [{ replicaSet: only, to: replicas }];
  }
  if (isSaturated(deployment, newSet)) {
    return old.filter((rs) => specReplicas(rs) > 0).map((replicaSet) => ({ replicaSet, to: 0 }));
  }
  if (deployment.spec.strategy?.type === 'Recreate') return [];
  const { surge } = fenceposts(deployment);
  const allowed = replicas > 0 ? replicas + surge : 0;
  const toAdd = allowed - sum(active, specReplicas);
  const sorted = active.toSorted(
    (a, b) =>
      specReplicas(b) - specReplicas(a) || (toAdd > 0 ? oldestFirst(b, a) : oldestFirst(a, b)),
  );
  let added = 0;
  const scales = sorted.map((replicaSet) => {
    const share = proportion(replicaSet, deployment, surge, toAdd, added);
    added += share;
    return { replicaSet, to: specReplicas(replicaSet) + share };
  });
  const first = scales[0];
  if (first !== undefined && toAdd !== 0) first.to = Math.max(0, first.to + toAdd - added);
  return scales;
}

function isSaturated(deployment: KubeObject, rs: KubeObject | undefined): boolean {
  if (rs === undefined) return false;
  const replicas = specReplicas(deployment);
  return (
    specReplicas(rs) === replicas &&
    Number(rs.metadata.annotations?.[desiredAnnotation]) === replicas &&
    availableReplicas(rs) === replicas
  );
}

function proportion(
  rs: KubeObject,
  deployment: KubeObject,
  surge: number,
  toAdd: number,
  added: number,
): number {
  const size = specReplicas(rs);
  if (size === 0 || toAdd === 0 || toAdd === added) return 0;
  const replicas = specReplicas(deployment);
  let fraction = -size;
  if (replicas !== 0) {
    const before =
      Number(rs.metadata.annotations?.[maxAnnotation] ?? 0) || deployment.status?.replicas || 0;
    fraction = before === 0 ? 0 : Math.round((size * (replicas + surge)) / before) - size;
  }
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

/** `spec.replicas` changed since the ReplicaSets were last scaled. */
export function isScalingEvent(deployment: KubeObject, sets: readonly KubeObject[]): boolean {
  return sets.some((rs) => {
    const desired = rs.metadata.annotations?.[desiredAnnotation];
    return (
      specReplicas(rs) > 0 && desired !== undefined && Number(desired) !== specReplicas(deployment)
    );
  });
}

/** Old, empty ReplicaSets beyond `revisionHistoryLimit`. */
export function beyondHistory(deployment: KubeObject, old: readonly KubeObject[]): KubeObject[] {
  const limit: number = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = old.filter((rs) => rs.metadata.deletionTimestamp == null);
  const excess = alive.length - limit;
  if (excess <= 0) return [];
  return alive
    .toSorted((a, b) => Number(revisionOf(a) - revisionOf(b)) || oldestFirst(a, b))
    .slice(0, excess)
    .filter(
      (rs) =>
        (rs.status?.replicas ?? 0) === 0 &&
        specReplicas(rs) === 0 &&
        (rs.metadata.generation ?? 0) <= (rs.status?.observedGeneration ?? 0),
    );
}
