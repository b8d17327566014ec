import { controlPlanes, type ControlPlaneStatus } from '../../crds/control-plane.ts';
import { deepEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Cluster } from '../../reconciler/cluster.ts';
import type { EventRecorder } from '../../reconciler/events.ts';
import type { Informer } from '../../reconciler/informer.ts';
import type { Logger } from '../../reconciler/log.ts';
import { done, requeueAfter, type Result, retry } from '../../reconciler/result.ts';
import { splitKey } from '../../reconciler/store.ts';
import { applyPlan } from './apply.ts';
import type { Children } from './children.ts';
import { tearDown } from './delete.ts';
import { desire } from './desired.ts';
import { diff, isSettled, type Plan } from './diff.ts';
import { forgetMetrics, reportMetrics } from './metrics.ts';
import { finalizer } from './names.ts';
import { EtcdClients, observe } from './observe.ts';
import type { Images, Picture } from './picture.ts';
import { type Problem, statusOf } from './status.ts';

/** observe -> desired -> diff -> apply -> status, for one ControlPlane at a time. */

export interface ReconcilerOptions {
  cluster: Cluster;
  controlPlanes: Informer;
  children: Children;
  events: EventRecorder;
  log: Logger;
  images: Images;
  now?: () => Date;
}

/** Only etcd tells nobody when it changes: it is asked again while something is under way. */
const activeMs = 500;
const unhealthyMs = 2_000;
const calmMs = 60_000;

/** Refusals that repeat until somebody changes the spec or the operator's rights. */
function problemOf(error: Error): Problem {
  if (error instanceof StatusError) {
    const { code, reason } = error;
    if (code === 409)
      return {
        reason: 'Conflict',
        message: `trying again: ${error.message}`,
        lasting: reason === 'AlreadyExists',
      };
    const lasting = code === 422 || code === 403 || code === 400;
    const message = lasting
      ? `the management cluster refuses a change and will again until it is resolved: ${error.message}`
      : `trying again: ${error.message}`;
    return { reason: lasting ? 'Refused' : 'RequestFailed', message, lasting };
  }
  return { reason: 'RequestFailed', message: `trying again: ${error.message}`, lasting: false };
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}

export class ControlPlaneReconciler {
  readonly #options: ReconcilerOptions;
  readonly #clients = new EtcdClients();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  close(): void {
    this.#clients.close();
  }

  async reconcile(key: string): Promise<Result> {
    const object = this.#options.controlPlanes.store.get(key);
    if (object === undefined) {
      this.#clients.forget(key);
      forgetMetrics(splitKey(key));
      return done;
    }
    if (object.metadata.deletionTimestamp != null) return this.#delete(object, key);
    const now = this.#options.now?.() ?? new Date();
    const { children, images } = this.#options;
    const { picture, etcd } = await observe(object, children, this.#clients, now);
    const plan = diff(picture, desire(picture, images));
    reportMetrics(picture, plan);
    if (picture.controlPlane.spec.suspend) {
      await this.#writeStatus(object, picture, statusOf(picture, plan, undefined));
      return done;
    }
    if (!(await this.#holdFinalizer(object))) return requeueAfter(activeMs);
    // The first status comes before the work: until there is one, tools take silence for success.
    if (object.status === undefined) {
      await this.#writeStatus(object, picture, statusOf(picture, plan, undefined));
    }
    const { events, log } = this.#options;
    let again: boolean;
    try {
      again = await applyPlan(picture, plan, { children, events, log, etcd });
    } catch (cause) {
      return this.#failed(object, picture, plan, asError(cause));
    }
    if (again) return requeueAfter(0);
    const { authorities, leaves, serviceAccount } = plan.verdict;
    // What was missing is there by now: told at the next look, not as a failing that is over.
    if (authorities.length + leaves.length > 0 || serviceAccount) return requeueAfter(activeMs);
    await this.#writeStatus(object, picture, statusOf(picture, plan, undefined));
    return requeueAfter(this.#delay(picture, plan));
  }

  #delay(picture: Picture, plan: Plan): number {
    const { membership, verdict } = plan;
    const renewal = verdict.nextRenewal?.getTime() ?? Number.POSITIVE_INFINITY;
    const untilRenewal = Math.max(1_000, renewal - picture.now.getTime());
    if (membership?.kind === 'settled' && isSettled(plan)) {
      const healthy = picture.etcd.failures.size === 0 && picture.etcd.members !== undefined;
      return Math.min(healthy ? calmMs : unhealthyMs, untilRenewal);
    }
    return membership?.kind === 'stalled' ? unhealthyMs : activeMs;
  }

  async #failed(object: KubeObject, picture: Picture, plan: Plan, error: Error): Promise<Result> {
    const problem = problemOf(error);
    if (problem.reason === 'Conflict' && !problem.lasting) return retry(error);
    await this.#writeStatus(object, picture, statusOf(picture, plan, problem)).catch(() => {});
    if (problem.lasting) {
      this.#options.events.record(object, 'Warning', problem.reason, problem.message);
    }
    return retry(error);
  }

  /** The finalizer is there before anything it must clean up. False: look again. */
  async #holdFinalizer(object: KubeObject): Promise<boolean> {
    const { namespace = '', name = '', resourceVersion, finalizers = [] } = object.metadata;
    if (finalizers.includes(finalizer)) return true;
    const { cluster, controlPlanes: informer } = this.#options;
    const metadata = { finalizers: [...finalizers, finalizer], resourceVersion };
    const patched = await cluster.patch(controlPlanes, { namespace, name }, 'merge', { metadata });
    informer.observe(patched);
    return false;
  }

  async #writeStatus(
    object: KubeObject,
    picture: Picture,
    status: ControlPlaneStatus,
  ): Promise<void> {
    const { cluster, controlPlanes: informer, events } = this.#options;
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const current = informer.store.get(key) ?? object;
    if (deepEqual(current.status, status)) return;
    const written = await cluster.update(controlPlanes, { ...current, status }, 'status');
    informer.observe(written);
    const was = picture.controlPlane.status?.conditions?.find((c) => c.type === 'Ready');
    const is = status.conditions.find((c) => c.type === 'Ready');
    if (
      is !== undefined &&
      was?.status !== is.status &&
      (was !== undefined || is.status === 'True')
    ) {
      const [type, reason] =
        is.status === 'True' ? ['Normal' as const, 'Ready'] : ['Warning' as const, 'NotReady'];
      events.record(object, type, reason, is.message);
    }
  }

  async #delete(object: KubeObject, key: string): Promise<Result> {
    const { cluster, children, controlPlanes: informer, events, log } = this.#options;
    const { namespace = '', name = '', finalizers = [], resourceVersion } = object.metadata;
    this.#clients.forget(key);
    if (!finalizers.includes(finalizer)) return done;
    const now = this.#options.now?.() ?? new Date();
    const { finished, left } = await tearDown(object, children, now);
    if (!finished) return requeueAfter(1_000);
    if (left.length > 0) {
      const message = `gave up waiting for ${left.join(', ')}; remove what is left by hand`;
      events.record(object, 'Warning', 'LeftBehind', message);
      log.warn({ controlPlane: key, left }, 'control plane deleted with leftovers');
    }
    const metadata = { finalizers: finalizers.filter((f) => f !== finalizer), resourceVersion };
    const patched = await cluster.patch(controlPlanes, { namespace, name }, 'merge', { metadata });
    informer.observe(patched);
    forgetMetrics({ namespace, name });
    return done;
  }
}
