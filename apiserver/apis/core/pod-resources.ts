import { addQuantities, compareQuantities, formatQuantity } from '../../../object/quantity.ts';
import type { Plain } from '../plain.ts';
import { isSidecar } from './pod-containers.ts';
import {
  isHugePages,
  isOvercommitAllowed,
  isPodLevelResource,
  quantityOrUndefined,
} from './resources-validation.ts';

/**
 * What the containers of a pod need together, and the defaults of what the pod as a whole asks for
 * (component-helpers/resource AggregateContainerRequests; pkg/apis/core/v1/defaults.go, KEP-2837).
 */

type Amounts = Record<string, string>;

/** Containers run side by side with the sidecars started before them; init containers one by one. */
export function sumContainers(spec: Plain, side: 'requests' | 'limits'): Amounts {
  const total: Amounts = {};
  for (const container of spec.containers ?? []) add(total, container.resources?.[side]);
  const sidecars: Amounts = {};
  const peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own: Amounts = { ...container.resources?.[side] };
    if (isSidecar(container)) {
      add(total, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      add(own, sidecars);
      raise(peak, own);
    }
  }
  raise(total, peak);
  return total;
}

function add(sums: Amounts, amounts: Amounts | undefined): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const before = sums[name] === undefined ? undefined : quantityOrUndefined(sums[name]);
    const more = quantityOrUndefined(amount);
    if (more === undefined) continue;
    sums[name] = before === undefined ? amount : formatQuantity(addQuantities(before, more));
  }
}

function raise(sums: Amounts, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) {
    const before = sums[name] === undefined ? undefined : quantityOrUndefined(sums[name]);
    const other = quantityOrUndefined(amount);
    if (other === undefined) continue;
    if (before === undefined || compareQuantities(other, before) > 0) sums[name] = amount;
  }
}

/** Runs after the containers have their own defaults. */
export function defaultPodResources(spec: Plain): void {
  const { resources } = spec;
  if (resources === undefined || resources === null) return;
  defaultHugePageLimits(spec, resources);
  defaultRequests(spec, resources);
  defaultLimits(spec, resources);
}

function isEmpty(amounts: Amounts | undefined): boolean {
  return Object.keys(amounts ?? {}).length === 0;
}

function defaultHugePageLimits(spec: Plain, resources: Plain): void {
  if (isEmpty(resources.limits) && isEmpty(resources.requests)) return;
  const limits: Amounts = { ...resources.limits };
  for (const [name, amount] of Object.entries(sumContainers(spec, 'limits'))) {
    if (isHugePages(name) && resources.requests?.[name] === undefined) limits[name] ??= amount;
  }
  if (!isEmpty(limits)) resources.limits = limits;
}

/** What is limited is requested: as much as the containers ask for, else the limit. */
function defaultRequests(spec: Plain, resources: Plain): void {
  if (isEmpty(resources.limits)) return;
  const requests: Amounts = { ...resources.requests };
  for (const [name, amount] of Object.entries(sumContainers(spec, 'requests'))) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= amount;
  }
  for (const [name, amount] of Object.entries<string>(resources.limits)) {
    if (isPodLevelResource(name)) requests[name] ??= amount;
  }
  if (!isEmpty(requests)) resources.requests = requests;
}

/** A pod with requests and no limits gets those of its containers, where all of them have one. */
function defaultLimits(spec: Plain, resources: Plain): void {
  const isSet = (amounts: Amounts | undefined) =>
    Object.keys(amounts ?? {}).some(isPodLevelResource);
  if (isSet(resources.limits) || !isSet(resources.requests)) return;
  const limits: Amounts = { ...resources.limits };
  const holders: Plain[] = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []).filter(isSidecar),
  ];
  for (const [name, amount] of Object.entries(sumContainers(spec, 'limits'))) {
    if (!isPodLevelResource(name) || !isOvercommitAllowed(name)) continue;
    if (holders.some(({ resources: own }) => own?.limits?.[name] === undefined)) continue;
    limits[name] ??= amount;
  }
  if (!isEmpty(limits)) resources.limits = limits;
}
