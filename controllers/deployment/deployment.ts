import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { type LabelSelectorObject, labelSelectorFromObject } from '../../object/selector.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { byController, keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { claimChildren, controllerOf } from '../owner.ts';
import { conditionOf, isFinished } from '../pod.ts';
import { deployments, pods, replicaSets } from '../resources.ts';
import {
  countStatus,
  deadlineIn,
  hasDeadline,
  rolloutStatus,
  withProgress,
} from './deployment-status.ts';
import { ensureNewReplicaSet, removeReplicaSets, scaleReplicaSet } from './new-replica-set.ts';
import {
  beyondHistory,
  findNew,
  isScalingEvent,
  newReplicaSetSize,
  scaleProportionally,
  shrinkOld,
  specReplicas,
} from './replica-set-plan.ts';

/** Deployments: one ReplicaSet per template, moved from one to the next as the strategy allows. */
export function deploymentController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const deploymentInformer = informers.of(deployments);
  const setInformer = informers.of(replicaSets);
  const podInformer = informers.of(pods);
  podInformer.addIndex('controller', byController);

  async function reconcile(key: string): Promise<Result> {
    const deployment = deploymentInformer.store.get(key);
    if (deployment === undefined) return done;
    const selectorObject = deployment.spec.selector as LabelSelectorObject;
    if (semanticEqual(selectorObject, {})) {
      context.events.record(
        deployment,
        'Warning',
        'SelectingAll',
        'This deployment is selecting all pods. A non-empty selector is required.',
      );
      return done;
    }
    const sets = await claimChildren(
      cluster,
      deployments,
      deployment,
      replicaSets,
      labelSelectorFromObject(selectorObject),
      setInformer.store.indexed('namespace', deployment.metadata.namespace ?? ''),
    );
    if (deployment.metadata.deletionTimestamp != null) {
      const { newSet, old } = split(deployment, sets);
      return writeStatus(deployment, countStatus(deployment, newSet, old, context.now()));
    }
    const current = await notePaused(deployment);
    if (current.spec.paused === true || isScalingEvent(current, sets)) {
      return syncScale(current, sets);
    }
    return current.spec.strategy?.type === 'Recreate'
      ? recreate(current, sets)
      : roll(current, sets);
  }

  /** Paused time must not count against the progress deadline. */
  async function notePaused(deployment: KubeObject): Promise<KubeObject> {
    const reason = conditionOf(deployment, 'Progressing')?.reason;
    if (!hasDeadline(deployment) || reason === 'ProgressDeadlineExceeded') return deployment;
    const paused = deployment.spec.paused === true;
    if (paused === (reason === 'DeploymentPaused')) return deployment;
    const conditions = withProgress(
      deployment.status?.conditions,
      'Unknown',
      paused ? 'DeploymentPaused' : 'DeploymentResumed',
      paused ? 'Deployment is paused' : 'Deployment is resumed',
      context.now(),
    );
    const status = { ...deployment.status, conditions };
    return cluster.update(deployments, { ...deployment, status }, 'status');
  }

  async function syncScale(deployment: KubeObject, sets: KubeObject[]): Promise<Result> {
    const { newSet, old } = split(deployment, sets);
    const sized = await scaleAll(deployment, sets, scaleProportionally(deployment, newSet, old));
    if (deployment.spec.paused === true) {
      await removeReplicaSets(context, beyondHistory(deployment, old));
    }
    const after = split(deployment, sized);
    return writeStatus(deployment, countStatus(deployment, after.newSet, after.old, context.now()));
  }

  async function roll(given: KubeObject, sets: KubeObject[]): Promise<Result> {
    const ensured = await ensureNewReplicaSet(context, given, sets);
    const { deployment } = ensured;
    let { all } = ensured;
    const { newSet, old } = split(deployment, all);
    if (newSet === undefined) throw new Error('the new ReplicaSet is not there yet');
    const size = newReplicaSetSize(deployment, all, specReplicas(newSet));
    const grow = size === specReplicas(newSet) ? [] : [{ replicaSet: newSet, to: size }];
    // One direction at a time, as upstream: growing is seen before anything shrinks.
    const scales = grow.length > 0 ? grow : shrinkOld(deployment, newSet, old);
    if (scales.length > 0) all = await scaleAll(deployment, all, scales);
    return finish(deployment, all);
  }

  async function recreate(given: KubeObject, sets: KubeObject[]): Promise<Result> {
    const before = split(given, sets);
    const shrink = before.old
      .filter((rs) => specReplicas(rs) > 0)
      .map((replicaSet) => ({ replicaSet, to: 0 }));
    if (shrink.length > 0) return finish(given, await scaleAll(given, sets, shrink));
    if (oldPodsRun(before.old)) return finish(given, sets);
    const { deployment, all } = await ensureNewReplicaSet(context, given, sets);
    const { newSet } = split(deployment, all);
    const replicas = specReplicas(deployment);
    if (newSet === undefined || specReplicas(newSet) === replicas) return finish(deployment, all);
    const grown = await scaleAll(deployment, all, [{ replicaSet: newSet, to: replicas }]);
    return finish(deployment, grown);
  }

  function oldPodsRun(old: readonly KubeObject[]): boolean {
    return old.some((rs) =>
      podInformer.store
        .indexed('controller', rs.metadata.uid ?? '')
        .some((pod) => !isFinished(pod)),
    );
  }

  async function finish(deployment: KubeObject, sets: KubeObject[]): Promise<Result> {
    const { newSet, old } = split(deployment, sets);
    const status = rolloutStatus(deployment, newSet, old, context.now());
    const complete =
      status.updatedReplicas === specReplicas(deployment) &&
      status.replicas === specReplicas(deployment) &&
      status.availableReplicas === specReplicas(deployment);
    if (complete) await removeReplicaSets(context, beyondHistory(deployment, old));
    return writeStatus(deployment, status);
  }

  async function scaleAll(
    deployment: KubeObject,
    sets: KubeObject[],
    scales: readonly { replicaSet: KubeObject; to: number }[],
  ): Promise<KubeObject[]> {
    const result = new Map(sets.map((rs) => [rs.metadata.uid, rs]));
    for (const { replicaSet, to } of scales) {
      const scaled = await scaleReplicaSet(context, deployment, replicaSet, to);
      result.set(replicaSet.metadata.uid, scaled);
    }
    return [...result.values()];
  }

  async function writeStatus(
    deployment: KubeObject,
    status: Record<string, unknown>,
  ): Promise<Result> {
    let current = deployment;
    if (!semanticEqual(significant(deployment.status), significant(status))) {
      current = await cluster.update(deployments, { ...deployment, status }, 'status');
    }
    const ms = deadlineIn(current, context.now());
    return ms === undefined ? done : requeueAfter(ms);
  }

  const loop = createLoop(context, 'deployment', reconcile);
  enqueue(deploymentInformer, loop, (o) => [keyOf(o)]);
  enqueue(setInformer, loop, (rs) => {
    const owner = controllerOf(rs);
    if (owner !== undefined) {
      return owner.kind === 'Deployment' ? [keyFor(rs.metadata.namespace, owner.name)] : [];
    }
    return deploymentInformer.store
      .indexed('namespace', rs.metadata.namespace ?? '')
      .map((d) => keyOf(d));
  });
  // Recreate waits for the last old pod to go.
  podInformer.on(({ type, object }) => {
    if (type !== 'deleted') return;
    const owner = controllerOf(object);
    if (owner?.kind !== 'ReplicaSet') return;
    const rs = setInformer.store.get(keyFor(object.metadata.namespace, owner.name));
    const parent = rs === undefined ? undefined : controllerOf(rs);
    if (parent?.kind === 'Deployment') loop.add(keyFor(object.metadata.namespace, parent.name));
  });
  return { name: 'deployment', loops: [loop] };
}

function split(
  deployment: KubeObject,
  sets: readonly KubeObject[],
): { newSet: KubeObject | undefined; old: KubeObject[] } {
  const newSet = findNew(deployment, sets);
  return { newSet, old: sets.filter((rs) => rs.metadata.uid !== newSet?.metadata.uid) };
}

/** Zero and absent are the same in a status (omitempty). */
function significant(status: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(status ?? {}).filter(([, v]) => v !== 0));
}
