import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { type ControllerContext, isCode } from '../context.ts';
import { every } from '../periodic.ts';
import { type Condition, isFinished, setCondition } from '../pod.ts';
import { nodes, pods } from '../resources.ts';
import { unhealthyKey } from './node-health.ts';

const sweepEveryMs = 20_000;
/** How long a node may be missing before its pods count as orphaned. */
const quarantineMs = 40_000;

const orphaned: Condition = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByPodGC',
  message: 'PodGC: node no longer exists',
};

/** Removes pods nobody else will: of vanished nodes, terminating but never started, too many finished. */
export function podGarbageCollector(
  context: ControllerContext,
  everyMs: number = sweepEveryMs,
): Controller {
  const { cluster, informers, settings, log } = context;
  const podInformer = informers.of(pods);
  const nodeInformer = informers.of(nodes);
  /** Node name to when it was first missed. */
  const missing = new Map<string, number>();

  async function sweep(): Promise<void> {
    const all = [...podInformer.store.values()];
    const now = context.now();
    for (const pod of surplus(all, settings.terminatedPodThreshold)) await collect(pod);
    for (const pod of await orphans(all, now.getTime())) {
      await collect(pod, () => markFailed(pod, [orphaned], now));
    }
    for (const pod of all) {
      const unscheduled = (pod.spec?.nodeName ?? '') === '';
      if (pod.metadata.deletionTimestamp != null && (unscheduled || isOutOfService(pod))) {
        // Nobody else says how it ended, and whoever counts it waits for that.
        await collect(pod, () => markFailed(pod, [], now));
      }
    }
  }

  /** One pod that cannot be removed must not keep the others. */
  async function collect(pod: KubeObject, mark?: () => Promise<void>): Promise<void> {
    try {
      if (!isFinished(pod)) await mark?.();
      await remove(pod);
    } catch (error) {
      const { namespace, name } = pod.metadata;
      log.warn({ namespace, name, error: String(error) }, 'pod not collected');
    }
  }

  /** The node was shut down and said to be so: its kubelet will not confirm. */
  function isOutOfService(pod: KubeObject): boolean {
    const node = nodeInformer.store.get(pod.spec?.nodeName ?? '');
    if (node === undefined || unhealthyKey(node) === undefined) return false;
    return (node.spec?.taints ?? []).some(
      (t: { key: string }) => t.key === 'node.kubernetes.io/out-of-service',
    );
  }

  async function orphans(all: readonly KubeObject[], now: number): Promise<KubeObject[]> {
    const found: KubeObject[] = [];
    const verified = new Map<string, boolean>();
    for (const name of missing.keys())
      if (nodeInformer.store.get(name) !== undefined) missing.delete(name);
    for (const pod of all) {
      const node: string = pod.spec?.nodeName ?? '';
      if (node === '' || nodeInformer.store.get(node) !== undefined) continue;
      const since = missing.get(node) ?? now;
      missing.set(node, since);
      if (now - since < quarantineMs) continue;
      // The informer may be wrong about an absence that costs a pod: ask.
      const gone = verified.get(node) ?? (await cluster.get(nodes, '', node)) === undefined;
      verified.set(node, gone);
      if (gone) found.push(pod);
    }
    return found;
  }

  async function markFailed(
    pod: KubeObject,
    conditions: readonly Condition[],
    now: Date,
  ): Promise<void> {
    const { namespace = '', name = '', uid } = pod.metadata;
    const set = conditions.flatMap((condition) =>
      setCondition(pod.status?.conditions, condition, timestamp(now)).filter(
        ({ type }) => type === condition.type,
      ),
    );
    const status = { phase: 'Failed', ...(set.length === 0 ? {} : { conditions: set }) };
    try {
      const target = { namespace, name, subresource: 'status' };
      await cluster.patch(pods, target, 'strategic', { metadata: { uid }, status });
    } catch (error) {
      if (!isCode(error, 404)) throw error;
    }
  }

  async function remove(pod: KubeObject): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    log.info({ namespace, name }, 'deleting a pod nobody looks after');
    await cluster.delete(pods, namespace, name, { uid, gracePeriodSeconds: 0 });
  }

  return {
    name: 'pod-garbage-collector',
    loops: [],
    run: (signal) =>
      every(everyMs, signal, sweep, (error) =>
        log.warn({ error: String(error) }, 'pod collection failed'),
      ),
  };
}

/** Finished pods beyond the threshold, the oldest. Pure. */
export function surplus(all: readonly KubeObject[], threshold: number): KubeObject[] {
  if (threshold <= 0) return [];
  const finished = all.filter((pod) => isFinished(pod));
  if (finished.length <= threshold) return [];
  return finished
    .toSorted((a, b) =>
      (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1,
    )
    .slice(0, finished.length - threshold);
}
