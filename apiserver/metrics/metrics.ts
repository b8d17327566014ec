import { allowedValues } from '../../metrics/allowed-values.ts';
import { exposeProcess } from '../../metrics/process.ts';
import { Registry } from '../../metrics/registry.ts';
import { exposeRuntime } from '../../metrics/runtime.ts';
import { type AccessMetrics, makeAccessMetrics } from './access-metrics.ts';
import { type Exposed, exposed } from './expose.ts';
import { type HealthMetrics, makeHealthMetrics } from './health-metrics.ts';
import { RequestMetrics } from './requests.ts';

/**
 * Names, labels, buckets, help texts and stability of kube-apiserver's metrics, which dashboards and
 * alerts are made of (k8s.io/apiserver endpoints/metrics and others, each named where it is made).
 */
export interface Metrics extends Exposed {
  readonly registry: Registry;
  readonly requests: RequestMetrics;
  readonly access: AccessMetrics;
  readonly health: HealthMetrics;
}

export function makeMetrics(config: {
  /** Names of metrics that are not shown (`--disabled-metrics`). */
  disabledMetrics: readonly string[];
  /** By `metric,label` (`--allow-metric-labels`). */
  allowedLabels: Readonly<Record<string, string>>;
}): Metrics {
  const { disabledMetrics, allowedLabels } = config;
  const registry = new Registry(
    disabledMetrics,
    allowedValues(allowedLabels, () => unexpected.inc([])),
  );
  const unexpected = registry.counter(
    'cardinality_enforcement_unexpected_categorizations_total',
    '[ALPHA] The count of unexpected categorizations during cardinality enforcement.',
  );
  exposeProcess(registry);
  exposeRuntime(registry);
  return {
    ...exposed(registry),
    registry,
    requests: new RequestMetrics(registry),
    access: makeAccessMetrics(registry),
    health: makeHealthMetrics(),
  };
}
