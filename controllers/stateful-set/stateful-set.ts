import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { labelSelectorFromObject } from '../../object/selector.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { byController, byNamespace, keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isNamespaceTerminating } from '../context.ts';
import { claimChildren, controllerOf } from '../owner.ts';
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from '../resources.ts';
import { ensureRevision, templateOf, truncateRevisions } from '../revision-history.ts';
import { claimPolicy } from './claim-policy.ts';
import { claimsOf, ordinalOf, ordinalPod, withIdentity } from './ordinal-pod.ts';
import { type Action, planStatefulSet, statefulSetStatus } from './stateful-set-plan.ts';

/** StatefulSets: pods with a name, a place in a row and volumes of their own. */
export function statefulSetController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const setInformer = informers.of(statefulSets);
  const podInformer = informers.of(pods);
  const claimInformer = informers.of(persistentVolumeClaims);
  const revisionInformer = informers.of(controllerRevisions);
  podInformer.addIndex('controller', byController);
  podInformer.addIndex('orphan', (o) => (controllerOf(o) === undefined ? byNamespace(o) : []));
  revisionInformer.addIndex('controller', byController);
  const policy = claimPolicy(context);

  async function reconcile(key: string): Promise<Result> {
    const set = setInformer.store.get(key);
    if (set === undefined) return done;
    const { namespace = '', uid = '' } = set.metadata;
    const candidates = [
      ...podInformer.store.indexed('controller', uid),
      ...podInformer.store.indexed('orphan', namespace).filter((pod) => ordinalOf(set, pod) >= 0),
    ];
    const selector = labelSelectorFromObject(set.spec.selector);
    const owned = await claimChildren(cluster, statefulSets, set, pods, selector, candidates);
    if (set.metadata.deletionTimestamp != null) return done;
    const known = revisionInformer.store.indexed('controller', uid);
    const revisions = await ensureRevision(context, statefulSets, set, known);
    const update = revisions.update.metadata.name ?? '';
    const current =
      revisions.all.find((r) => r.metadata.name === set.status?.currentRevision) ??
      revisions.update;
    const names = { current: current.metadata.name ?? '', update };
    const plan = planStatefulSet(set, owned, names, context.now());
    let failure: Error | undefined;
    try {
      await policy.apply(set, owned, plan.condemned);
      for (const action of plan.actions) await act(set, action, current, revisions.update);
    } catch (error) {
      failure = error as Error;
    }
    const fresh = podInformer.store.indexed('controller', uid);
    const status = statefulSetStatus(set, fresh, names, revisions.collisionCount, context.now());
    await writeStatus(set, status);
    if (failure !== undefined) {
      if (isNamespaceTerminating(failure)) return done;
      throw failure;
    }
    const live = new Set([
      names.current,
      names.update,
      ...fresh.map((pod) => pod.metadata.labels?.['controller-revision-hash'] ?? ''),
    ]);
    await truncateRevisions(context, revisions.all, live, set.spec.revisionHistoryLimit ?? 10);
    return plan.waitMs === undefined ? done : requeueAfter(plan.waitMs + 1);
  }

  async function act(
    set: KubeObject,
    action: Action,
    current: KubeObject,
    update: KubeObject,
  ): Promise<void> {
    switch (action.kind) {
      case 'create': {
        const revision = action.revision === 'current' ? current : update;
        await create(set, revision, action.ordinal);
        return;
      }
      case 'delete': {
        const { namespace = '', name = '', uid = '' } = action.pod.metadata;
        if (action.why === 'failed') {
          const message = `StatefulSet ${set.metadata.namespace}/${set.metadata.name} is recreating failed Pod ${name}`;
          context.events.record(set, 'Warning', 'RecreatingFailedPod', message);
        }
        await cluster.delete(pods, namespace, name, { uid });
        note(
          set,
          'SuccessfulDelete',
          `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`,
        );
        return;
      }
      case 'repair':
        await createClaims(set, action.ordinal);
        await cluster.update(pods, withIdentity(set, action.pod, action.ordinal));
        return;
    }
  }

  async function create(set: KubeObject, revision: KubeObject, ordinal: number): Promise<void> {
    await createClaims(set, ordinal);
    const name = revision.metadata.name ?? '';
    const pod = ordinalPod(set, templateOf(revision), name, ordinal);
    try {
      await cluster.create(pods, pod);
    } catch (error) {
      const message = `create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`;
      if (!isNamespaceTerminating(error))
        context.events.record(set, 'Warning', 'FailedCreate', message);
      throw error;
    }
    note(
      set,
      'SuccessfulCreate',
      `create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`,
    );
  }

  async function createClaims(set: KubeObject, ordinal: number): Promise<void> {
    for (const claim of claimsOf(set, ordinal)) {
      const existing = claimInformer.store.get(keyOf(claim));
      if (existing?.metadata.deletionTimestamp != null) {
        throw new Error(`pvc ${existing.metadata.name} is being deleted`);
      }
      if (existing !== undefined) continue;
      await cluster.create(persistentVolumeClaims, claim);
      note(
        set,
        'SuccessfulCreate',
        `create Claim ${claim.metadata.name} Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name} success`,
      );
    }
  }

  function note(set: KubeObject, reason: string, message: string): void {
    context.events.record(set, 'Normal', reason, message);
  }

  async function writeStatus(set: KubeObject, status: Record<string, unknown>): Promise<void> {
    const zeros = {
      readyReplicas: 0,
      availableReplicas: 0,
      currentReplicas: 0,
      updatedReplicas: 0,
      collisionCount: 0,
    };
    if (set.status !== undefined && semanticEqual({ ...zeros, ...set.status }, status)) return;
    await cluster.update(statefulSets, { ...set, status }, 'status');
  }

  const loop = createLoop(context, 'statefulset', reconcile);
  enqueue(setInformer, loop, (o) => [keyOf(o)]);
  enqueue(podInformer, loop, (pod) => {
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      return owner.kind === 'StatefulSet' ? [keyFor(pod.metadata.namespace, owner.name)] : [];
    }
    return setInformer.store.indexed('namespace', pod.metadata.namespace ?? '').map(keyOf);
  });
  return { name: 'statefulset', loops: [loop] };
}
