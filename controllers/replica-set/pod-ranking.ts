import type { KubeObject } from '../../object/object.ts';
import { conditionOf, isReady } from '../pod.ts';

/**
 * Which pods go first when there are too many (pkg/controller ActivePodsWithRanks): unassigned,
 * pending, not ready, cheaper by annotation, doubled up on a node, ready for less long, restarted
 * more often, younger.
 */
export function deletionOrder(
  pods: readonly KubeObject[],
  /** Pods of all sets of the same owner, so that crowded nodes are relieved. */
  related: readonly KubeObject[],
  now: Date,
): KubeObject[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName;
    if (node !== undefined) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  return pods
    .map((pod) => ({ pod, rank: rankOf(pod, perNode, now) }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ pod }) => pod);
}

const phases: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** Smaller goes first. */
function rankOf(pod: KubeObject, perNode: Map<string, number>, now: Date): number[] {
  const node: string | undefined = pod.spec?.nodeName;
  const ready = isReady(pod);
  const cost = Number(
    pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0,
  );
  const readySince = ready ? conditionOf(pod, 'Ready')?.lastTransitionTime : undefined;
  const restarts = Math.max(
    0,
    ...(pod.status?.containerStatuses ?? []).map(
      (c: { restartCount?: number }) => c.restartCount ?? 0,
    ),
  );
  return [
    node === undefined || node === '' ? 0 : 1,
    phases[pod.status?.phase ?? ''] ?? 0,
    ready ? 1 : 0,
    Number.isFinite(cost) ? cost : 0,
    -(node === undefined ? 0 : (perNode.get(node) ?? 0)),
    ageRank(readySince, now),
    -restarts,
    ageRank(pod.metadata.creationTimestamp, now),
  ];
}

/** Ages are compared by orders of magnitude, so that among peers the choice is spread out. */
function ageRank(time: string | null | undefined, now: Date): number {
  if (time === undefined || time === null) return -1;
  const seconds = Math.max(0, (now.getTime() - Date.parse(time)) / 1000);
  return Math.floor(Math.log2(seconds + 1));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
