import {
  addClaimUsage,
  type ClaimSurroundings,
  countsDevices,
  isDeviceRequest,
  isExtendedResource,
} from './claim-usage.ts';
import type { KubeObject } from './object.ts';
import { type Amounts, podLimits, podRequests } from './pod-resources.ts';
import { compareQuantities, parseQuantity, type Quantity, quantityOf } from './quantity.ts';

/**
 * What an object uses under a ResourceQuota, by the names that quotas count under: for the admission
 * that charges it and for the controller that counts again. Pure. Source: pkg/quota/v1/evaluator/core.
 */

const one = quantityOf(1);

/** Core resources that are also counted by their bare name. */
const aliases = new Set([
  'configmaps',
  'secrets',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'persistentvolumeclaims',
  'pods',
]);

const computeResources = ['cpu', 'memory', 'ephemeral-storage'];
const podNames = new Set([
  'pods',
  ...computeResources.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
const ofClass = '.storageclass.storage.k8s.io/';

function countNames(group: string, resource: string): string[] {
  if (group !== '') return [`count/${resource}.${group}`];
  return aliases.has(resource) ? [`count/${resource}`, resource] : [`count/${resource}`];
}

/** `around`: without it, ResourceClaims count under the names of their device classes alone. */
export function usageOf(
  group: string,
  resource: string,
  object: KubeObject,
  now: Date,
  around?: ClaimSurroundings,
): Amounts {
  const usage: Amounts = new Map(countNames(group, resource).map((name) => [name, one]));
  if (isClaimOfDevices(group, resource)) return addClaimUsage(object, usage, around);
  if (group !== '') return usage;
  if (resource === 'pods') return podUsage(object, usage, now);
  if (resource === 'services') return serviceUsage(object, usage);
  return resource === 'persistentvolumeclaims' ? claimUsage(object, usage) : usage;
}

/** Those of the names that objects of the resource are counted under. */
export function namesCounting(group: string, resource: string, names: readonly string[]): string[] {
  const counts = countNames(group, resource);
  const ofDevices = isClaimOfDevices(group, resource);
  return names.filter(
    (name) =>
      counts.includes(name) ||
      (group === '' && isMeasured(resource, name)) ||
      (ofDevices && countsDevices(name)),
  );
}

export function isClaimOfDevices(group: string, resource: string): boolean {
  return group === 'resource.k8s.io' && resource === 'resourceclaims';
}

function isMeasured(resource: string, name: string): boolean {
  switch (resource) {
    case 'pods':
      return podNames.has(name) || /^(requests\.)?hugepages-/.test(name) || isDeviceRequest(name);
    case 'services':
      return name === 'services.nodeports' || name === 'services.loadbalancers';
    case 'persistentvolumeclaims':
      return (
        name === 'requests.storage' ||
        name.endsWith(`${ofClass}requests.storage`) ||
        name.endsWith(`${ofClass}persistentvolumeclaims`)
      );
    default:
      return false;
  }
}

/** A finished pod, or one that should be gone, is counted as an object and uses nothing else. */
function podUsage(pod: KubeObject, usage: Amounts, now: Date): Amounts {
  const { deletionTimestamp: ends, deletionGracePeriodSeconds: grace } = pod.metadata;
  const overdue = ends && grace != null && Date.parse(ends) + grace * 1000 < now.getTime();
  if (overdue || ['Failed', 'Succeeded'].includes(pod.status?.phase)) {
    usage.delete('pods');
    return usage;
  }
  const options = { overhead: true, status: true };
  for (const [name, amount] of podRequests(pod, options)) {
    const plain = computeResources.includes(name) || name.startsWith('hugepages-');
    if (plain) usage.set(name, amount);
    if (plain || isExtendedResource(name)) usage.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of podLimits(pod, options)) {
    if (computeResources.includes(name)) usage.set(`limits.${name}`, amount);
  }
  return usage;
}

function serviceUsage({ spec = {} }: KubeObject, usage: Amounts): Amounts {
  const ports: { nodePort?: number }[] = spec.ports ?? [];
  if (spec.type === 'NodePort') usage.set('services.nodeports', quantityOf(ports.length));
  if (spec.type === 'LoadBalancer') {
    const allocates = spec.allocateLoadBalancerNodePorts !== false;
    const open = allocates ? ports : ports.filter(({ nodePort }) => nodePort);
    usage.set('services.loadbalancers', one);
    usage.set('services.nodeports', quantityOf(open.length));
  }
  return usage;
}

function claimUsage(claim: KubeObject, usage: Amounts): Amounts {
  const storage = storageOf(claim);
  if (storage !== undefined) usage.set('requests.storage', storage);
  const storageClass: string | undefined =
    claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ??
    claim.spec?.storageClassName;
  if (!storageClass) return usage;
  usage.set(`${storageClass}${ofClass}persistentvolumeclaims`, one);
  if (storage !== undefined) usage.set(`${storageClass}${ofClass}requests.storage`, storage);
  return usage;
}

/** In whole bytes; what was allocated counts where a growth is taken back. */
function storageOf({ spec, status }: KubeObject): Quantity | undefined {
  const asked: string | undefined = spec?.resources?.requests?.storage;
  if (asked === undefined) return undefined;
  const wanted = wholeBytes(parseQuantity(asked));
  const allocated: string | undefined = status?.allocatedResources?.storage;
  if (allocated === undefined) return wanted;
  const has = parseQuantity(allocated);
  return compareQuantities(has, wanted) > 0 ? wholeBytes(has) : wanted;
}

const giga = 1_000_000_000n;

function wholeBytes(quantity: Quantity): Quantity {
  const rest = quantity.nano % giga;
  if (rest <= 0n) return quantity;
  return { nano: quantity.nano - rest + giga, format: quantity.format };
}
