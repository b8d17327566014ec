import { semanticEqual } from '../../object/equal.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import { labelSelectorFromObject } from '../../object/selector.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { byController, byNamespace, keyFor, keyOf } from '../../reconciler/store.ts';
import { eachInTurn, slowStart } from '../batch.ts';
import {
  type ControllerContext,
  createLoop,
  enqueue,
  isCode,
  isNamespaceTerminating,
} from '../context.ts';
import { claimChildren, controllerOf } from '../owner.ts';
import { type Condition, isReady, setCondition } from '../pod.ts';
import { jobs, pods } from '../resources.ts';
import { tally, tallyStatus, type Tally } from './job-accounting.ts';
import {
  deadlineIn,
  type Ending,
  endingOf,
  finishedCondition,
  planPods,
  terminating,
} from './job-plan.ts';
import { isJobActive, isTracked, jobPod, trackingFinalizer, type WantedPod } from './job-pods.ts';
import { strayPodLoop } from './stray-pods.ts';

/** Of failing Jobs, as upstream's: what a quota gives back is taken within a minute. */
const backoff = { baseMs: 1_000, maxMs: 60_000 };

const trackedPods = { ...pods, finalizer: trackingFinalizer };

/** Jobs: pods until enough of them succeeded. Jobs managed by somebody else are left alone. */
export function jobController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const jobInformer = informers.of(jobs);
  const podInformer = informers.of(pods);
  podInformer.addIndex('controller', byController);
  podInformer.addIndex('orphan', (o) => (controllerOf(o) === undefined ? byNamespace(o) : []));

  async function reconcile(key: string): Promise<Result> {
    const job = jobInformer.store.get(key);
    if (job === undefined) return done;
    const manager = job.spec.managedBy;
    if (manager != null && manager !== 'kubernetes.io/job-controller') return done;
    const { namespace = '', uid = '' } = job.metadata;
    const candidates = [
      ...podInformer.store.indexed('controller', uid),
      ...podInformer.store.indexed('orphan', namespace),
    ];
    const selector = labelSelectorFromObject(job.spec.selector);
    const owned = await claimChildren(cluster, jobs, job, trackedPods, selector, candidates);
    if (finishedCondition(job) !== undefined) {
      await eachInTurn(owned.filter(isTracked), release);
      return done;
    }
    return sync(job, owned);
  }

  async function sync(job: KubeObject, owned: KubeObject[]): Promise<Result> {
    const now = context.now();
    const deleting = job.metadata.deletionTimestamp != null;
    let counted = tally(job, owned, deleting);
    const started = withStart(job, now);
    const ending = endingOf(started, owned, counted, now);
    if (ending !== undefined) counted = tally(job, owned, true);
    // What finished, and how the Job is to end, is noted before anything is released or deleted, so
    // that a crash between loses nothing.
    const current = await writeStatus(job, {
      ...started.status,
      ...tallyStatus(job, counted),
      ...(ending === undefined
        ? {}
        : { conditions: endingConditions(started, ending, false, now) }),
    });
    let failure: Error | undefined;
    let waitMs = 0;
    if (ending !== undefined) failure = await removeAll(job, owned.filter(isJobActive), false);
    else if (!deleting) {
      const plan = planPods(started, owned, counted, now);
      waitMs = plan.waitMs;
      // Pods we take away ourselves are no failures: their finalizer goes first.
      failure = await removeAll(job, plan.remove, true);
      failure ??= await createPods(job, plan.create);
    }
    await eachInTurn(counted.release, release);
    const fresh = podInformer.store.indexed('controller', job.metadata.uid ?? '');
    await settle(current, fresh, ending, now);
    if (failure !== undefined) {
      if (isNamespaceTerminating(failure)) return done;
      throw failure;
    }
    const deadline = deadlineIn(current, now);
    const next = [waitMs, deadline ?? 0].filter((ms) => ms > 0);
    return next.length === 0 ? done : requeueAfter(Math.min(...next) + 1);
  }

  /** Counts what was just released and says how things stand. */
  async function settle(
    job: KubeObject,
    owned: KubeObject[],
    ending: Ending | undefined,
    now: Date,
  ): Promise<void> {
    const counted = tally(
      job,
      owned,
      ending !== undefined || job.metadata.deletionTimestamp != null,
    );
    const active = owned.filter(isJobActive);
    const leaving = terminating(owned);
    const status: Record<string, unknown> = {
      ...job.status,
      ...tallyStatus(job, counted),
      active: active.length,
      ready: active.filter(isReady).length,
      terminating: leaving.length,
    };
    if (ending !== undefined) {
      const over = active.length === 0 && leaving.length === 0 && isCounted(counted);
      status.conditions = endingConditions(job, ending, over, now);
      if (over && ending.type === 'Complete') status.completionTime = timestamp(now);
      if (over) note(job, ending);
    }
    await writeStatus(job, status);
  }

  function note(job: KubeObject, { type, reason, message }: Ending): void {
    if (type === 'Complete') context.events.record(job, 'Normal', 'Completed', 'Job completed');
    else context.events.record(job, 'Warning', reason, message);
  }

  function withStart(job: KubeObject, now: Date): KubeObject {
    const suspended = job.spec.suspend === true;
    const before: Condition[] | undefined = job.status?.conditions;
    const was = before?.find((c) => c.type === 'Suspended')?.status === 'True';
    let conditions: readonly Condition[] | undefined = before;
    if (suspended !== was && (suspended || before !== undefined)) {
      conditions = setCondition(
        before,
        suspended
          ? { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
          : { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' },
        timestamp(now),
      );
      const reason = suspended ? 'Suspended' : 'Resumed';
      context.events.record(job, 'Normal', reason, suspended ? 'Job suspended' : 'Job resumed');
    }
    const { startTime, ...rest } = job.status ?? {};
    const start = suspended ? undefined : (startTime ?? timestamp(now));
    return {
      ...job,
      status: {
        ...rest,
        ...(start === undefined ? {} : { startTime: start }),
        ...(conditions === undefined ? {} : { conditions }),
      },
    };
  }

  async function createPods(
    job: KubeObject,
    wanted: readonly WantedPod[],
  ): Promise<Error | undefined> {
    const none: WantedPod = { index: undefined, counted: 0, ignored: 0 };
    const { error } = await slowStart(wanted.length, async (i) => {
      const pod = await cluster.create(pods, jobPod(job, wanted[i] ?? none));
      context.events.record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    });
    if (error !== undefined && !isNamespaceTerminating(error)) {
      context.events.record(job, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    }
    return error;
  }

  async function removeAll(
    job: KubeObject,
    list: readonly KubeObject[],
    uncount: boolean,
  ): Promise<Error | undefined> {
    try {
      await eachInTurn(list, async (pod) => {
        if (uncount) await release(pod);
        const { namespace = '', name = '', uid = '' } = pod.metadata;
        await cluster.delete(pods, namespace, name, { uid });
        context.events.record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      });
      return undefined;
    } catch (error) {
      const failure = error as Error;
      context.events.record(job, 'Warning', 'FailedDelete', `Error deleting: ${failure.message}`);
      return failure;
    }
  }

  async function release(pod: KubeObject): Promise<void> {
    if (!isTracked(pod)) return;
    const { namespace = '', name = '', uid } = pod.metadata;
    const finalizers = (pod.metadata.finalizers ?? []).filter((f) => f !== trackingFinalizer);
    try {
      await cluster.patch(pods, { namespace, name }, 'merge', { metadata: { uid, finalizers } });
    } catch (error) {
      if (!isCode(error, 404)) throw error;
    }
  }

  async function writeStatus(
    job: KubeObject,
    status: Record<string, unknown>,
  ): Promise<KubeObject> {
    if (semanticEqual(withoutZeros(job.status), withoutZeros(status))) return job;
    return cluster.update(jobs, { ...job, status }, 'status');
  }

  const strays = strayPodLoop(context, release);
  const loop = createLoop(context, 'job', reconcile, backoff);
  enqueue(jobInformer, loop, (o) => [keyOf(o)]);
  enqueue(podInformer, loop, (pod) => {
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      return owner.kind === 'Job' ? [keyFor(pod.metadata.namespace, owner.name)] : [];
    }
    return jobInformer.store.indexed('namespace', pod.metadata.namespace ?? '').map(keyOf);
  });
  return { name: 'job', loops: [loop, strays] };
}

function isCounted({ uncounted }: Tally): boolean {
  return uncounted.succeeded.size === 0 && uncounted.failed.size === 0;
}

function endingConditions(
  job: KubeObject,
  { type, reason, message }: Ending,
  over: boolean,
  now: Date,
): readonly Condition[] {
  const interim = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const condition = (name: string): Condition => ({
    type: name,
    status: 'True',
    reason,
    message,
    lastProbeTime: timestamp(now),
  });
  const known: Condition[] = job.status?.conditions ?? [];
  const has = (name: string) => known.some((c) => c.type === name && c.status === 'True');
  let conditions: readonly Condition[] = known;
  if (!has(interim)) conditions = setCondition(conditions, condition(interim), timestamp(now));
  if (over) conditions = setCondition(conditions, condition(type), timestamp(now));
  return conditions;
}

function withoutZeros(status: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(status ?? {}).filter(([, v]) => v !== 0 && v !== ''));
}
