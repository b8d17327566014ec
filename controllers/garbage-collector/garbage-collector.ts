import { setTimeout as sleep } from 'node:timers/promises';
import { apiVersionOf, type KubeObject, type OwnerReference } from '../../object/object.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';
import { Informer } from '../../reconciler/informer.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { type ControllerContext, createLoop, isCode } from '../context.ts';
import { discover } from '../discovery.ts';
import { every } from '../periodic.ts';
import { type OwnerState, verdict } from './delete-decision.ts';
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
/** Events own nothing and are many. */
const ignored = new Set(['/events', 'events.k8s.io/events']);

interface Monitor {
  ref: ResourceRef;
  informer: Informer;
  /** Undefined where the informer is the shared set's, which also ends it. */
  own: Informer | undefined;
}

/** Deletes what lost its owners, honours foreground and orphan deletion, for everything served. */
export function garbageCollector(context: ControllerContext): Controller {
  const { cluster, log } = context;
  const graph = new OwnerGraph();
  const monitors = new Map<string, Monitor>();
  /** apiVersion and kind to where it is served; of every version of a group. */
  const kinds = new Map<string, ResourceRef>();
  const { promise: listed, resolve: allListed } = Promise.withResolvers<void>();
  const loop = createLoop(context, 'garbage-collector', reconcile);

  function enqueue(work: readonly Work[]): void {
    for (const { kind, uid } of work) loop.add(`${kind}/${uid}`);
  }

  async function reconcile(key: string): Promise<Result> {
    const [kind = '', uid = ''] = key.split('/');
    const node = graph.get(uid);
    if (node === undefined) return done;
    // Before everything is listed once, an owner looks missing that merely was not listed yet.
    await listed;
    if (kind === 'verify' && node.resource !== undefined) return done;
    if (kind === 'orphan') await orphanDependents(node);
    else await attemptDelete(node);
    return done;
  }

  async function attemptDelete(node: GraphNode): Promise<void> {
    if (node.deleting && !node.waits) return;
    const ref = refOf(node);
    if (ref === undefined) {
      // Not served (any more): nothing can be known of it, so its dependents are left alone.
      log.debug({ kind: node.kind, name: node.name }, 'owner of a kind that is not served');
      return;
    }
    const object = await cluster.get(ref, node.namespace, node.name);
    if (object === undefined || object.metadata.uid !== node.uid) {
      enqueue(graph.remove(node.uid));
      return;
    }
    if (node.resource === undefined) return; // A real owner; its watch will report it.
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
    const ref = kinds.get(`${owner.apiVersion} ${owner.kind}`);
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
    const ref = refOf(node);
    if (ref === undefined) return;
    for (const dependent of node.dependents) {
      const dependentRef = refOf(dependent);
      if (dependentRef === undefined) continue;
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

  function refOf(node: GraphNode): ResourceRef | undefined {
    return kinds.get(`${node.apiVersion} ${node.kind}`);
  }

  async function refresh(): Promise<void> {
    const { resources, everyVersion, failed } = await discover(cluster);
    for (const ref of everyVersion) {
      kinds.set(`${apiVersionOf(ref)} ${ref.kind}`, ref);
    }
    const present = new Set<string>();
    for (const resource of resources) {
      const key = `${resource.group}/${resource.resource}`;
      const { verbs, ...ref } = resource;
      const collectable = ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb));
      if (!collectable || ignored.has(key)) continue;
      present.add(key);
      const known = monitors.get(key);
      if (known?.ref.version === resource.version) continue;
      await known?.own?.stop();
      watch(key, ref);
    }
    for (const [key, { ref, own }] of monitors) {
      if (present.has(key) || failed.includes(apiVersionOf(ref))) continue;
      await own?.stop();
      monitors.delete(key);
      for (const node of [...graph.ofResource(key)]) enqueue(graph.remove(node.uid));
    }
  }

  /** Whole objects where a controller keeps them anyway, metadata of everything else. */
  function watch(key: string, ref: ResourceRef): void {
    const existing = context.informers.existing(ref);
    const informer =
      existing ?? new Informer({ cluster, ref, query: { metadataOnly: true }, log, trim });
    monitors.set(key, { ref, informer, own: existing === undefined ? informer : undefined });
    informer.on(({ type, object }) => {
      const whole = { ...object, ...identity(ref) };
      enqueue(
        type === 'deleted' ? graph.remove(object.metadata.uid ?? '') : graph.upsert(key, whole),
      );
    });
    if (existing === undefined) informer.start();
  }

  return {
    name: 'garbage-collector',
    loops: [loop],
    async run(signal) {
      const failed = (error: unknown) => log.warn({ error: String(error) }, 'discovery failed');
      await refresh().catch(failed);
      const first = Promise.all([...monitors.values()].map((m) => m.informer.synced));
      // A resource that cannot be listed must not hold up the rest for ever.
      await Promise.race([first, sleep(listPatienceMs, undefined, { signal }).catch(() => {})]);
      allListed();
      await every(discoverEveryMs, signal, refresh, failed);
      const running = [...monitors.values()].flatMap(({ own }) => (own === undefined ? [] : [own]));
      await Promise.all(running.map((informer) => informer.stop()));
    },
  };
}

function identity(ref: ResourceRef): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(ref), kind: ref.kind };
}

/** Of other objects only what the graph reads is kept. */
function trim({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp } =
    metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(deletionTimestamp == null ? {} : { deletionTimestamp }),
    },
  };
}
