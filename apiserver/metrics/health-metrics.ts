import { Registry } from '../../metrics/registry.ts';
import { type Exposed, exposed } from './expose.ts';

/** `/metrics/slis`: what came of the health checks (component-base metrics/prometheus/slis). */
export interface HealthMetrics extends Exposed {
  observe(check: string, type: string, passed: boolean): void;
}

export function makeHealthMetrics(): HealthMetrics {
  const registry = new Registry();
  const last = registry.gauge(
    'kubernetes_healthcheck',
    '[STABLE] This metric records the result of a single healthcheck.',
    ['name', 'type'],
  );
  const all = registry.counter(
    'kubernetes_healthchecks_total',
    '[STABLE] This metric records the results of all healthcheck.',
    ['name', 'status', 'type'],
  );
  return {
    ...exposed(registry),
    observe(check, type, passed) {
      last.set([check, type], passed ? 1 : 0);
      all.inc([check, passed ? 'success' : 'error', type]);
    },
  };
}
