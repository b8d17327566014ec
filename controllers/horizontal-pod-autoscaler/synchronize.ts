import { semanticEqual } from '../../object/equal.ts';
import { type KubeObject, parseApiVersion } from '../../object/object.ts';
import type { Informer } from '../../reconciler/informer.ts';
import { keyOf } from '../../reconciler/store.ts';
import type { ControllerContext } from '../context.ts';
import { horizontalPodAutoscalers } from '../resources.ts';
import type { AutoscalerSpec, Behavior, ScalingRules } from './autoscaler.ts';
import { decide, decideByBehavior, noteScaling, type Wish } from './behavior.ts';
import { type History, newHistory } from './history.ts';
import { askMetrics, NoReplicas } from './metrics.ts';
import { actionOf, noteDesired, noteReconciliation, type Outcome } from './monitor.ts';
import type { Scale, ScaleTargets } from './scale-target.ts';
import type { SelectorTable } from './selector-table.ts';
import {
  type AutoscalerCondition,
  type AutoscalerStatus,
  type MetricStatus,
  withCondition,
  withCounts,
} from './status.ts';

/** What all autoscalers share. */
export interface Shared {
  context: ControllerContext;
  targets: ScaleTargets;
  selectors: SelectorTable;
  histories: Map<string, History>;
  podInformer: Informer;
}

/** One look at one autoscaler. @throws Error with what kept it from its work, after it was told */
export async function synchronize(shared: Shared, autoscaler: KubeObject): Promise<void> {
  const sync = new Synchronization(shared, autoscaler);
  const outcome: Outcome = { action: 'none', error: 'none', beganMs: performance.now() };
  try {
    await sync.run();
  } catch (error) {
    const { apiVersion = '' } = sync.spec.scaleTargetRef;
    outcome.error = parseApiVersion(apiVersion) === undefined ? 'spec' : 'internal';
    throw error;
  } finally {
    noteReconciliation({ ...outcome, action: sync.action });
  }
}

/** What is to be, and why. */
interface Plan {
  replicas: number;
  reason: string;
  metrics: MetricStatus[] | null;
  /** What went wrong though something could be planned. */
  failure?: Error;
}

export class Synchronization {
  readonly shared: Shared;
  readonly autoscaler: KubeObject;
  readonly spec: AutoscalerSpec;
  readonly now: Date;
  /** What was done to the target. */
  action: Outcome['action'] = 'none';
  #status: AutoscalerStatus;

  constructor(shared: Shared, autoscaler: KubeObject) {
    this.shared = shared;
    this.autoscaler = autoscaler;
    this.spec = autoscaler.spec;
    this.now = shared.context.now();
    this.#status = { desiredReplicas: 0, currentMetrics: null, ...autoscaler.status };
  }

