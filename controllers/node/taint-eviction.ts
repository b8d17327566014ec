import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isCode } from '../context.ts';
import { isFinished, setCondition } from '../pod.ts';
import { nodes, pods } from '../resources.ts';
import { type Taint, type Toleration, tolerates } from '../taint.ts';

/**
 * How long a pod may stay on its node, ms: not at all (0), for a while, or for good (undefined). Of each
 * taint the first toleration that matches counts, of all taints the shortest.
 */
export function toleratedMs(pod: KubeObject, taints: readonly Taint[]): number | undefined {
  const tolerations: Toleration[] = pod.spec?.tolerations ?? [];
  let least: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue;
    const using = tolerations.find((toleration) => tolerates(toleration, taint));
    if (using === undefined) return 0;
    const seconds = using.tolerationSeconds;
    if (typeof seconds !== 'number') continue;
    least = Math.min(least ?? Number.POSITIVE_INFINITY, Math.max(0, seconds) * 1000);
  }
  return least;
}

/** Deletes pods that do not tolerate a NoExecute taint of their node. */
export function taintEvictionController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const podInformer = informers.of(pods);
  const nodeInformer = informers.of(nodes);
  podInformer.addIndex('node', (o) => (o.spec?.nodeName === undefined ? [] : [o.spec.nodeName]));

  /**
   * Whose time runs, by key. It runs from when this was seen first, whenever the taint was added, by a
   * clock that nobody sets.
   */
  const scheduled = new Map<string, { pod: KubeObject; at: number }>();

  async function reconcile(key: string): Promise<Result> {
    const pod = podInformer.store.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp != null || isFinished(pod)) {
      cancel(key, pod);
      return done;
    }
    const node = nodeInformer.store.get(pod.spec?.nodeName ?? '');
    const now = performance.now();
    const stay = toleratedMs(pod, node?.spec?.taints ?? []);
    if (
      stay === undefined ||
      stay === 0 ||
      scheduled.get(key)?.pod.metadata.uid !== pod.metadata.uid
    ) {
      cancel(key, pod);
    }
    if (stay === undefined) return done;
    // a toleration that changes later does not move what is scheduled already
    const at = scheduled.get(key)?.at ?? now + stay;
    if (at > now) {
      scheduled.set(key, { pod, at });
      return requeueAfter(at - now);
    }
    await evict(pod, context.now());
    scheduled.delete(key);
    return done;
  }

  function cancel(key: string, pod: KubeObject | undefined): void {
    const before = scheduled.get(key);
    if (before === undefined) return;
    scheduled.delete(key);
    if (pod?.metadata.deletionTimestamp != null) return;
    const { namespace = '', name = '' } = before.pod.metadata;
    const message = `Cancelling deletion of Pod ${namespace}/${name}`;
    context.events.record(before.pod, 'Normal', 'TaintManagerEviction', message);
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
