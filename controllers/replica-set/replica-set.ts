import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import {
  type LabelSelector,
  labelSelectorFromMap,
  labelSelectorFromObject,
} from '../../object/selector.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, retry, type Result } from '../../reconciler/result.ts';
import { byController, byNamespace, keyFor, keyOf } from '../../reconciler/store.ts';
import { slowStart } from '../batch.ts';
import { type ControllerContext, createLoop, enqueue, isNamespaceTerminating } from '../context.ts';
import { claimChildren, controllerOf } from '../owner.ts';
import { isActive, isFinished, podFromTemplate } from '../pod.ts';
import { pods, replicaSets, replicationControllers } from '../resources.ts';
import { deletionOrder } from './pod-ranking.ts';
import { countPods, replicaSetStatus } from './replica-set-status.ts';

/** At most so many pods are created or deleted in one pass (upstream's BurstReplicas). */
const burst = 500;

export function replicaSetController(context: ControllerContext): Controller {
  return podSetController(context, 'replicaset', replicaSets, (o) =>
    labelSelectorFromObject(o.spec.selector),
  );
}

/** ReplicationControllers are ReplicaSets with a plain map as selector. */
export function replicationController(context: ControllerContext): Controller {
  return podSetController(context, 'replicationcontroller', replicationControllers, (o) =>
    labelSelectorFromMap(o.spec.selector ?? {}),
  );
}

function podSetController(
  context: ControllerContext,
  name: string,
  ref: ResourceRef,
  selectorOf: (object: KubeObject) => LabelSelector,
): Controller {
  const { cluster, informers } = context;
  const setInformer = informers.of(ref);
  const podInformer = informers.of(pods);
  podInformer.addIndex('controller', byController);
  podInformer.addIndex('orphan', (o) => (controllerOf(o) === undefined ? byNamespace(o) : []));
  setInformer.addIndex('controller', byController);

  async function reconcile(key: string): Promise<Result> {
    const object = setInformer.store.get(key);
    if (object === undefined) return done;
    const { namespace = '', uid = '' } = object.metadata;
    const candidates = [
      ...podInformer.store.indexed('controller', uid),
      ...podInformer.store.indexed('orphan', namespace),
    ].filter((pod) => !isFinished(pod));
    const selector = selectorOf(object);
    const owned = await claimChildren(cluster, ref, object, pods, selector, candidates);
    const active = owned.filter(isActive);
    let failure: { creating: boolean; error: Error } | undefined;
    if (object.metadata.deletionTimestamp == null) {
      const difference = (object.spec.replicas ?? 1) - active.length;
      const error =
        difference > 0
          ? await createPods(object, difference)
          : await deletePods(object, active, -difference);
      if (error !== undefined) failure = { creating: difference > 0, error };
    }
    const fresh = podInformer.store.indexed('controller', uid);
    const { counts, waitMs } = countPods(object, fresh.filter(isActive), context.now());
    if (ref === replicaSets) {
      counts.terminatingReplicas = fresh.filter(
        (p) => p.metadata.deletionTimestamp != null && !isFinished(p),
      ).length;
    }
    await writeStatus(object, replicaSetStatus(object, counts, failure, context.now()));
    if (failure !== undefined) {
      return isNamespaceTerminating(failure.error) ? done : retry(failure.error);
    }
    return waitMs === undefined ? done : requeueAfter(waitMs + 1);
  }

  async function createPods(object: KubeObject, count: number): Promise<Error | undefined> {
    const { error } = await slowStart(Math.min(count, burst), async () => {
      const pod = await cluster.create(pods, podFromTemplate(object.spec.template, object, ref));
      const message = `Created pod: ${pod.metadata.name}`;
      context.events.record(object, 'Normal', 'SuccessfulCreate', message);
    });
    if (error !== undefined && !isNamespaceTerminating(error)) {
      context.events.record(object, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    }
    return error;
  }

  async function deletePods(
    object: KubeObject,
    active: readonly KubeObject[],
    count: number,
  ): Promise<Error | undefined> {
    if (count <= 0) return undefined;
    const victims = deletionOrder(active, relatedPods(object), context.now()).slice(
      0,
      Math.min(count, burst),
    );
    const results = await Promise.allSettled(
      victims.map(async (pod) => {
        const { namespace = '', name: podName = '', uid = '' } = pod.metadata;
        await cluster.delete(pods, namespace, podName, { uid });
        const message = `Deleted pod: ${podName}`;
        context.events.record(object, 'Normal', 'SuccessfulDelete', message);
      }),
    );
    const failed = results.find((r) => r.status === 'rejected');
    if (failed === undefined) return undefined;
    const error = failed.reason as Error;
    context.events.record(object, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
    return error;
  }

  /** Active pods of every set with the same owner: a Deployment's old and new pods crowd together. */
  function relatedPods(object: KubeObject): KubeObject[] {
    const owner = controllerOf(object);
    const sets =
      owner === undefined ? [object] : setInformer.store.indexed('controller', owner.uid);
    return sets.flatMap((set) =>
      podInformer.store.indexed('controller', set.metadata.uid ?? '').filter(isActive),
    );
  }

  async function writeStatus(object: KubeObject, status: Record<string, unknown>): Promise<void> {
    const { observedGeneration = 0, ...before } = object.status ?? {};
    const { observedGeneration: next, ...after } = status;
    const zero = { replicas: 0, fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0 };
    const base = ref === replicaSets ? { ...zero, terminatingReplicas: 0 } : zero;
    if (semanticEqual({ ...base, ...before }, after) && observedGeneration === next) return;
    await cluster.update(ref, { ...object, status }, 'status');
  }

  const loop = createLoop(context, name, reconcile);
  enqueue(setInformer, loop, (o) => [keyOf(o)]);
  enqueue(podInformer, loop, (pod) => {
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      return owner.kind === ref.kind ? [keyFor(pod.metadata.namespace, owner.name)] : [];
    }
    return setInformer.store.indexed('namespace', pod.metadata.namespace ?? '').map(keyOf);
  });
  return { name, loops: [loop] };
}
