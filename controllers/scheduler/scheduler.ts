import { timestamp, type KubeObject } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, isCode } from '../context.ts';
import { conditionOf, isFinished, setCondition } from '../pod.ts';
import {
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
} from '../resources.ts';
import { PendingPods } from './pending-pods.ts';
import { schedule } from './schedule.ts';
import { addPod, type NodeInfo, nodeInfos, type Snapshot } from './snapshot.ts';
import { selectedNode } from '../volume/local-volume.ts';
import { findVolume } from './volume-filter.ts';

export const schedulerName = 'default-scheduler';

/** Assigns pods to nodes, one at a time, as kube-scheduler's default profile would. */
export function schedulerController(context: ControllerContext): Controller {
  const { cluster, informers, log } = context;
  const podInformer = informers.of(pods);
  const nodeInformer = informers.of(nodes);
  const claims = informers.of(persistentVolumeClaims);
  const volumes = informers.of(persistentVolumes);
  const classes = informers.of(storageClasses);
  const namespaceInformer = informers.of(namespaces);
  podInformer.addIndex('node', (o) => (o.spec?.nodeName === undefined ? [] : [o.spec.nodeName]));
  const pending = new PendingPods();
  /** Bound by us, not yet seen bound: uid to node. */
  const assumed = new Map<string, { pod: KubeObject; node: string }>();
  /** Promised a node while their volumes are bound: later pods must see them there. */
  const reserved = new Map<string, { pod: KubeObject; node: string }>();
  let cached: NodeInfo[] | undefined;

  /** Rebuilt only after something other than our own binding changed nodes or pods. */
  function nodeView(): NodeInfo[] {
    if (cached === undefined) {
      cached = nodeInfos(nodeInformer.store.values(), (name) =>
        podInformer.store.indexed('node', name),
      );
      for (const { pod, node } of [...assumed.values(), ...reserved.values()]) place(pod, node);
    }
    return cached;
  }

  function place(pod: KubeObject, node: string): void {
    const info = nodeView().find((i) => i.name === node);
    if (info !== undefined) addPod(info, pod);
  }

  function release(uid: string): void {
    if (reserved.delete(uid)) cached = undefined;
  }

  function snapshot(): Snapshot {
    return {
      nodes: nodeView(),
      namespaceLabels: (name) => namespaceInformer.store.get(name)?.metadata.labels ?? undefined,
      volumes: {
        claim: (namespace, name) => claims.store.get(keyFor(namespace, name)),
        volume: (name) => volumes.store.get(name),
        volumes: () => volumes.store.values(),
        storageClass: (name) => classes.store.get(name),
      },
    };
  }

  /** One key drives everything: each pass takes the most important pod there is. */
  async function reconcile(): Promise<Result> {
    for (let i = 0; i < 100; i++) {
      const next = pending.next(Date.now());
      if (next === undefined) break;
      const pod = podInformer.store.get(next.key);
      if (pod === undefined || !isWaiting(pod) || assumed.has(pod.metadata.uid ?? '')) {
        pending.remove(next.key);
        continue;
      }
      try {
        await scheduleOne(next.key, pod);
      } catch (error) {
        pending.rest(next.key, Date.now());
        pending.wakeAll();
        log.warn({ pod: next.key, error: String(error) }, 'could not schedule');
      }
    }
    const at = pending.nextAt();
    return at === undefined ? done : requeueAfter(Math.max(1, at - Date.now()));
  }

  async function scheduleOne(key: string, pod: KubeObject): Promise<void> {
    release(pod.metadata.uid ?? '');
    const decision = schedule(pod, snapshot());
    if (decision.kind === 'none') {
      pending.rest(key, Date.now());
      await reportFailure(pod, decision.message);
      return;
    }
    if (decision.claims.length > 0) {
      // The pod comes back when its volumes are bound; the node is kept on the claims.
      reserved.set(pod.metadata.uid ?? '', { pod, node: decision.node });
      place(pod, decision.node);
      // before the claims are written: what comes of it may be heard before the answer
      pending.hold(key, Date.now());
      for (const claim of decision.claims) await reserve(claim, decision.node);
      return;
    }
    await bind(pod, decision.node);
    pending.remove(key);
  }

  async function bind(pod: KubeObject, node: string): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    assumed.set(uid, { pod, node });
    place(pod, node);
    try {
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      };
      await cluster.create(pods, binding, 'binding');
    } catch (error) {
      assumed.delete(uid);
      cached = undefined;
      if (isCode(error, 404)) return;
      throw error;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    context.events.record(pod, 'Normal', 'Scheduled', message);
  }

  /** A fitting volume is reserved for the claim; without one the provisioner makes it on that node. */
  async function reserve(claim: KubeObject, node: string): Promise<void> {
    if (claim.metadata.annotations?.[selectedNode] !== undefined) return;
    const info = nodeView().find((i) => i.name === node);
    const volume = info === undefined ? undefined : findVolume(claim, volumes.store.values(), info);
    const { namespace = '', name = '', uid } = claim.metadata;
    if (volume === undefined) {
      const annotations = { ...claim.metadata.annotations, [selectedNode]: node };
      const metadata = { ...claim.metadata, annotations };
      await cluster.update(persistentVolumeClaims, { ...claim, metadata });
    } else if (volume.spec.claimRef?.uid !== uid) {
      const claimRef = { apiVersion: 'v1', kind: claim.kind, namespace, name, uid };
      await cluster.update(persistentVolumes, { ...volume, spec: { ...volume.spec, claimRef } });
    }
  }

  async function reportFailure(pod: KubeObject, message: string): Promise<void> {
    context.events.record(pod, 'Warning', 'FailedScheduling', message);
    const before = conditionOf(pod, 'PodScheduled');
    const next = {
      type: 'PodScheduled',
      status: 'False' as const,
      reason: 'Unschedulable',
      message,
      observedGeneration: pod.metadata.generation ?? 0,
    };
    if (before?.status === 'False' && before.reason === next.reason && before.message === message) {
      return;
    }
    const { namespace = '', name = '' } = pod.metadata;
    const conditions = setCondition(pod.status?.conditions, next, timestamp(context.now()));
    const target = { namespace, name, subresource: 'status' };
    await cluster.patch(pods, target, 'strategic', { status: { conditions } });
  }

  const loop = createLoop({ ...context, workers: 1 }, 'scheduler', reconcile);
  const wake = () => {
    pending.wakeAll();
    loop.add('pending');
  };
  podInformer.on(({ type, object, old }) => {
    const key = keyOf(object);
    const uid = object.metadata.uid ?? '';
    const assigned = (object.spec?.nodeName ?? '') !== '';
    if (type !== 'deleted' && isWaiting(object)) {
      const changed = old === undefined || old.metadata.generation !== object.metadata.generation;
      if (!assumed.has(uid) && changed) {
        pending.add({
          key,
          priority: object.spec?.priority ?? 0,
          createdAt: Date.parse(object.metadata.creationTimestamp ?? '') || 0,
        });
        loop.add('pending');
      }
      return;
    }
    pending.remove(key);
    release(uid);
    const expected = assumed.delete(uid);
    if (!assigned && !expected) return;
    const frees = type === 'deleted' || isFinished(object);
    // Our own binding coming back is already in the picture.
    if (!(expected && type !== 'deleted')) cached = undefined;
    if (frees || type === 'added' || old?.metadata.labels !== object.metadata.labels) wake();
  });
  nodeInformer.on(({ object, old }) => {
    if (old !== undefined && sameForScheduling(old, object)) return;
    cached = undefined;
    wake();
  });
  for (const informer of [claims, volumes, classes, namespaceInformer]) informer.on(wake);
  return { name: 'scheduler', loops: [loop] };
}

function isWaiting(pod: KubeObject): boolean {
  return (
    (pod.spec?.nodeName ?? '') === '' &&
    pod.metadata.deletionTimestamp == null &&
    !isFinished(pod) &&
    (pod.spec?.schedulerName ?? schedulerName) === schedulerName &&
    (pod.spec?.schedulingGates ?? []).length === 0
  );
}

/** A heartbeat changes a node without changing what fits on it. */
function sameForScheduling(a: KubeObject, b: KubeObject): boolean {
  const view = (o: KubeObject) =>
    JSON.stringify([
      o.metadata.labels,
      o.spec?.taints,
      o.spec?.unschedulable,
      o.status?.allocatable,
    ]);
  return view(a) === view(b);
}
