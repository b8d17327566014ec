import type { KubeObject } from '../../../object/object.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  subtractQuantities,
} from '../../../object/quantity.ts';
import { sumOfPod } from '../plugins/limits.ts';

/** What one object uses of a quota, by the names quotas count under. Pure. Source: pkg/quota/v1/evaluator/core. */
export type Amounts = Record<string, string>;

/** Resources that are also counted by their bare name. */
const aliases = new Set([
  'configmaps',
  'secrets',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'persistentvolumeclaims',
  'pods',
]);

/** Usage besides the count depends on the object's content: an update can change it. */
export const measuredResources = new Set(['/pods', '/services', '/persistentvolumeclaims']);

export function usageOf(group: string, resource: string, object: KubeObject): Amounts {
  const usage: Amounts = { [countName(group, resource)]: '1' };
  if (group === '' && aliases.has(resource)) usage[resource] = '1';
  if (group !== '') return usage;
  if (resource === 'pods') return podUsage(object, usage);
  if (resource === 'services') return serviceUsage(object, usage);
  return resource === 'persistentvolumeclaims' ? claimUsage(object, usage) : usage;
}

export function countName(group: string, resource: string): string {
  return group === '' ? `count/${resource}` : `count/${resource}.${group}`;
}

/** A finished pod is counted as an object and uses nothing else. */
function podUsage(pod: KubeObject, usage: Amounts): Amounts {
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') {
    delete usage.pods;
    return usage;
  }
  const { requests, limits } = sumOfPod(pod);
  for (const [name, value] of Object.entries(withOverhead(requests, pod))) {
    const plain =
      ['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-');
    if (plain) usage[name] = value;
    usage[`requests.${name}`] = value;
  }
  for (const [name, value] of Object.entries(withOverhead(limits, pod))) {
    if (['cpu', 'memory', 'ephemeral-storage'].includes(name)) usage[`limits.${name}`] = value;
  }
  return usage;
}

function withOverhead(amounts: Amounts, pod: KubeObject): Amounts {
  const overhead = (pod.spec?.overhead ?? {}) as Amounts;
  const known = Object.keys(overhead).filter((name) => amounts[name] !== undefined);
  if (known.length === 0) return amounts;
  return add(amounts, Object.fromEntries(known.map((name) => [name, overhead[name] as string])));
}

function serviceUsage({ spec = {} }: KubeObject, usage: Amounts): Amounts {
  const ports: { nodePort?: number }[] = spec.ports ?? [];
  if (spec.type === 'NodePort') usage['services.nodeports'] = String(ports.length);
  if (spec.type === 'LoadBalancer') {
    const allocates = spec.allocateLoadBalancerNodePorts !== false;
    const count = allocates ? ports.length : ports.filter(({ nodePort }) => nodePort).length;
    usage['services.loadbalancers'] = '1';
    usage['services.nodeports'] = String(count);
  }
  return usage;
}

function claimUsage(claim: KubeObject, usage: Amounts): Amounts {
  const storage: string | undefined = claim.spec?.resources?.requests?.storage;
  if (storage !== undefined) usage['requests.storage'] = storage;
  const storageClass: string | undefined =
    claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ??
    claim.spec?.storageClassName;
  if (storageClass) {
    const prefix = `${storageClass}.storageclass.storage.k8s.io/`;
    usage[`${prefix}persistentvolumeclaims`] = '1';
    if (storage !== undefined) usage[`${prefix}requests.storage`] = storage;
  }
  return usage;
}

export function add(a: Amounts, b: Amounts): Amounts {
  const sum = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const own = sum[name];
    sum[name] =
      own === undefined
        ? value
        : formatQuantity(addQuantities(parseQuantity(own), parseQuantity(value)));
  }
  return sum;
}

/** `next` minus `old`, for every name of either; what is not above zero falls away. */
export function increase(next: Amounts, old: Amounts): Amounts {
  const more: Amounts = {};
  for (const [name, value] of Object.entries(next)) {
    const before = old[name];
    const difference =
      before === undefined
        ? parseQuantity(value)
        : subtractQuantities(parseQuantity(value), parseQuantity(before));
    if (compareQuantities(difference, parseQuantity('0')) > 0)
      more[name] = formatQuantity(difference);
  }
  return more;
}

export function exceeds(a: string, b: string): boolean {
  return compareQuantities(parseQuantity(a), parseQuantity(b)) > 0;
}
