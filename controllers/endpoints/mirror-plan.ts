import { isIP } from 'node:net';
import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { controllerReference } from '../owner.ts';
import { endpoints as endpointsRef } from '../resources.ts';
import type { EndpointPort } from './service-pods.ts';
import { managedByLabel, serviceNameLabel, type SlicePlan } from './slice-plan.ts';

/** Which EndpointSlices say what hand-made Endpoints say; pure. */
export const mirroredBy = 'endpointslicemirroring-controller.k8s.io';
/** Neither is anything of the endpoints that a reader of slices wants to know. */
const notMirrored = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
]);

interface Address {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: object;
}

interface Endpoint {
  addresses: string[];
  conditions: { ready: boolean };
  targetRef?: object;
  nodeName?: string;
  hostname?: string;
}

interface Group {
  family: 'IPv4' | 'IPv6';
  ports: EndpointPort[];
  /** By what tells one from another; what comes later counts. */
  endpoints: Map<string, Endpoint>;
}

export interface MirrorPlan extends SlicePlan {
  /** Addresses that are none, and those beyond the limit together with them. */
  invalid: number;
  skipped: number;
}

/** `limit`: addresses taken of a subset, and endpoints in a slice. */
export function planMirror(
  endpoints: KubeObject,
  existing: readonly KubeObject[],
  limit: number,
): MirrorPlan {
  const { groups, invalid, skipped } = groupAddresses(endpoints, limit);
  const plan: MirrorPlan = { create: [], update: [], remove: [], invalid, skipped };
  const left = new Set(existing);
  for (const group of groups) {
    const own = [...left].filter((slice) => belongs(slice, group));
    for (const slice of own) left.delete(slice);
    const [kept, ...spare] = own;
    for (const slice of spare) left.add(slice);
    const wanted = sliceOf(endpoints, group, limit, kept);
    if (kept === undefined) plan.create.push(wanted);
    else if (!same(kept, wanted)) plan.update.push(wanted);
  }
  plan.remove.push(...left);
  reuse(plan);
  return plan;
}

function groupAddresses(endpoints: KubeObject, limit: number) {
  const groups: Group[] = [];
  let [invalid, skipped] = [0, 0];
  for (const subset of endpoints.subsets ?? []) {
    const ports = portsOf(subset.ports ?? []);
    let added = 0;
    const ready = ((subset.addresses ?? []) as Address[]).map((address) => ({
      address,
      ready: true,
    }));
    const rest = ((subset.notReadyAddresses ?? []) as Address[]).map((address) => ({
      address,
      ready: false,
    }));
    for (const { address, ready: isReady } of [...ready, ...rest]) {
      if (added >= limit) break;
      if (isIP(address.ip) === 0) {
        invalid++;
        continue;
      }
      add(groups, ports, address, isReady);
      added++;
    }
    skipped += ready.length + rest.length - added;
  }
  return { groups, invalid, skipped };
}

function add(groups: Group[], ports: EndpointPort[], address: Address, ready: boolean): void {
  const family = isIP(address.ip) === 6 ? 'IPv6' : 'IPv4';
  let group = groups.find((g) => g.family === family && semanticEqual(g.ports, ports));
  if (group === undefined) {
    group = { family, ports, endpoints: new Map() };
    groups.push(group);
  }
  const { hostname, nodeName, targetRef } = address;
  group.endpoints.set(JSON.stringify([address.ip, hostname ?? '', targetRef ?? null]), {
    addresses: [address.ip],
    conditions: { ready },
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(hostname === undefined || hostname === '' ? {} : { hostname }),
  });
}

function portsOf(ports: readonly Partial<EndpointPort>[]): EndpointPort[] {
  return ports.map(({ name = '', port = 0, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
}

function belongs(slice: KubeObject, group: Group): boolean {
  const key = (ports: readonly EndpointPort[]): string[] =>
    ports.map((p) => JSON.stringify([p.name, p.port, p.protocol, p.appProtocol ?? ''])).toSorted();
  return (
    slice.addressType === group.family &&
    semanticEqual(key(portsOf(slice.ports ?? [])), key(group.ports))
  );
}

function sliceOf(
  endpoints: KubeObject,
  { family, ports, endpoints: members }: Group,
  limit: number,
  kept: KubeObject | undefined,
): KubeObject {
  const { name = '', namespace = '', labels, annotations = {} } = endpoints.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...(kept === undefined ? { generateName: `${name}-` } : { name: kept.metadata.name ?? '' }),
      namespace,
      labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirroredBy },
      annotations: Object.fromEntries(
        Object.entries(annotations).filter(([key]) => !notMirrored.has(key)),
      ),
      ownerReferences: [controllerReference(endpoints, endpointsRef)],
    },
    addressType: family,
    endpoints: [...members.values()].slice(0, limit),
    ports,
  };
}

/** Order does not count, nor do the addresses' forms the server has defaulted. */
function same(kept: KubeObject, wanted: KubeObject): boolean {
  const members = (slice: KubeObject): string[] =>
    ((slice.endpoints ?? []) as Endpoint[])
      .map((e) =>
        JSON.stringify([e.addresses, e.conditions.ready, e.hostname, e.nodeName, e.targetRef]),
      )
      .toSorted();
  return (
    semanticEqual(members(kept), members(wanted)) &&
    semanticEqual(kept.metadata.labels, wanted.metadata.labels) &&
    semanticEqual(kept.metadata.annotations, wanted.metadata.annotations)
  );
}

/** A slice that would go takes over what a new one would say, unless its kind of address, which never changes, is another. */
function reuse(plan: SlicePlan): void {
  plan.create = plan.create.filter((made) => {
    const at = plan.remove.findIndex((slice) => slice.addressType === made.addressType);
    const [spare] = at < 0 ? [] : plan.remove.splice(at, 1);
    if (spare === undefined) return true;
    const { generateName: _, ...metadata } = made.metadata;
    plan.update.push({ ...made, metadata: { ...metadata, name: spare.metadata.name ?? '' } });
    return false;
  });
}
