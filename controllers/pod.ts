import type { KubeObject } from '../object/object.ts';
import { deepCopy } from '../object/copy.ts';
import type { ResourceRef } from '../reconciler/cluster.ts';
import { controllerOf, controllerReference } from './owner.ts';

/** What controllers ask of pods (pkg/api/v1/pod, pkg/controller). */

export interface PodTemplate {
  metadata?: {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
  };
  spec: Record<string, unknown>;
}

export function isFinished(pod: KubeObject): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Neither finished nor on its way out. */
export function isActive(pod: KubeObject): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp == null;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
  lastProbeTime?: string | null;
  lastUpdateTime?: string | null;
  observedGeneration?: number;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  return (object.status?.conditions as Condition[] | undefined)?.find((c) => c.type === type);
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

/** Ready for at least `minReadySeconds`. `waitMs` is how long until it may be, when it is ready. */
export function availability(
  pod: KubeObject,
  minReadySeconds: number,
  now: Date,
): { available: boolean; waitMs?: number } {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'True') return { available: false };
  if (minReadySeconds === 0) return { available: true };
  if (ready.lastTransitionTime == null) return { available: false };
  const at = Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000;
  return at <= now.getTime()
    ? { available: true }
    : { available: false, waitMs: at - now.getTime() };
}

/** A pod as the template describes it, owned by `parent`. */
export function podFromTemplate(
  template: PodTemplate,
  parent: KubeObject,
  parentRef: ResourceRef,
): KubeObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: podPrefix(parent.metadata.name ?? ''),
      namespace: parent.metadata.namespace ?? '',
      labels: { ...labels },
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerReference(parent, parentRef)],
    },
    spec: deepCopy(template.spec),
  };
}

/** The dash is left out where the name would not be a valid prefix any more (253 characters). */
function podPrefix(name: string): string {
  return name.length >= 253 ? name : `${name}-`;
}

/**
 * Replace a condition; its transition time moves only when the status does. Returns the list, the
 * same one when nothing changed.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  next: Condition,
  time: string,
): readonly Condition[] {
  const list = conditions ?? [];
  const before = list.find((c) => c.type === next.type);
  if (
    before !== undefined &&
    before.status === next.status &&
    before.reason === next.reason &&
    before.message === next.message
  ) {
    return list;
  }
  const lastTransitionTime =
    before?.status === next.status ? (before.lastTransitionTime ?? time) : time;
  return [...list.filter((c) => c.type !== next.type), { ...next, lastTransitionTime }];
}

/** Why a claim is not that of an ephemeral volume of this pod; undefined where it is. */
export function notOwner(pod: KubeObject, claim: KubeObject): string | undefined {
  if (controllerOf(claim)?.uid === pod.metadata.uid) return undefined;
  const [held, wanted] = [claim, pod].map(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  );
  return `PVC ${held} was not created for pod ${wanted} (pod is not owner)`;
}
