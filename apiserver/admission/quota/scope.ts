import type { KubeObject } from '../../../object/object.ts';

/** Does a quota count this pod? Only pods have scopes. Source: pkg/quota/v1/evaluator/core/pods.go. */

interface Requirement {
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
  const requirements = requirementsOf(quota);
  if (requirements.length === 0) return true;
  if (group !== '' || resource !== 'pods') {
    return (
      resource === 'persistentvolumeclaims' && requirements.every((one) => claimHas(one, object))
    );
  }
  return requirements.every((one) => podHas(one, object));
}

function requirementsOf({ spec = {} }: KubeObject): Requirement[] {
  const plain = ((spec.scopes ?? []) as string[]).map((scopeName) => ({
    scopeName,
    operator: 'Exists',
  }));
  return [...plain, ...((spec.scopeSelector?.matchExpressions ?? []) as Requirement[])];
}

function podHas(requirement: Requirement, pod: KubeObject): boolean {
  const { spec = {} } = pod;
  switch (requirement.scopeName) {
    case 'Terminating':
      return (spec.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (spec.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec.affinity);
    case 'PriorityClass':
      return valueMatches(requirement, spec.priorityClassName ?? '');
    default:
      return false;
  }
}

function claimHas(requirement: Requirement, claim: KubeObject): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false;
  return valueMatches(requirement, claim.spec?.volumeAttributesClassName ?? '');
}

function valueMatches({ operator, values = [] }: Requirement, value: string): boolean {
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

interface Container {
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
}

function isBestEffort({ spec = {} }: KubeObject): boolean {
  const containers: Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return !containers.some(({ resources = {} }) =>
    ['cpu', 'memory'].some(
      (name) => resources.requests?.[name] !== undefined || resources.limits?.[name] !== undefined,
    ),
  );
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
