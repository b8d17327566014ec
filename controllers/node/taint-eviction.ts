import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isCode } from '../context.ts';
import { isFinished, setCondition } from '../pod.ts';
import { nodes, pods } from '../resources.ts';
import { type Taint, type Toleration, tolerates } from '../taint.ts';

/**
 * When a pod must leave its node: at once (0), at a time (ms since 1970), or never (undefined). The
 * shortest toleration counts, from when the last taint came.
 */
export function evictionTime(
  pod: KubeObject,
  taints: readonly Taint[],
  now: number,
): number | undefined {
  const tolerations: Toleration[] = pod.spec?.tolerations ?? [];
  let earliest: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue;
    const using = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (using.length === 0) return 0;
    const limits = using
      .map((toleration) => toleration.tolerationSeconds)
      .filter((seconds): seconds is number => typeof seconds === 'number');
    if (limits.length === 0) continue;
    const since = taint.timeAdded === undefined ? now : Date.parse(taint.timeAdded);
    const at = since + Math.max(0, Math.min(...limits)) * 1000;
    if (earliest === undefined || at < earliest) earliest = at;
  }
  return earliest;
}

/** Deletes pods that do not tolerate a NoExecute taint of their node. */
export function taintEvictionController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const podInformer = informers.of(pods);
  const nodeInformer = informers.of(nodes);
  podInformer.addIndex('node', (o) => (o.spec?.nodeName === undefined ? [] : [o.spec.nodeName]));

  async function reconcile(key: string): Promise<Result> {
    const pod = podInformer.store.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp != null || isFinished(pod)) return done;
    const node = nodeInformer.store.get(pod.spec?.nodeName ?? '');
    const now = context.now();
    const at = evictionTime(pod, node?.spec?.taints ?? [], now.getTime());
    if (at === undefined) return done;
    if (at > now.getTime()) return requeueAfter(at - now.getTime());
    await evict(pod, now);
    return done;
  }

  async function evict(pod: KubeObject, now: Date): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    const message = `Marking for deletion Pod ${namespace}/${name}`;
    context.events.record(pod, 'Normal', 'TaintManagerEviction', message);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True' as const,
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    };
    const conditions = setCondition(pod.status?.conditions, condition, timestamp(now));
    try {
      await cluster.patch(pods, { namespace, name, subresource: 'status' }, 'strategic', {
        status: { conditions: conditions.filter((c) => c.type === condition.type) },
      });
    } catch (error) {
      if (!isCode(error, 404)) throw error;
    }
    await cluster.delete(pods, namespace, name, { uid });
  }

  const loop = createLoop({ ...context, workers: 8 }, 'taint-eviction', reconcile);
  enqueue(podInformer, loop, (pod) => (pod.spec?.nodeName === undefined ? [] : [keyOf(pod)]));
  nodeInformer.on(({ type, object, old }) => {
    const had = (old?.spec?.taints ?? []).some((t: Taint) => t.effect === 'NoExecute');
    const has = (object.spec?.taints ?? []).some((t: Taint) => t.effect === 'NoExecute');
    if (type === 'deleted' || (!had && !has)) return;
    for (const pod of podInformer.store.indexed('node', object.metadata.name ?? '')) {
      loop.add(keyOf(pod));
    }
  });
  return { name: 'taint-eviction', loops: [loop] };
}