  async run(): Promise<void> {
    const { targets } = this.shared;
    let scale: Scale;
    try {
      scale = await targets.get(this.autoscaler.metadata.namespace ?? '', this.spec.scaleTargetRef);
    } catch (error) {
      const { message } = error as Error;
      this.warn('FailedGetScale', message);
      this.#able(false, 'FailedGetScale', `${unableTo.get}: ${message}`);
      await this.#write().catch(() => {});
      throw error;
    }
    this.#able(
      true,
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    );
    const current: number = scale.object.spec?.replicas ?? 0;
    const plan = await this.#plan(scale, current);
    const rescaled = plan.replicas !== current;
    if (rescaled) await this.#rescale(scale, current, plan);
    this.#count(current, plan.replicas, plan.metrics, rescaled);
    const { namespace = '', name = '' } = this.autoscaler.metadata;
    noteDesired(namespace, name, plan.replicas);
    await this.#write();
    if (plan.failure !== undefined) throw plan.failure;
  }

  warn(reason: string, message: string): void {
    this.shared.context.events.record(this.autoscaler, 'Warning', reason, message);
  }

  set(type: string, status: boolean, reason: string, message: string): void {
    const condition: AutoscalerCondition = {
      type,
      status: status ? 'True' : 'False',
      reason,
      message,
    };
    this.#status = withCondition(this.#status, condition, this.now);
  }

  #able(status: boolean, reason: string, message: string): void {
    this.set('AbleToScale', status, reason, message);
  }

  #count(
    current: number,
    desired: number,
    metrics: MetricStatus[] | null,
    rescaled: boolean,
  ): void {
    const scaledAt = rescaled ? { scaledAt: this.now } : {};
    this.#status = withCounts(this.#status, { current, desired, metrics, ...scaledAt });
  }

  #history(current: number): History {
    const { histories } = this.shared;
    const key = keyOf(this.autoscaler);
    const history = histories.get(key) ?? newHistory(current, this.now.getTime());
    histories.set(key, history);
    return history;
  }

  async #plan(scale: Scale, current: number): Promise<Plan> {
    const history = this.#history(current);
    const { maxReplicas: max } = this.spec;
    const min = this.spec.minReplicas ?? 1;
    const plain = (replicas: number, reason: string) => ({ replicas, reason, metrics: null });
    if (current === 0 && min !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      this.set('ScalingActive', false, 'ScalingDisabled', message);
      return plain(0, '');
    }
    if (current > max) return plain(max, 'Current number of replicas above Spec.MaxReplicas');
    if (current < min) return plain(min, 'Current number of replicas below Spec.MinReplicas');
    try {
      const { replicas, metric, statuses, failure } = await askMetrics(this, scale);
      // none asks for less than nothing
      const desired = Math.max(0, replicas);
      const wish = { current, desired, min, max, nowMs: this.now.getTime() };
      const reason =
        desired > current
          ? `${metric} above target`
          : desired < current
            ? 'All metrics below target'
            : '';
      const plan = { replicas: this.#decide(wish, history), reason, metrics: statuses };
      return failure === undefined ? plan : { ...plan, failure };
    } catch (error) {
      if (!(error instanceof NoReplicas)) throw error;
      this.#count(current, this.#status.desiredReplicas, error.statuses, false);
      await this.#write().catch(() => {});
      this.warn('FailedComputeMetricsReplicas', error.message);
      throw error;
    }
  }

  #decide(wish: Wish, history: History): number {
    const behavior = this.#behavior();
    const { downscaleStabilizationMs } = this.shared.context.settings.autoscaler;
    const decision =
      behavior === undefined
        ? decide(wish, history, downscaleStabilizationMs)
        : decideByBehavior(wish, history, behavior);
    const { replicas, able, limited } = decision;
    this.#able(true, able.reason, able.message);
    this.set('ScalingLimited', limited.status, limited.reason, limited.message);
    return replicas;
  }

  /** The API fills in all of it but the window for scaling down, which is a flag's. */
  #behavior(): Required<Behavior> | undefined {
    const { behavior } = this.spec;
    if (behavior == null) return undefined;
    const { downscaleStabilizationMs } = this.shared.context.settings.autoscaler;
    const { scaleUp = {}, scaleDown = {} } = behavior;
    const window = Math.trunc(downscaleStabilizationMs / 1000);
    const down: ScalingRules = { ...scaleDown };
    down.stabilizationWindowSeconds ??= window;
    return { scaleUp, scaleDown: down };
  }

  async #rescale(scale: Scale, current: number, plan: Plan): Promise<void> {
    const { replicas, reason, metrics } = plan;
    const news = `New size: ${replicas}; reason: ${reason}`;
    try {
      await this.shared.targets.put(scale, replicas);
    } catch (error) {
      const { message } = error as Error;
      this.warn('FailedRescale', `${news}; error: ${message}`);
      this.#able(false, 'FailedUpdateScale', `${unableTo.put}: ${message}`);
      this.#count(current, this.#status.desiredReplicas, metrics, false);
      await this.#write().catch(() => {});
      throw error;
    }
    this.action = actionOf(current, replicas);
    const done = `the HPA controller was able to update the target scale to ${replicas}`;
    this.#able(true, 'SucceededRescale', done);
    this.shared.context.events.record(this.autoscaler, 'Normal', 'SuccessfulRescale', news);
    const behavior = this.#behavior();
    if (behavior !== undefined) {
      const change = { from: current, to: replicas, nowMs: this.now.getTime() };
      noteScaling(this.#history(current), behavior, change);
    }
  }

  /** Nothing where nothing changed. */
  async #write(): Promise<void> {
    if (semanticEqual(this.#status, this.autoscaler.status)) return;
    try {
      const next = { ...this.autoscaler, status: this.#status };
      await this.shared.context.cluster.update(horizontalPodAutoscalers, next, 'status');
    } catch (error) {
      this.warn('FailedUpdateStatus', (error as Error).message);
      throw error;
    }
  }
}

const unableTo = {
  get: "the HPA controller was unable to get the target's current scale",
  put: 'the HPA controller was unable to update the target scale',
};
