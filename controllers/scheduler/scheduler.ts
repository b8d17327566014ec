import { deepEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, isCode } from '../context.ts';
import { isFinished } from '../pod.ts';
import {
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  storageClasses,
} from '../resources.ts';
import { PendingPods } from './pending-pods.ts';
import { priorityOf } from './preempt.ts';
import { denyNode, preempt, reportFailure } from './preemption.ts';
import { schedule, schedulerName } from './schedule.ts';
import { addPod, type NodeInfo, nodeInfos, type Snapshot, withPods } from './snapshot.ts';
import { selectedNode } from '../volume/local-volume.ts';
import { findVolume } from './volume-filter.ts';

/** Assigns pods to nodes, one at a time, as kube-scheduler's default profile would. */
export function schedulerController(context: ControllerContext): Controller {
  const { cluster, informers, log } = context;
  const podInformer = informers.of(pods);
  const nodeInformer = informers.of(nodes);
  const claims = informers.of(persistentVolumeClaims);
  const volumes = informers.of(persistentVolumes);
  const classes = informers.of(storageClasses);
  const namespaceInformer = informers.of(namespaces);
  const budgets = informers.of(podDisruptionBudgets);
  podInformer.addIndex('node', (o) => (o.spec?.nodeName === undefined ? [] : [o.spec.nodeName]));
  const pending = new PendingPods();
  // Not that of the wall: set back, it would make whoever rests wait until it has caught up.
  const clock = () => performance.now();
  /** Bound by us, not yet seen bound: uid to node. */
  const assumed = new Map<string, { pod: KubeObject; node: string }>();
  /** Promised a node while their volumes are bound: later pods must see them there. */
  const reserved = new Map<string, { pod: KubeObject; node: string }>();
  /** Room is being made for them; less important pods must leave it to them. */
  const nominated = new Map<string, { pod: KubeObject; node: string }>();
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

  function snapshot(pod: KubeObject): Snapshot {
    const before = [...nominated.values()].filter(
      (n) => n.pod.metadata.uid !== pod.metadata.uid && priorityOf(n.pod) >= priorityOf(pod),
    );
    return {
      nodes: before.length === 0 ? nodeView() : withPods(nodeView(), before),
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
      const next = pending.next(clock());
      if (next === undefined) break;
      const pod = podInformer.store.get(next.key);
      if (pod === undefined || !isWaiting(pod) || assumed.has(pod.metadata.uid ?? '')) {
        pending.remove(next.key);
        continue;
      }
      try {
        await scheduleOne(next.key, pod);
      } catch (error) {
        pending.rest(next.key, clock());
        pending.wakeAll();
        log.warn({ pod: next.key, error: String(error) }, 'could not schedule');
      }
    }
    const at = pending.nextAt();
    return at === undefined ? done : requeueAfter(Math.max(1, at - clock()));
  }

  async function scheduleOne(key: string, pod: KubeObject): Promise<void> {
    release(pod.metadata.uid ?? '');
    const view = snapshot(pod);
    const decision = schedule(pod, view);
    if (decision.kind === 'none') {
      pending.rest(key, clock());
      const { message, nominated: node } = await preempt(context, pod, view, decision, [
        ...budgets.store.values(),
      ]);
      if (node !== undefined) await nominate(pod, node);
      await reportFailure(context, pod, decision.message + message, node);
      return;
    }
    if (decision.claims.length > 0) {
      // The pod comes back when its volumes are bound; the node is kept on the claims.
      reserved.set(pod.metadata.uid ?? '', { pod, node: decision.node });
      place(pod, decision.node);
      // before the claims are written: what comes of it may be heard before the answer
      pending.hold(key, clock());
      for (const claim of decision.claims) await reserve(claim, decision.node);
      return;
    }
    await bind(pod, decision.node);
    pending.remove(key);
  }

  function noteNomination(pod: KubeObject, old: KubeObject | undefined): void {
    const uid = pod.metadata.uid ?? '';
    const node: string = pod.status?.nominatedNodeName ?? '';
    if (node !== '') nominated.set(uid, { pod, node });
    else if ((old?.status?.nominatedNodeName ?? '') !== '') nominated.delete(uid);
  }

  async function nominate(pod: KubeObject, node: string): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    nominated.delete(uid);
    if (node === '') return;
    const lesser = [...nominated.values()].filter(
      (n) => n.node === node && priorityOf(n.pod) < priorityOf(pod),
    );
    nominated.set(uid, { pod, node });
    for (const { pod: other } of lesser) {
      nominated.delete(other.metadata.uid ?? '');
      await denyNode(context, other);
    }
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
      noteNomination(object, old);
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
    nominated.delete(uid);
    const expected = assumed.delete(uid);
    if (!assigned && !expected) return;
    const frees = type === 'deleted' || isFinished(object);
    // Our own binding coming back is already in the picture.
    if (!(expected && type !== 'deleted')) cached = undefined;
    if (frees || old === undefined || !sameForOthers(old, object)) wake();
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

/** What a pod on a node tells of itself makes room for nobody. */
function sameForOthers(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata.generation === b.metadata.generation &&
    (a.metadata.deletionTimestamp == null) === (b.metadata.deletionTimestamp == null) &&
    isFinished(a) === isFinished(b) &&
    deepEqual(a.metadata.labels, b.metadata.labels)
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
