import { compareQuantities } from '../../../object/quantity.ts';
import type { Plain } from '../plain.ts';
import { quantityOrUndefined } from './resources-validation.ts';

/** Quality of service by what a pod asks for (pkg/apis/core/helper/qos). */
export function podQosClass(spec: Plain): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const own = spec.resources;
  const podLevel = countsForQos(own?.requests) || countsForQos(own?.limits);
  const holders: Plain[] = podLevel
    ? [{ resources: own }]
    : [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources } of holders) {
    const requests: Plain = resources?.requests ?? {};
    const limits: Plain = resources?.limits ?? {};
    if (countsForQos(requests) || countsForQos(limits)) any = true;
    for (const name of ['cpu', 'memory']) {
      const limit = positive(limits[name]);
      const request = positive(requests[name]);
      if (limit === undefined || request === undefined || compareQuantities(limit, request) !== 0) {
        guaranteed = false;
      }
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function countsForQos(amounts: Plain | undefined): boolean {
  return positive(amounts?.cpu) !== undefined || positive(amounts?.memory) !== undefined;
}

function positive(text: unknown) {
  if (text === undefined) return undefined;
  const quantity = quantityOrUndefined(text);
  const zero = quantityOrUndefined('0');
  if (quantity === undefined || zero === undefined) return undefined;
  return compareQuantities(quantity, zero) > 0 ? quantity : undefined;
}
