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
  /** Whether DELETE starts counting anew (`--profiling`). */
  readonly resettable: boolean;
}

export function makeMetrics(config: {
  /** Names of metrics that are not shown (`--disabled-metrics`). */
  disabledMetrics: readonly string[];
  profiling: boolean;
}): Metrics {
  const registry = new Registry(config.disabledMetrics);
  exposeProcess(registry);
  exposeRuntime(registry);
  return {
    ...exposed(registry),
    registry,
    requests: new RequestMetrics(registry),
    access: makeAccessMetrics(registry),
    health: makeHealthMetrics(),
    resettable: config.profiling,
  };
}
