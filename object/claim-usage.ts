import type { KubeObject } from './object.ts';
import { type Amounts, podRequests } from './pod-resources.ts';
import { compareQuantities, quantityOf, subtractQuantities } from './quantity.ts';

/**
 * What a ResourceClaim uses under a ResourceQuota: devices by their class, and by the names under which
 * pods ask for devices of the class. Pure. Source: pkg/quota/v1/evaluator/core/resource_claims.go.
 */

/** What is around a claim. */
export interface ClaimSurroundings {
  /** `spec.extendedResourceName` of the DeviceClass. */
  extendedResource(deviceClass: string): string | undefined;
  pod(namespace: string, name: string): KubeObject | undefined;
  claims(namespace: string): readonly KubeObject[];
}

const ofDeviceClass = '.deviceclass.resource.k8s.io/devices';
const implicitPrefix = 'deviceclass.resource.kubernetes.io/';

/** As many devices as an allocation may hold: what `All` comes to at worst. */
const allocationMax = 32;

export function countsDevices(name: string): boolean {
  return name.endsWith(ofDeviceClass) || isDeviceRequest(name);
}

/** Of extended resources requests alone are counted. */
export function isDeviceRequest(name: string): boolean {
  return name.startsWith('requests.') && isExtendedResource(name.slice('requests.'.length));
}

/** A pod may ask for it, and its devices may come by a claim that is made for the pod. */
export function isExtendedResource(name: string): boolean {
  return (
    name.startsWith(implicitPrefix) || (name.includes('/') && !name.includes('kubernetes.io/'))
  );
}

export function addClaimUsage(
  claim: KubeObject,
  usage: Amounts,
  around: ClaimSurroundings | undefined,
): Amounts {
  const requested = new Map<string, number>();
  for (const [deviceClass, count] of devicesOf(claim)) {
    usage.set(deviceClass + ofDeviceClass, quantityOf(count));
    const explicit = around?.extendedResource(deviceClass);
    for (const name of [implicitPrefix + deviceClass, explicit]) {
      if (name !== undefined) requested.set(name, (requested.get(name) ?? 0) + count);
    }
  }
  const charged = around === undefined ? undefined : chargedToPod(claim, around);
  for (const [name, count] of requested) {
    const amount = quantityOf(count);
    const pods = charged?.get(name);
    const left = pods === undefined ? amount : subtractQuantities(amount, pods);
    if (compareQuantities(left, quantityOf(0)) > 0) usage.set(`requests.${name}`, left);
  }
  return usage;
}

interface Request {
  deviceClassName: string;
  allocationMode?: string;
  count?: number;
}

/** By class; of alternatives the most of each. */
function devicesOf({ spec }: KubeObject): Map<string, number> {
  const total = new Map<string, number>();
  const requests: { exactly?: Request; firstAvailable?: Request[] }[] =
    spec?.devices?.requests ?? [];
  for (const { exactly, firstAvailable = [] } of requests) {
    const alternatives = firstAvailable.length > 0 || !exactly ? firstAvailable : [exactly];
    const most = new Map<string, number>();
    for (const one of alternatives) {
      const before = most.get(one.deviceClassName) ?? 0;
      most.set(one.deviceClassName, Math.max(before, countOf(one)));
    }
    for (const [name, count] of most) total.set(name, (total.get(name) ?? 0) + count);
  }
  return total;
}

function countOf({ allocationMode, count = 0 }: Request): number {
  if (allocationMode === 'ExactCount') return count;
  return allocationMode === 'All' ? allocationMax : 0;
}

/** What the pod that the claim was made for asks for: that is counted with the pod. */
function chargedToPod(claim: KubeObject, around: ClaimSurroundings): Amounts | undefined {
  const { annotations, namespace = '', name = '' } = claim.metadata;
  if (annotations?.['resource.kubernetes.io/extended-resource-claim'] !== 'true') return undefined;
  const owner = podOwning(claim);
  const pod = owner && around.pod(namespace, owner.name);
  if (pod === undefined || pod.metadata.uid !== owner?.uid) return undefined;
  const known: string | undefined = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  if (known === undefined) {
    const hasOther = around
      .claims(namespace)
      .some((other) => other.metadata.name !== name && podOwning(other)?.uid === owner?.uid);
    if (hasOther) return undefined;
  } else if (known !== name) return undefined;
  return podRequests(pod, { overhead: true, status: false });
}

function podOwning({ metadata }: KubeObject): { name: string; uid: string } | undefined {
  return metadata.ownerReferences?.find(
    ({ controller, kind, apiVersion }) =>
      controller === true && kind === 'Pod' && apiVersion === 'v1',
  );
}
