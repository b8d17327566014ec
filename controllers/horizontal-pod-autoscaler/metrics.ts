import { type LabelSelector, matches, parseLabelSelector } from '../../object/selector.ts';
import { parseQuantity } from '../../object/quantity.ts';
import { keyOf } from '../../reconciler/store.ts';
import { MetricFailure, propose, type Workload } from './metric.ts';
import { actionOf, noteComputation, type Outcome } from './monitor.ts';
import type { Tolerances } from './replicas.ts';
import type { Scale } from './scale-target.ts';
import type { MetricStatus } from './status.ts';
import type { Synchronization } from './synchronize.ts';

/** What all metrics of an autoscaler come to. */
export interface Asked {
  replicas: number;
  /** The one that asks for the most. */
  metric: string;
  statuses: MetricStatus[];
  /** Of those that could not be had. */
  failure?: Error;
}

/** There is nothing to go by; the condition ScalingActive says why. */
export class NoReplicas extends Error {
  readonly statuses: MetricStatus[] | null;
  constructor(message: string, statuses: MetricStatus[] | null) {
    super(message);
    this.statuses = statuses;
  }
}

/** The most that any metric asks for. @throws NoReplicas */
export async function askMetrics(sync: Synchronization, scale: Scale): Promise<Asked> {
  const workload = workloadOf(sync, scale);
  const specs = sync.spec.metrics ?? [];
  const statuses: MetricStatus[] = [];
  const failures: MetricFailure[] = [];
  let replicas = 0;
  let metric = '';
  const { currentReplicas = 0 } = sync.autoscaler.status ?? {};
  for (const spec of specs) {
    const outcome: Outcome = { action: 'none', error: 'none', beganMs: performance.now() };
    try {
      const proposal = await propose(workload, spec);
      outcome.action = actionOf(currentReplicas, proposal.replicas);
      statuses.push(proposal.status);
      if (replicas !== 0 && proposal.replicas <= replicas) continue;
      replicas = proposal.replicas;
      metric = proposal.name;
    } catch (error) {
      if (!(error instanceof MetricFailure)) throw error;
      statuses.push({ type: '' });
      failures.push(error);
      sync.warn(error.reason, error.why);
      outcome.error = error.reason === 'InvalidMetricSourceType' ? 'spec' : 'internal';
    } finally {
      noteComputation(outcome, spec.type);
    }
  }
  const [first] = failures;
  const invalid = `invalid metrics (${failures.length} invalid out of ${specs.length})`;
  const message = `${invalid}, first error is: ${first?.message}`;
  const all = failures.length >= specs.length;
  // what is not known might have kept it from shrinking
  if (first !== undefined && (all || replicas < workload.specReplicas)) {
    const why = `the HPA was unable to compute the replica count: ${first.why}`;
    sync.set('ScalingActive', false, first.reason, why);
    throw new NoReplicas(message, statuses);
  }
  const found = `the HPA was able to successfully calculate a replica count from ${metric}`;
  sync.set('ScalingActive', true, 'ValidMetricFound', found);
  const asked = { replicas, metric, statuses };
  return first === undefined ? asked : { ...asked, failure: new Error(message) };
}

function workloadOf(sync: Synchronization, { object }: Scale): Workload {
  const { context, podInformer, targets } = sync.shared;
  const { namespace = '' } = sync.autoscaler.metadata;
  const inNamespace = podInformer.store.indexed('namespace', namespace);
  const selector = selectorOf(sync, object.status?.selector ?? '');
  const pods = inNamespace.filter((pod) => matches(selector, pod.metadata.labels));
  refuseShared(sync, object.status.selector, pods);
  const { cpuInitializationMs, initialReadinessMs } = context.settings.autoscaler;
  return {
    cluster: context.cluster,
    namespace,
    selector,
    pods,
    specReplicas: object.spec?.replicas ?? 0,
    statusReplicas: object.status.replicas ?? 0,
    tolerances: tolerancesOf(sync),
    timing: { nowMs: sync.now.getTime(), cpuInitializationMs, initialReadinessMs },
    async resourceOf(group, kind) {
      try {
        const [found] = await targets.find(group, kind);
        return group === '' ? `${found?.resource}` : `${found?.resource}.${group}`;
      } catch (error) {
        const called = group === '' ? kind : `${kind}.${group}`;
        const { message } = error as Error;
        throw new Error(`unable to map kind ${called} to resource: ${message}`);
      }
    },
  };
}

function selectorOf(sync: Synchronization, text: string): LabelSelector {
  if (text === '') {
    sync.warn('SelectorRequired', 'selector is required');
    const missing = "the HPA target's scale is missing a selector";
    sync.set('ScalingActive', false, 'InvalidSelector', missing);
    throw new NoReplicas('selector is required', null);
  }
  try {
    return parseLabelSelector(text);
  } catch (error) {
    const why = (error as Error).message;
    const message = `couldn't convert selector into a corresponding internal selector object: ${why}`;
    return refuse(sync, 'InvalidSelector', message);
  }
}

/** Two autoscalers of the same pods would pull them this way and that. */
function refuseShared(
  sync: Synchronization,
  text: string,
  pods: Parameters<typeof sync.shared.selectors.minding>[1],
): void {
  const { selectors } = sync.shared;
  selectors.put(keyOf(sync.autoscaler), parseLabelSelector(text));
  const minding = selectors.minding(sync.autoscaler.metadata.namespace ?? '', pods);
  if (minding.length <= 1) return;
  const message = `pods by selector ${text} are controlled by multiple HPAs: [${minding.join(' ')}]`;
  refuse(sync, 'AmbiguousSelector', message);
}

function refuse(sync: Synchronization, reason: string, message: string): never {
  sync.warn(reason, message);
  sync.set('ScalingActive', false, reason, message);
  throw new NoReplicas(message, null);
}

/** Its own, or the flag's. */
function tolerancesOf({ spec, shared }: Synchronization): Tolerances {
  const { tolerance } = shared.context.settings.autoscaler;
  const own = (text: string | undefined) =>
    text == null ? tolerance : Number(parseQuantity(String(text)).nano) / 1e9;
  const { scaleDown, scaleUp } = spec.behavior ?? {};
  return { down: own(scaleDown?.tolerance), up: own(scaleUp?.tolerance) };
}
