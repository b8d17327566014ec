import { semanticEqual } from '../../object/equal.ts';
import { type KubeObject, parseApiVersion } from '../../object/object.ts';
import { labelSelectorFromObject, matches } from '../../object/selector.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { discover } from '../discovery.ts';
import { controllerOf } from '../owner.ts';
import { isFinished } from '../pod.ts';
import {
  deployments,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../resources.ts';
import {
  disruptionStatus,
  expectation,
  failedStatus,
  pendingDisruptions,
} from './disruption-status.ts';

/** Keeps the status of PodDisruptionBudgets, on which the eviction API relies. */
export function disruptionController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const budgets = informers.of(podDisruptionBudgets);
  const podInformer = informers.of(pods);
  const known = [replicaSets, replicationControllers, statefulSets, deployments].map((ref) => ({
    ref,
    informer: informers.of(ref),
  }));

  async function reconcile(key: string): Promise<Result> {
    const budget = budgets.store.get(key);
    if (budget === undefined) return done;
    const now = context.now();
    const namespace = budget.metadata.namespace ?? '';
    const selector = labelSelectorFromObject(budget.spec?.selector);
    const selected = podInformer.store
      .indexed('namespace', namespace)
      .filter((pod) => matches(selector, pod.metadata.labels) && !isFinished(pod));
    if (selected.length === 0) {
      context.events.record(budget, 'Normal', 'NoPods', 'No matching pods found');
    }
    let status: Record<string, unknown>;
    let recheckMs: number | undefined;
    try {
      const scales = await scalesOf(selected);
      const pending = pendingDisruptions(budget, selected, now);
      recheckMs = pending.recheckMs;
      const expected = expectation(budget, selected, scales);
      status = disruptionStatus(budget, selected, expected, pending.disrupted, now);
    } catch (error) {
      const message = (error as Error).message;
      context.events.record(
        budget,
        'Warning',
        'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${message}`,
      );
      status = failedStatus(budget, message, now);
    }
    if (!semanticEqual(status, budget.status)) {
      await cluster.update(podDisruptionBudgets, { ...budget, status }, 'status');
    }
    return recheckMs === undefined ? done : requeueAfter(recheckMs + 1);
  }

  /** Replicas of each distinct controller; a pod without one counts for itself alone. */
  async function scalesOf(selected: readonly KubeObject[]): Promise<number[]> {
    const found = new Map<string, number>();
    const asked = new Set<string>();
    for (const pod of selected) {
      // Thousands of pods of one owner ask for its size once.
      const owner = controllerOf(pod)?.uid ?? pod.metadata.uid ?? '';
      if (asked.has(owner)) continue;
      asked.add(owner);
      const { uid, replicas } = await scaleOf(pod);
      found.set(uid, replicas);
    }
    return [...found.values()];
  }

  async function scaleOf(pod: KubeObject): Promise<{ uid: string; replicas: number }> {
    const owner = controllerOf(pod);
    const namespace = pod.metadata.namespace ?? '';
    if (owner === undefined) {
      return { uid: pod.metadata.uid ?? '', replicas: 1 };
    }
    const entry = known.find(({ ref }) => ref.kind === owner.kind);
    let object = entry?.informer.store.get(keyFor(namespace, owner.name));
    if (object?.metadata.uid === owner.uid) {
      const parent = controllerOf(object);
      const deployment =
        parent?.kind === 'Deployment'
          ? known[3]?.informer.store.get(keyFor(namespace, parent.name))
          : undefined;
      if (deployment !== undefined) object = deployment;
      return { uid: object.metadata.uid ?? '', replicas: object.spec?.replicas ?? 1 };
    }
    return {
      uid: owner.uid,
      replicas: await customScale(owner.apiVersion, owner.kind, namespace, owner.name),
    };
  }

  /** Anything with a scale subresource counts (custom resources). */
  async function customScale(
    apiVersion: string,
    kind: string,
    namespace: string,
    name: string,
  ): Promise<number> {
    const group = parseApiVersion(apiVersion)?.group;
    const { everyVersion } = await discover(cluster);
    const ref = everyVersion.find((r) => r.kind === kind && r.group === group);
    if (ref === undefined)
      throw new Error(`${kind}.${group} does not implement the scale subresource`);
    const root = `/apis/${ref.group}/${ref.version}/namespaces/${namespace}`;
    try {
      const scale = JSON.parse(await cluster.raw(`${root}/${ref.resource}/${name}/scale`));
      return scale.spec?.replicas ?? 0;
    } catch {
      throw new Error(`${ref.resource}.${group} does not implement the scale subresource`);
    }
  }

  const loop = createLoop(context, 'disruption', reconcile);
  const budgetsOf = (pod: KubeObject) =>
    budgets.store
      .indexed('namespace', pod.metadata.namespace ?? '')
      .filter((b) => matches(labelSelectorFromObject(b.spec?.selector), pod.metadata.labels))
      .map(keyOf);
  enqueue(budgets, loop, (o) => [keyOf(o)]);
  enqueue(podInformer, loop, budgetsOf);
  for (const { informer } of known) {
    informer.on(({ type, object, old }) => {
      // Only a new size matters, and it is rare.
      if (type === 'modified' && old?.spec?.replicas === object.spec?.replicas) return;
      for (const b of budgets.store.indexed('namespace', object.metadata.namespace ?? '')) {
        loop.add(keyOf(b));
      }
    });
  }
  return { name: 'disruption', loops: [loop] };
}
