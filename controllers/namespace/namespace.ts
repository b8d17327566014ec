import { deepEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { type ControllerContext, createLoop, enqueue, isCode, updateLatest } from '../context.ts';
import { type DiscoveredResource, discover } from '../discovery.ts';
import { namespaces } from '../resources.ts';
import { type Remaining, namespaceConditions } from './namespace-conditions.ts';

const finalizer = 'kubernetes';

/** What is served again after a while must not wait for long (upstream's tuned rate limiter). */
const maxBackoffMs = 60_000;

/** Empties terminating namespaces, whatever is served in them, then lets them go. */
export function namespaceController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(namespaces);

  async function reconcile(name: string): Promise<Result> {
    let namespace = informer.store.get(name);
    if (namespace?.metadata.deletionTimestamp == null) return done;
    if (!(namespace.spec?.finalizers ?? []).includes(finalizer)) return done;
    if (namespace.status?.phase !== 'Terminating') {
      namespace = await updateLatest(
        cluster,
        namespaces,
        namespace,
        (latest) => ({ ...latest, status: { ...latest.status, phase: 'Terminating' } }),
        'status',
      );
      if (namespace === undefined) return done;
    }
    const { remaining, waitSeconds } = await deleteContent(name);
    await writeConditions(namespace, remaining);
    const { resources, failedGroups, errors } = remaining;
    if (errors.length > 0) throw new Error(errors.join('; '));
    if (failedGroups.length > 0) throw new Error(`discovery failed: ${failedGroups.join(', ')}`);
    if (resources.size > 0) return requeueAfter(waitSeconds * 1000);
    await finalize(namespace);
    return done;
  }

  async function deleteContent(
    namespace: string,
  ): Promise<{ remaining: Remaining; waitSeconds: number }> {
    const { resources, failed } = await discover(cluster);
    const remaining: Remaining = {
      resources: new Map(),
      finalizers: new Map(),
      failedGroups: failed,
      errors: [],
    };
    let graceSeconds = 0;
    const content = resources.filter((r) => r.namespaced && r.verbs.includes('delete'));
    const isPods = (r: DiscoveredResource) => r.group === '' && r.resource === 'pods';
    // Pods go first: what they rely on, and what confines them, stays as long as they run (KEP-5080).
    for (const resource of content.toSorted((a, b) => Number(isPods(b)) - Number(isPods(a)))) {
      try {
        const left = await deleteResource(resource, namespace);
        if (left.length === 0) continue;
        count(remaining, resource, left);
        if (!isPods(resource)) continue;
        graceSeconds = graceOf(left);
        break;
      } catch (error) {
        remaining.errors.push((error as Error).message);
      }
    }
    return { remaining, waitSeconds: graceSeconds > 0 ? graceSeconds / 2 + 1 : 1 };
  }

  /** Deletes all of one resource and returns what is still there. */
  async function deleteResource(
    resource: DiscoveredResource,
    namespace: string,
  ): Promise<KubeObject[]> {
    const present = async () => {
      if (!resource.verbs.includes('list')) return [];
      return (await cluster.list(resource, { namespace, metadataOnly: true })).items;
    };
    const before = await present();
    if (before.length === 0 && resource.verbs.includes('list')) return [];
    try {
      if (resource.verbs.includes('deletecollection')) {
        await cluster.deleteCollection(resource, namespace, { propagationPolicy: 'Background' });
      } else {
        for (const { metadata } of before) {
          await cluster.delete(resource, namespace, metadata.name ?? '', {
            propagationPolicy: 'Background',
          });
        }
      }
    } catch (error) {
      // A resource that does not support it after all is not content.
      if (isCode(error, 405) || isCode(error, 404)) return [];
      throw error;
    }
    return present();
  }

  function graceOf(left: readonly KubeObject[]): number {
    return Math.max(0, ...left.map((pod) => pod.metadata.deletionGracePeriodSeconds ?? 0));
  }

  async function writeConditions(namespace: KubeObject, remaining: Remaining): Promise<void> {
    const edit = (latest: KubeObject) => {
      const before = latest.status?.conditions;
      const conditions = namespaceConditions(before, remaining, context.now());
      if (deepEqual(before, conditions)) return undefined;
      return { ...latest, status: { ...latest.status, conditions } };
    };
    await updateLatest(cluster, namespaces, namespace, edit, 'status');
  }

  async function finalize(namespace: KubeObject): Promise<void> {
    const { name = '' } = namespace.metadata;
    const latest = await cluster.get(namespaces, '', name);
    if (latest?.metadata.uid !== namespace.metadata.uid || latest === undefined) return;
    const finalizers = (latest.spec?.finalizers ?? []).filter((f: string) => f !== finalizer);
    try {
      const spec = { ...latest.spec, finalizers };
      await cluster.update(namespaces, { ...latest, spec }, 'finalize');
    } catch (error) {
      if (!isCode(error, 404)) throw error;
    }
  }

  const loop = createLoop(context, 'namespace', reconcile, { maxMs: maxBackoffMs });
  enqueue(informer, loop, (o) =>
    o.metadata.deletionTimestamp == null ? [] : [o.metadata.name ?? ''],
  );
  return { name: 'namespace', loops: [loop] };
}

function count(
  remaining: Remaining,
  { resource, group }: DiscoveredResource,
  left: readonly KubeObject[],
): void {
  remaining.resources.set(`${resource}.${group}`, left.length);
  for (const object of left) {
    for (const name of object.metadata.finalizers ?? []) {
      remaining.finalizers.set(name, (remaining.finalizers.get(name) ?? 0) + 1);
    }
  }
}
