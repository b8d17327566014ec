import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { eachInTurn } from '../batch.ts';
import { type ControllerContext, createLoop, isCode, updateLatest } from '../context.ts';
import { every } from '../periodic.ts';
import { conditionOf, isFinished, setCondition } from '../pod.ts';
import { leases, nodes, pods } from '../resources.ts';
import {
  type Heartbeat,
  observeHeartbeat,
  silenced,
  taintsFor,
  unhealthyKey,
} from './node-health.ts';

/** One node in 10 s per zone begins to be evicted (upstream's --node-eviction-rate 0.1). */
const evictEveryMs = 10_000;

/** Silent nodes become Unknown; conditions become taints; pods there stop being ready. */
export function nodeLifecycleController(context: ControllerContext): Controller {
  const { cluster, informers, settings, log } = context;
  const nodeInformer = informers.of(nodes);
  const leaseInformer = informers.of(leases);
  const podInformer = informers.of(pods);
  podInformer.addIndex('node', (o) => (o.spec?.nodeName === undefined ? [] : [o.spec.nodeName]));
  const heartbeats = new Map<string, Heartbeat>();
  // A clock that is set, or goes on while the machine sleeps, must not make every node look dead.
  const clock = () => performance.now();
  /** Zone to when its next node may be evicted. */
  const nextEviction = new Map<string, number>();

  async function reconcile(name: string): Promise<Result> {
    let node = nodeInformer.store.get(name);
    if (node === undefined) {
      heartbeats.delete(name);
      return done;
    }
    const now = context.now();
    const heartbeat = look(name, node);
    const conditions = silenced(
      node,
      clock() - heartbeat.at,
      { graceMs: settings.nodeMonitorGraceMs, startupGraceMs: settings.nodeStartupGraceMs },
      now,
    );
    if (conditions !== undefined) {
      node = await cluster.update(
        nodes,
        { ...node, status: { ...node.status, conditions } },
        'status',
      );
      context.events.record(
        node,
        'Normal',
        'NodeNotReady',
        `Node ${name} status is now: NodeNotReady`,
      );
    }
    await taint(node, now);
    if (unhealthyKey(node) !== undefined) await markPodsNotReady(name, now);
    return done;
  }

  /** Time of the last sign of life; also called when a lease changes, so that no renewal is missed. */
  function look(name: string, node: KubeObject): Heartbeat {
    const lease = leaseInformer.store.get(`kube-node-lease/${name}`);
    const next = observeHeartbeat(heartbeats.get(name), node, lease, clock());
    heartbeats.set(name, next);
    return next;
  }

  async function taint(node: KubeObject, now: Date): Promise<void> {
    const evict = mayEvict(node);
    const before = node.spec?.taints ?? [];
    const next = taintsFor(node, evict, now);
    if (next === undefined) return;
    await updateLatest(cluster, nodes, node, (latest) => {
      const taints = taintsFor(latest, evict, now);
      return taints === undefined ? undefined : { ...latest, spec: { ...latest.spec, taints } };
    });
    const evicting = (list: { effect: string }[]) => list.some((t) => t.effect === 'NoExecute');
    if (evicting(next) && !evicting(before)) {
      nextEviction.set(zoneOf(node), clock() + evictEveryMs);
      log.info({ node: node.metadata.name }, 'evicting pods from an unhealthy node');
    }
  }

  /** When no node at all is healthy the fault is more likely ours: nothing is evicted. */
  function mayEvict(node: KubeObject): boolean {
    if (unhealthyKey(node) === undefined) return false;
    const anyHealthy = [...nodeInformer.store.values()].some((n) => unhealthyKey(n) === undefined);
    return anyHealthy && clock() >= (nextEviction.get(zoneOf(node)) ?? 0);
  }

  async function markPodsNotReady(node: string, now: Date): Promise<void> {
    await eachInTurn(podInformer.store.indexed('node', node), async (pod) => {
      const ready = conditionOf(pod, 'Ready');
      if (ready?.status !== 'True' || isFinished(pod)) return;
      const conditions = setCondition(
        pod.status?.conditions,
        { ...ready, status: 'False' },
        timestamp(now),
      );
      const { namespace = '', name = '' } = pod.metadata;
      try {
        await cluster.patch(pods, { namespace, name, subresource: 'status' }, 'strategic', {
          status: { conditions: conditions.filter((c) => c.type === 'Ready') },
        });
      } catch (error) {
        if (!isCode(error, 404)) throw error;
        return;
      }
      context.events.record(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    });
  }

  const loop = createLoop({ ...context, workers: 8 }, 'node-lifecycle', reconcile);
  nodeInformer.on(({ object }) => loop.add(object.metadata.name ?? ''));
  leaseInformer.on(({ object }) => {
    const { namespace, name = '' } = object.metadata;
    const node = namespace === 'kube-node-lease' ? nodeInformer.store.get(name) : undefined;
    if (node !== undefined) look(name, node);
  });
  return {
    name: 'node-lifecycle',
    loops: [loop],
    run: (signal) =>
      every(settings.nodeMonitorPeriodMs, signal, () => {
        for (const name of nodeInformer.store.keys()) loop.add(name);
      }),
  };
}

function zoneOf(node: KubeObject): string {
  const labels = node.metadata.labels ?? {};
  return `${labels['topology.kubernetes.io/region'] ?? ''}/${labels['topology.kubernetes.io/zone'] ?? ''}`;
}
