import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject, OwnerReference } from '../../object/object.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { type ControllerContext, createLoop, isCode } from '../context.ts';
import { every } from '../periodic.ts';
import { type OwnerState, verdict } from './delete-decision.ts';
import { Monitors } from './monitors.ts';
import {
  blockers,
  foreground,
  type GraphNode,
  orphan,
  OwnerGraph,
  type Work,
} from './owner-graph.ts';

/** Discovery is looked at this often, so that custom resources are collected soon after they appear. */
const discoverEveryMs = 30_000;
const listPatienceMs = 30_000;

/** Deletes what lost its owners, honours foreground and orphan deletion, for everything served. */
export function garbageCollector(
  context: ControllerContext,
  everyMs: number = discoverEveryMs,
): Controller {
  const { cluster, log } = context;
  const graph = new OwnerGraph();
  const monitors = new Monitors(context, {
    upsert: (resource, object) => enqueue(graph.upsert(resource, object)),
    remove: (uid) => enqueue(graph.remove(uid)),
    end: (resource) => graph.end(resource),
    again(resource, store) {
      const there = new Set([...store.values()].map(({ metadata }) => metadata.uid));
      const gone = [...graph.ofResource(resource)].filter(({ uid }) => !there.has(uid));
      enqueue(gone.map(({ uid }) => ({ kind: 'again', uid })));
    },
  });
  const { promise: listed, resolve: allListed } = Promise.withResolvers<void>();
  const loop = createLoop(context, 'garbage-collector', reconcile);

  function enqueue(work: readonly Work[]): void {
    for (const item of work) {
      if (item.kind === 'report') report(item.uid, item.owner);
      else loop.add(`${item.kind}/${item.uid}`);
    }
  }

  function report(uid: string, owner: OwnerReference): void {
    const node = graph.get(uid);
    if (node === undefined) return;
    const { apiVersion, kind, namespace, name } = node;
    const wanted = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
    context.events.record(
      { apiVersion, kind, metadata: { namespace, name, uid } },
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${wanted} does not exist in namespace "${namespace}"`,
    );
  }

  async function reconcile(key: string): Promise<Result> {
    const [kind = '', uid = ''] = key.split('/');
    const node = graph.get(uid);
    if (node === undefined) return done;
    // Before everything is listed once, an owner looks missing that merely was not listed yet.
    await listed;
    if (kind === 'verify' && node.resource !== undefined) return done;
    if (kind === 'orphan') await orphanDependents(node);
    else if (kind === 'again') await verify(node);
    else await attemptDelete(node);
    return done;
  }

  async function verify(node: GraphNode): Promise<void> {
    const ref = monitors.served(node);
    if (ref === undefined) {
      // Not served (yet, or any more): nothing can be known of it, so its dependents are left alone.
      log.debug({ kind: node.kind, name: node.name }, 'owner of a kind that is not served');
      return;
    }
    const object = await cluster.get(ref, node.namespace, node.name);
    if (object?.metadata.uid !== node.uid) enqueue(graph.remove(node.uid));
  }

  async function attemptDelete(node: GraphNode): Promise<void> {
    if (node.resource === undefined) return verify(node);
    if (node.deleting && !node.waits) return;
    const ref = monitors.served(node);
    if (ref === undefined) return;
    const object = await cluster.get(ref, node.namespace, node.name);
    if (object === undefined || object.metadata.uid !== node.uid) {
      enqueue(graph.remove(node.uid));
      return;
    }
    if (object.metadata.deletionTimestamp != null && node.waits) {
      await finishForeground(ref, node, object);
      return;
    }
    const owners = object.metadata.ownerReferences ?? [];
    const states = await Promise.all(
      owners.map(async (owner) => ({ owner, state: await stateOf(owner, node, ref.namespaced) })),
    );
    const decided = verdict(object, states, node.dependents.size > 0);
    if (decided.kind === 'strike') {
      await writeOwners(
        ref,
        object,
        owners.filter((o) => !decided.owners.includes(o)),
      );
    }
    if (decided.kind === 'delete') {
      if (decided.unblock) await unblockCycles(ref, node, object);
      await remove(ref, object, decided.policy);
    }
  }

  async function stateOf(
    owner: OwnerReference,
    dependent: GraphNode,
    namespaced: boolean,
  ): Promise<OwnerState> {
    const ref = monitors.served(owner);
    if (ref === undefined) return 'solid'; // Unknown kind: never delete on a guess.
    // A cluster-scoped object cannot have an owner in a namespace (invalid reference): leave it.
    if (ref.namespaced && !namespaced) return 'solid';
    const namespace = ref.namespaced ? dependent.namespace : '';
    const found = await cluster.get(ref, namespace, owner.name);
    if (found === undefined || found.metadata.uid !== owner.uid) return 'dangling';
    const waits =
      found.metadata.deletionTimestamp != null &&
      (found.metadata.finalizers ?? []).includes(foreground);
    return waits ? 'waiting' : 'solid';
  }

  async function finishForeground(
    ref: ResourceRef,
    node: GraphNode,
    object: KubeObject,
  ): Promise<void> {
    const blocking = blockers(node);
    if (blocking.length === 0) {
      await removeFinalizer(ref, object, foreground);
      return;
    }
    for (const dependent of blocking) {
      if (!dependent.waits) loop.add(`delete/${dependent.uid}`);
    }
  }

  /** Two objects that wait for each other would never go: one of them stops blocking. */
  async function unblockCycles(
    ref: ResourceRef,
    node: GraphNode,
    object: KubeObject,
  ): Promise<void> {
    if (![...node.dependents].some((dependent) => dependent.waits)) return;
    const owners = (object.metadata.ownerReferences ?? []).map((o) => ({
      ...o,
      blockOwnerDeletion: false,
    }));
    await writeOwners(ref, object, owners);
  }

  async function orphanDependents(node: GraphNode): Promise<void> {
    const ref = monitors.served(node);
    if (ref === undefined) return;
    for (const dependent of node.dependents) {
      const dependentRef = monitors.served(dependent);
      // With the finalizer gone, nobody would know later that it was to be left alone.
      if (dependentRef === undefined) throw new Error(`${dependent.kind} is not served`);
      const object = await cluster.get(dependentRef, dependent.namespace, dependent.name);
      const owners = object?.metadata.ownerReferences ?? [];
      if (object === undefined || !owners.some((o) => o.uid === node.uid)) continue;
      await writeOwners(
        dependentRef,
        object,
        owners.filter((o) => o.uid !== node.uid),
      );
    }
    const object = await cluster.get(ref, node.namespace, node.name);
    if (object?.metadata.uid === node.uid) await removeFinalizer(ref, object, orphan);
  }

  async function writeOwners(
    ref: ResourceRef,
    object: KubeObject,
    ownerReferences: OwnerReference[],
  ): Promise<void> {
    await patchMetadata(ref, object, { ownerReferences });
  }

  async function removeFinalizer(ref: ResourceRef, object: KubeObject, name: string) {
    const finalizers = (object.metadata.finalizers ?? []).filter((f) => f !== name);
    await patchMetadata(ref, object, { finalizers });
  }

  async function patchMetadata(ref: ResourceRef, object: KubeObject, metadata: object) {
    const { namespace = '', name = '', uid, resourceVersion } = object.metadata;
    const body = { metadata: { uid, resourceVersion, ...metadata } };
    try {
      await cluster.patch(ref, { namespace, name }, 'merge', body);
    } catch (error) {
      if (!isCode(error, 404)) throw error;
    }
  }

  async function remove(
    ref: ResourceRef,
    object: KubeObject,
    propagationPolicy: 'Foreground' | 'Background' | 'Orphan',
  ): Promise<void> {
    const { namespace = '', name = '', uid = '', resourceVersion = '' } = object.metadata;
    log.debug({ resource: ref.resource, namespace, name, propagationPolicy }, 'collecting');
    // The version as well: an owner may be added between our look and the deletion.
    await cluster.delete(ref, namespace, name, { uid, resourceVersion, propagationPolicy });
  }

  async function refresh(): Promise<void> {
    await monitors.refresh();
    // No watch has reported these, nor would one that began today say that they went before.
    enqueue(graph.unseen());
  }

  return {
    name: 'garbage-collector',
    loops: [loop],
    async run(signal) {
      const failed = (error: unknown) => log.warn({ error: String(error) }, 'discovery failed');
      await refresh().catch(failed);
      // A resource that cannot be listed must not hold up the rest for ever.
      await Promise.race([
        monitors.synced(),
        sleep(listPatienceMs, undefined, { signal }).catch(() => {}),
      ]);
      allListed();
      await every(everyMs, signal, refresh, failed);
      await monitors.stop();
    },
  };
}
