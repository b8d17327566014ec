import type { KubeObject } from './object.ts';
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from './quantity.ts';

/** What a pod asks for as a whole (k8s.io/component-helpers resource helpers.go). Pure. */

/** By the resource's name. */
export type Amounts = Map<string, Quantity>;

type Texts = Record<string, string>;
type Kind = 'requests' | 'limits';
type Resources = Partial<Record<Kind, Texts>>;

interface Container {
  name?: string;
  restartPolicy?: string;
  resources?: Resources;
}

interface ContainerStatus {
  name?: string;
  resources?: Resources;
  allocatedResources?: Texts;
}

export interface PodResourceOptions {
  /** What running a pod takes besides its containers is part of it. */
  overhead: boolean;
  /** What containers have counts as well: another amount than is asked for while they are resized. */
  status: boolean;
}

export function podRequests(pod: KubeObject, { overhead, status }: PodResourceOptions): Amounts {
  const amounts = ofContainers(pod, 'requests', status);
  overrideByPod(amounts, pod, 'requests');
  if (overhead) addAmounts(amounts, read(pod.spec?.overhead));
  return amounts;
}

export function podLimits(pod: KubeObject, { overhead, status }: PodResourceOptions): Amounts {
  const amounts = ofContainers(pod, 'limits', status);
  overrideByPod(amounts, pod, 'limits');
  if (!overhead) return amounts;
  for (const [name, amount] of read(pod.spec?.overhead)) {
    const limit = amounts.get(name);
    // what has no limit gets none by its overhead
    if (limit !== undefined && limit.nano !== 0n) amounts.set(name, addQuantities(limit, amount));
  }
  return amounts;
}

/** Whether the pod as a whole asks for something, so that its containers need not (KEP-2837). */
export function hasPodLevelResources(pod: KubeObject): boolean {
  const { requests = {}, limits = {} }: Resources = pod.spec?.resources ?? {};
  return [...Object.keys(requests), ...Object.keys(limits)].some(isPodLevel);
}

/** Whether the pod's own requests stand in for those of its containers. */
export function hasPodLevelRequests(pod: KubeObject): boolean {
  return Object.keys(pod.spec?.resources?.requests ?? {}).some(isPodLevel);
}

export function addAmounts(total: Amounts, more: Amounts): void {
  for (const [name, amount] of more) {
    const before = total.get(name);
    total.set(name, before === undefined ? amount : addQuantities(before, amount));
  }
}

function isPodLevel(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

function overrideByPod(amounts: Amounts, pod: KubeObject, kind: Kind): void {
  for (const [name, amount] of read(pod.spec?.resources?.[kind])) {
    if (isPodLevel(name)) amounts.set(name, amount);
  }
}

/** Containers and sidecars together, or the hungriest moment of starting up. */
function ofContainers(pod: KubeObject, kind: Kind, withStatus: boolean): Amounts {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const has = withStatus ? statusesOf(pod) : new Map<string, ContainerStatus>();
  const infeasible = isResizeInfeasible(pod);
  const own = (container: Container): Amounts => {
    const asked = read(container.resources?.[kind]);
    const status = has.get(container.name ?? '');
    if (status?.resources === undefined) return asked;
    const counted = infeasible ? new Map() : asked;
    raiseTo(counted, read(status.resources[kind]));
    if (kind === 'requests') raiseTo(counted, read(status.allocatedResources));
    return counted;
  };
  const total: Amounts = new Map();
  for (const container of containers) addAmounts(total, own(container));
  const sidecars: Amounts = new Map();
  const starting: Amounts = new Map();
  for (const container of initContainers as Container[]) {
    if (container.restartPolicy === 'Always') {
      const amounts = own(container);
      addAmounts(total, amounts);
      addAmounts(sidecars, amounts);
      raiseTo(starting, sidecars);
    } else {
      const moment = read(container.resources?.[kind]);
      addAmounts(moment, sidecars);
      raiseTo(starting, moment);
    }
  }
  raiseTo(total, starting);
  return total;
}

function statusesOf({ status }: KubeObject): Map<string, ContainerStatus> {
  const all: ContainerStatus[] = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
  ];
  return new Map(all.map((one) => [one.name ?? '', one]));
}

function isResizeInfeasible({ status }: KubeObject): boolean {
  const conditions: { type: string; reason?: string }[] = status?.conditions ?? [];
  return conditions.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible';
}

function raiseTo(amounts: Amounts, others: Amounts): void {
  for (const [name, amount] of others) {
    const before = amounts.get(name);
    if (before === undefined || compareQuantities(amount, before) > 0) amounts.set(name, amount);
  }
}

function read(texts: Texts | undefined): Amounts {
  return new Map(
    Object.entries(texts ?? {}).map(([name, text]) => [name, parseQuantity(String(text))]),
  );
}
