import type { KubeObject } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { conditionOf } from '../pod.ts';
import { jobs } from '../resources.ts';

/** When a finished Job with a TTL is to go, ms since 1970; undefined: never. Pure. */
export function expiryOf(job: KubeObject): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  if (seconds == null) return undefined;
  const finished = ['Complete', 'Failed']
    .map((type) => conditionOf(job, type))
    .find((c) => c?.status === 'True');
  const at = Date.parse(finished?.lastTransitionTime ?? '');
  return Number.isNaN(at) ? undefined : at + seconds * 1000;
}

/** Deletes finished Jobs after `ttlSecondsAfterFinished`. */
export function ttlAfterFinishedController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(jobs);

  async function reconcile(key: string): Promise<Result> {
    const job = informer.store.get(key);
    if (job === undefined || job.metadata.deletionTimestamp != null) return done;
    const at = expiryOf(job);
    if (at === undefined) return done;
    const left = at - context.now().getTime();
    if (left > 0) return requeueAfter(left);
    const { namespace = '', name = '', uid = '' } = job.metadata;
    // The TTL may just have been raised: only the server knows for certain.
    const fresh = await cluster.get(jobs, namespace, name);
    if (
      fresh?.metadata.uid !== uid ||
      (expiryOf(fresh) ?? Number.POSITIVE_INFINITY) > context.now().getTime()
    ) {
      return done;
    }
    await cluster.delete(jobs, namespace, name, { uid, propagationPolicy: 'Foreground' });
    return done;
  }

  const loop = createLoop(context, 'ttl-after-finished', reconcile);
  enqueue(informer, loop, (o) => [keyOf(o)]);
  return { name: 'ttl-after-finished', loops: [loop] };
}
