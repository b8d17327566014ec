import type { KubeObject } from './object.ts';
import { parseQuantity } from './quantity.ts';

/** Does a quota count this object? Only pods and claims have scopes (pkg/quota/v1/evaluator/core). */

export interface ScopeRequirement {
  scopeName: string;
  operator: string;
  values?: string[];
}

export function inScope(
  quota: KubeObject,
  group: string,
  resource: string,
  object: KubeObject,
): boolean {
  return requirementsOf(quota).every((one) => scopeHolds(one, group, resource, object));
}

export function scopeHolds(
  requirement: ScopeRequirement,
  group: string,
  resource: string,
  object: KubeObject,
): boolean {
  if (group !== '') return false;
  if (resource === 'pods') return podHas(requirement, object);
  return resource === 'persistentvolumeclaims' && claimHas(requirement, object);
}

/** It has a time when it ends. */
export function isTerminating({ spec }: KubeObject): boolean {
  return (spec?.activeDeadlineSeconds ?? -1) >= 0;
}

export function requirementsOf({ spec = {} }: KubeObject): ScopeRequirement[] {
  const plain = ((spec.scopes ?? []) as string[]).map((scopeName) => ({
    scopeName,
    operator: 'Exists',
  }));
  return [...plain, ...((spec.scopeSelector?.matchExpressions ?? []) as ScopeRequirement[])];
}

function podHas(requirement: ScopeRequirement, pod: KubeObject): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod.spec?.affinity);
    case 'PriorityClass':
      return holds(requirement, pod.spec?.priorityClassName ?? '');
    default:
      return false;
  }
}

/** By any of the classes that it has, asks for or is on its way to. */
function claimHas(requirement: ScopeRequirement, { spec, status }: KubeObject): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false;
  const names: string[] = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter(Boolean);
  return (names.length === 0 ? [''] : names).some((name) => holds(requirement, name));
}

/** Empty: there is none. */
function holds({ operator, values = [] }: ScopeRequirement, value: string): boolean {
  switch (operator) {
    case 'In':
      return values.includes(value);
    case 'NotIn':
      return !values.includes(value);
    case 'Exists':
      return value !== '';
    default:
      return value === '';
  }
}

interface Holder {
  resources?: Partial<Record<'requests' | 'limits', Record<string, string>>>;
}

function isBestEffort({ spec = {}, status }: KubeObject): boolean {
  if (status?.qosClass) return status.qosClass === 'BestEffort';
  const holders: Holder[] = [spec, ...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const amounts = holders.flatMap(({ resources = {} }) => [resources.requests, resources.limits]);
  return !amounts.some((one) => isPositive(one?.cpu) || isPositive(one?.memory));
}

function isPositive(text: string | undefined): boolean {
  return text !== undefined && parseQuantity(String(text)).nano > 0n;
}

interface Term {
  namespaces?: string[];
  namespaceSelector?: unknown;
  podAffinityTerm?: Term;
}

function crossesNamespaces(affinity: Record<string, Record<string, Term[]>> | undefined): boolean {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    for (const list of Object.values(affinity?.[kind] ?? {})) {
      for (const term of list ?? []) {
        const own = term.podAffinityTerm ?? term;
        if ((own.namespaces?.length ?? 0) > 0 || own.namespaceSelector != null) return true;
      }
    }
  }
  return false;
}
