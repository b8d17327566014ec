import { counter, gauge, histogram } from '../../reconciler/metrics.ts';

/** What monitoring sees of autoscalers (pkg/controller/podautoscaler/monitor). */

type Action = 'scale_up' | 'scale_down' | 'none';
type Failure = 'spec' | 'internal' | 'none';

export interface Outcome {
  action: Action;
  error: Failure;
  /** Of performance.now(). */
  beganMs: number;
}

const name = (rest: string) => `horizontal_pod_autoscaler_controller_${rest}`;
const labels = ['action', 'error'];
const metricLabels = [...labels, 'metric_type'];
const buckets = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

const reconciliations = counter(
  name('reconciliations_total'),
  'How often autoscalers were looked at, by what came of it.',
  labels,
);
const reconciliationSeconds = histogram(
  name('reconciliation_duration_seconds'),
  'How long it took to look at an autoscaler once.',
  labels,
  buckets,
);
const computations = counter(
  name('metric_computation_total'),
  'How often a metric of an autoscaler was computed, by what came of it.',
  metricLabels,
);
const computationSeconds = histogram(
  name('metric_computation_duration_seconds'),
  'How long it took to compute a metric of an autoscaler.',
  metricLabels,
  buckets,
);
const count = gauge(name('num_horizontal_pod_autoscalers'), 'How many autoscalers there are.');
const desired = gauge(name('desired_replicas'), 'How many replicas an autoscaler wants now.', [
  'namespace',
  'hpa_name',
]);

const secondsSince = (beganMs: number) => (performance.now() - beganMs) / 1000;

export function actionOf(from: number, to: number): Action {
  if (to === from) return 'none';
  return to > from ? 'scale_up' : 'scale_down';
}

export function noteReconciliation({ action, error, beganMs }: Outcome): void {
  reconciliations.inc([action, error]);
  reconciliationSeconds.observe([action, error], secondsSince(beganMs));
}

export function noteComputation({ action, error, beganMs }: Outcome, type: string): void {
  computations.inc([action, error, type]);
  computationSeconds.observe([action, error, type], secondsSince(beganMs));
}

export function noteCount(autoscalers: number): void {
  count.set([], autoscalers);
}

/** Undefined: it is gone. */
export function noteDesired(namespace: string, hpa: string, replicas: number | undefined): void {
  if (replicas === undefined) desired.remove([namespace, hpa]);
  else desired.set([namespace, hpa], replicas);
}
