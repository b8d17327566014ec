import type { KubeObject } from '../../object/object.ts';
import {
  addQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityOf,
} from '../../object/quantity.ts';
import { isFinished } from '../pod.ts';

/** What objects cost under a ResourceQuota; pure (pkg/quota/v1/evaluator/core). */
export type Usage = Map<string, Quantity>;

const one = quantityOf(1);

export function addUsage(total: Usage, more: Usage): void {
  for (const [name, value] of more) {
    const before = total.get(name);
    total.set(name, before === undefined ? value : addQuantities(before, value));
  }
}

interface Container {
  restartPolicy?: string;
  resources?: Partial<Record<'requests' | 'limits', Record<string, string>>>;
}

const bigger = (a: Quantity, b: Quantity): Quantity => (a.nano >= b.nano ? a : b);

function sum(maps: (Record<string, string> | undefined)[]): Usage {
  const total: Usage = new Map();
  for (const map of maps) {
    for (const [name, text] of Object.entries(map ?? {})) {
      addUsage(total, new Map([[name, parseQuantity(String(text))]]));
    }
  }
  return total;
}

/** Of a whole pod: containers and sidecars together or the largest init step, plus overhead. */
function podResources(pod: KubeObject, kind: 'requests' | 'limits'): Usage {
  const own = (list: Container[]) => list.map((c) => c.resources?.[kind]);
  const initial: Container[] = pod.spec?.initContainers ?? [];
  const sidecars = initial.filter((c) => c.restartPolicy === 'Always');
  const total = sum([...own(pod.spec?.containers ?? []), ...own(sidecars)]);
  const before: Container[] = [];
  for (const container of initial) {
    if (container.restartPolicy === 'Always') before.push(container);
    const step = sum(own(container.restartPolicy === 'Always' ? before : [...before, container]));
    for (const [name, value] of step) {
      total.set(name, bigger(total.get(name) ?? value, value));
    }
  }
  for (const [name, text] of Object.entries(pod.spec?.resources?.[kind] ?? {})) {
    total.set(name, parseQuantity(String(text)));
  }
  addUsage(total, sum([pod.spec?.overhead]));
  return total;
}

/** Finished pods cost nothing but their `count/pods`. */
export function podUsage(pod: KubeObject, now: Date): Usage {
  const usage: Usage = new Map([['count/pods', one]]);
  const ending = pod.metadata.deletionTimestamp;
  const grace = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  const overdue = ending != null && Date.parse(ending) + grace < now.getTime();
  if (isFinished(pod) || overdue) return usage;
  usage.set('pods', one);
  for (const [name, value] of podResources(pod, 'requests')) {
    usage.set(`requests.${name}`, value);
    if (['cpu', 'memory', 'ephemeral-storage'].includes(name)) usage.set(name, value);
    if (name.startsWith('hugepages-')) usage.set(name, value);
  }
  for (const [name, value] of podResources(pod, 'limits')) usage.set(`limits.${name}`, value);
  return usage;
}

export function serviceUsage(service: KubeObject): Usage {
  const usage: Usage = new Map([
    ['count/services', one],
    ['services', one],
  ]);
  const ports: { nodePort?: number }[] = service.spec?.ports ?? [];
  const type = service.spec?.type;
  if (type === 'NodePort') usage.set('services.nodeports', quantityOf(ports.length));
  if (type === 'LoadBalancer') {
    usage.set('services.loadbalancers', one);
    const open =
      service.spec?.allocateLoadBalancerNodePorts === false
        ? ports.filter((p) => (p.nodePort ?? 0) > 0)
        : ports;
    usage.set('services.nodeports', quantityOf(open.length));
  }
  return usage;
}

export function claimUsage(claim: KubeObject): Usage {
  const usage: Usage = new Map([
    ['count/persistentvolumeclaims', one],
    ['persistentvolumeclaims', one],
  ]);
  const asked = claim.spec?.resources?.requests?.storage;
  const storage = asked === undefined ? undefined : parseQuantity(String(asked));
  if (storage !== undefined) usage.set('requests.storage', storage);
  const storageClass: string = claim.spec?.storageClassName ?? '';
  if (storageClass === '') return usage;
  const prefix = `${storageClass}.storageclass.storage.k8s.io`;
  usage.set(`${prefix}/persistentvolumeclaims`, one);
  if (storage !== undefined) usage.set(`${prefix}/requests.storage`, storage);
  return usage;
}

interface ScopeRequirement {
  scopeName: string;
  operator: string;
  values?: string[];
}

/** Does the quota count this pod, by its scopes? */
export function inScope(quota: KubeObject, pod: KubeObject): boolean {
  const plain: string[] = quota.spec?.scopes ?? [];
  const requirements: ScopeRequirement[] = [
    ...plain.map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(quota.spec?.scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => matchesScope(requirement, pod));
}

export function hasScopes(quota: KubeObject): boolean {
  return (
    (quota.spec?.scopes ?? []).length > 0 ||
    (quota.spec?.scopeSelector?.matchExpressions ?? []).length > 0
  );
}

function matchesScope({ scopeName, operator, values }: ScopeRequirement, pod: KubeObject): boolean {
  const terminating = (pod.spec?.activeDeadlineSeconds ?? -1) >= 0;
  switch (scopeName) {
    case 'Terminating':
      return terminating;
    case 'NotTerminating':
      return !terminating;
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass': {
      const name: string = pod.spec?.priorityClassName ?? '';
      const listed = (values ?? []).includes(name);
      if (operator === 'Exists') return name !== '';
      if (operator === 'DoesNotExist') return name === '';
      return operator === 'In' ? listed : !listed;
    }
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

function isBestEffort(pod: KubeObject): boolean {
  if (pod.status?.qosClass !== undefined) return pod.status.qosClass === 'BestEffort';
  const containers: Container[] = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []),
  ];
  return containers.every(
    ({ resources }) =>
      Object.keys(resources?.requests ?? {}).length === 0 &&
      Object.keys(resources?.limits ?? {}).length === 0,
  );
}

function crossesNamespaces(pod: KubeObject): boolean {
  return ['podAffinity', 'podAntiAffinity'].some((kind) => {
    const affinity = pod.spec?.affinity?.[kind] ?? {};
    const terms = [
      ...(affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
        (p: { podAffinityTerm: object }) => p.podAffinityTerm,
      ),
    ];
    return terms.some((t) => (t.namespaces ?? []).length > 0 || t.namespaceSelector != null);
  });
}

/** What is used of each thing the quota limits; zero where nothing is. */
export function usedOf(quota: KubeObject, usage: Usage): Record<string, string> {
  const used: Record<string, string> = {};
  for (const name of Object.keys(quota.spec?.hard ?? {})) {
    used[name] = formatQuantity(usage.get(name) ?? quantityOf(0));
  }
  return used;
}
