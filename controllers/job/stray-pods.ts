import type { KubeObject, OwnerReference } from '../../object/object.ts';
import type { Loop } from '../../reconciler/loop.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop } from '../context.ts';
import { controllerOf } from '../owner.ts';
import { jobs, pods } from '../resources.ts';
import { finishedCondition } from './job-plan.ts';
import { isTracked } from './job-pods.ts';

/**
 * Pods whose Job is gone or has ended, or that have none: nobody counts them any more, so they must
 * not wait for that with the finalizer, or they would never go.
 */
export function strayPodLoop(
  context: ControllerContext,
  release: (pod: KubeObject) => Promise<void>,
): Loop {
  const jobInformer = context.informers.of(jobs);
  const podInformer = context.informers.of(pods);

  async function reconcile(key: string): Promise<Result> {
    const pod = podInformer.store.get(key);
    if (pod === undefined || !isTracked(pod)) return done;
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      if (!isJob(owner)) return done;
      const job = jobOf(pod, owner);
      const manager = job?.spec.managedBy;
      if (manager != null && manager !== 'kubernetes.io/job-controller') return done;
      if (job !== undefined && finishedCondition(job) === undefined) return done;
    }
    await release(pod);
    return done;
  }

  function jobOf(pod: KubeObject, owner: OwnerReference): KubeObject | undefined {
    const job = jobInformer.store.get(keyFor(pod.metadata.namespace, owner.name));
    return job?.metadata.uid === owner.uid ? job : undefined;
  }

  const loop = createLoop(context, 'job-stray-pods', reconcile);
  podInformer.on(({ type, object }) => {
    if (type === 'deleted' || !isTracked(object)) return;
    const owner = controllerOf(object);
    if (owner === undefined || (isJob(owner) && jobOf(object, owner) === undefined)) {
      loop.add(keyOf(object));
    }
  });
  jobInformer.on(({ type, object }) => {
    if (type !== 'deleted') return;
    for (const pod of podInformer.store.indexed('controller', object.metadata.uid ?? '')) {
      loop.add(keyOf(pod));
    }
  });
  return loop;
}

const isJob = ({ apiVersion, kind }: OwnerReference): boolean =>
  kind === 'Job' && apiVersion === 'batch/v1';
