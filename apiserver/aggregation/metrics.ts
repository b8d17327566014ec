import type { Registry } from '../../metrics/registry.ts';
import type { Lister } from '../watch/view.ts';
import { availableCondition } from './remote-api.ts';

/**
 * Which APIServices are not available, and how often one became so
 * (kube-aggregator controllers/status/metrics). Gives what is to be told of the latter.
 */
export function availabilityMetrics(
  registry: Registry,
  apiServices: Lister,
): (name: string, reason: string) => void {
  registry.collected(
    'aggregator_unavailable_apiservice',
    '[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.',
    'gauge',
    ['name'],
    () =>
      apiServices.list('').map((apiService) => ({
        labels: [apiService.metadata.name ?? ''],
        value: availableCondition(apiService)?.status === 'True' ? 0 : 1,
      })),
  );
  const times = registry.counter(
    'aggregator_unavailable_apiservice_total',
    '[ALPHA] Counter of APIServices which are marked as unavailable broken down by APIService name and reason.',
    ['name', 'reason'],
  );
  return (name, reason) => times.inc([name, reason]);
}
