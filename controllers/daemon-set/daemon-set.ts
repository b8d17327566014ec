import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { labelSelectorFromObject } from '../../object/selector.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { byController, byNamespace, keyFor, keyOf } from '../../reconciler/store.ts';
import { eachInTurn, slowStart } from '../batch.ts';
import { type ControllerContext, createLoop, enqueue, isNamespaceTerminating } from '../context.ts';
import { claimChildren, controllerOf } from '../owner.ts';
import { isFinished } from '../pod.ts';
import { controllerRevisions, daemonSets, nodes, pods } from '../resources.ts';
import { ensureRevision, truncateRevisions } from '../revision-history.ts';
import { daemonPod, hashOf } from './daemon-pods.ts';
import { daemonSetStatus, planDaemonSet } from './daemon-set-plan.ts';

/** A failed daemon pod is made anew after this, doubling up to 15 minutes. */
const firstBackoffMs = 1_000;
const maxBackoffMs = 15 * 60_000;

/** DaemonSets: one pod on every node that suits. */
export function daemonSetController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const setInformer = informers.of(daemonSets);
  const podInformer = informers.of(pods);
  const nodeInformer = informers.of(nodes);
  const revisionInformer = informers.of(controllerRevisions);
  podInformer.addIndex('controller', byController);
  podInformer.addIndex('orphan', (o) => (controllerOf(o) === undefined ? byNamespace(o) : []));
  revisionInformer.addIndex('controller', byController);
  /** `uid/node` to failures in a row and when the next attempt is due. Forgotten with the set. */
  const failures = new Map<string, { count: number; at: number }>();

  async function reconcile(key: string): Promise<Result> {
    const set = setInformer.store.get(key);
    if (set === undefined || set.metadata.deletionTimestamp != null) {
      for (const id of failures.keys()) if (id.startsWith(`${key}/`)) failures.delete(id);
      return done;
    }
    if (semanticEqual(set.spec.selector, {})) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
      context.events.record(set, 'Warning', 'SelectingAll', message);
      return done;
    }
    const { namespace = '', uid = '' } = set.metadata;
    const candidates = [
      ...podInformer.store.indexed('controller', uid),
      ...podInformer.store.indexed('orphan', namespace),
    ];
    const selector = labelSelectorFromObject(set.spec.selector);
    const owned = await claimChildren(cluster, daemonSets, set, pods, selector, candidates);
    const known = revisionInformer.store.indexed('controller', uid);
    const revisions = await ensureRevision(context, daemonSets, set, known);
    const hash = hashOf(revisions.update);
    const all = [...nodeInformer.store.values()];
    const plan = planDaemonSet(set, all, owned, hash, context.now());
    const ready = plan.failed.filter((pod) => isDue(key, pod));
    await remove(set, [...plan.remove, ...ready], new Set(ready));
    const error = await create(set, plan.create, hash);
    const fresh = podInformer.store.indexed('controller', uid);
    await writeStatus(
      set,
      daemonSetStatus(set, all, fresh, hash, revisions.collisionCount, context.now()),
    );
    if (error !== undefined) {
      if (isNamespaceTerminating(error)) return done;
      throw error;
    }
    const live = new Set([
      revisions.update.metadata.name ?? '',
      ...revisions.all
        .filter((r) =>
          fresh.some((p) => p.metadata.labels?.['controller-revision-hash'] === hashOf(r)),
        )
        .map((r) => r.metadata.name ?? ''),
    ]);
    await truncateRevisions(context, revisions.all, live, set.spec.revisionHistoryLimit ?? 10);
    const waits = [plan.waitMs, plan.failed.length > ready.length ? firstBackoffMs : undefined];
    const next = waits.filter((ms): ms is number => ms !== undefined);
    return next.length === 0 ? done : requeueAfter(Math.min(...next) + 1);
  }

  function isDue(key: string, pod: KubeObject): boolean {
    const id = `${key}/${pod.spec?.nodeName ?? ''}`;
    const now = performance.now();
    const entry = failures.get(id) ?? { count: 0, at: 0 };
    if (entry.at > now) return false;
    // A long time without failure forgives.
    const count = now - entry.at > 2 * maxBackoffMs ? 0 : entry.count;
    const delay = Math.min(firstBackoffMs * 2 ** count, maxBackoffMs);
    failures.set(id, { count: count + 1, at: now + delay });
    return true;
  }

  async function create(set: KubeObject, on: readonly string[], hash: string) {
    const { error } = await slowStart(Math.min(on.length, 250), async (i) => {
      const made = daemonPod(set, set.spec.template, hash, on[i] ?? '');
      const pod = await cluster.create(pods, made);
      const message = `Created pod: ${pod.metadata.name}`;
      context.events.record(set, 'Normal', 'SuccessfulCreate', message);
    });
    if (error !== undefined && !isNamespaceTerminating(error)) {
      context.events.record(set, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    }
    return error;
  }

  async function remove(
    set: KubeObject,
    list: readonly KubeObject[],
    failed: ReadonlySet<KubeObject>,
  ): Promise<void> {
    await eachInTurn(list, async (pod) => {
      const { namespace = '', name = '', uid = '' } = pod.metadata;
      if (failed.has(pod)) {
        const message = `Found failed daemon pod ${namespace}/${name} on node ${pod.spec?.nodeName}, will try to kill it`;
        const type = pod.status?.phase === 'Failed' ? 'Warning' : 'Normal';
        context.events.record(set, type, 'FailedDaemonPod', message);
      }
      await cluster.delete(pods, namespace, name, { uid });
      context.events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    });
  }

  async function writeStatus(set: KubeObject, status: Record<string, unknown>): Promise<void> {
    const nonZero = (s: Record<string, unknown> | undefined) =>
      Object.fromEntries(Object.entries(s ?? {}).filter(([, v]) => v !== 0));
    if (set.status !== undefined && semanticEqual(nonZero(set.status), nonZero(status))) return;
    await cluster.update(daemonSets, { ...set, status }, 'status');
  }

  const loop = createLoop(context, 'daemonset', reconcile);
  const addAll = () => {
    for (const key of setInformer.store.keys()) loop.add(key);
  };
  enqueue(setInformer, loop, (o) => [keyOf(o)]);
  nodeInformer.on(({ object, old }) => {
    const view = (o: KubeObject) =>
      JSON.stringify([o.metadata.labels, o.spec?.taints, o.spec?.unschedulable]);
    if (old === undefined || view(old) !== view(object)) addAll();
  });
  enqueue(podInformer, loop, (pod) => {
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      return owner.kind === 'DaemonSet' ? [keyFor(pod.metadata.namespace, owner.name)] : [];
    }
    if (isFinished(pod)) return [];
    return setInformer.store.indexed('namespace', pod.metadata.namespace ?? '').map(keyOf);
  });
  return { name: 'daemonset', loops: [loop] };
}
