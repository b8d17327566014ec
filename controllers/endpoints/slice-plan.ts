import type { KubeObject } from '../../object/object.ts';
import { deepEqual } from '../../object/equal.ts';
import { controllerReference } from '../owner.ts';
import { isReady } from '../pod.ts';
import { services } from '../resources.ts';
import {
  canServe,
  type EndpointPort,
  familiesOf,
  familyOf,
  hostnameOf,
  isHeadless,
  podAddresses,
  portsOf,
  targetRef,
} from './service-pods.ts';

/** Which EndpointSlices a Service should have; pure. */
export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
export const headlessLabel = 'service.kubernetes.io/headless';
const maxEndpoints = 100;

interface Endpoint {
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  targetRef: Record<string, string>;
  nodeName?: string;
  hostname?: string;
  zone?: string;
  hints?: Hints;
}

/** Whose traffic it is best for. */
interface Hints {
  forZones?: { name: string }[];
  forNodes?: { name: string }[];
}

interface Group {
  family: 'IPv4' | 'IPv6';
  ports: EndpointPort[];
  /** By pod uid. */
  endpoints: Map<string, Endpoint>;
}

export interface SlicePlan {
  create: KubeObject[];
  update: KubeObject[];
  remove: KubeObject[];
}

export function planSlices(
  service: KubeObject,
  pods: readonly KubeObject[],
  existing: readonly KubeObject[],
  zoneOf: (node: string) => string | undefined,
): SlicePlan {
  const labels = sliceLabels(service);
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const left = new Set(existing);
  for (const group of groupPods(service, pods, zoneOf)) {
    const own = [...left].filter(
      (s) => s.addressType === group.family && deepEqual(normalPorts(s.ports), group.ports),
    );
    for (const slice of own) left.delete(slice);
    fill(service, labels, group, own, plan);
  }
  plan.remove.push(...left);
  return plan;
}

function groupPods(
  service: KubeObject,
  pods: readonly KubeObject[],
  zoneOf: (node: string) => string | undefined,
): Group[] {
  const groups: Group[] = [];
  for (const family of familiesOf(service)) {
    const before = groups.length;
    for (const pod of pods.filter(canServe)) {
      const addresses = podAddresses(pod).filter((ip) => familyOf(ip) === family);
      const address = addresses[0];
      if (address === undefined) continue;
      const ports = portsOf(service, pod);
      if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
      let group = groups.find((g) => g.family === family && deepEqual(g.ports, ports));
      if (group === undefined) {
        group = { family, ports, endpoints: new Map() };
        groups.push(group);
      }
      group.endpoints.set(pod.metadata.uid ?? '', endpointOf(service, pod, address, zoneOf));
    }
    // A service nobody serves still has one slice, so that consumers know it is looked after.
    if (groups.length === before) groups.push({ family, ports: [], endpoints: new Map() });
  }
  return groups;
}

function endpointOf(
  service: KubeObject,
  pod: KubeObject,
  address: string,
  zoneOf: (node: string) => string | undefined,
): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp != null;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const nodeName: string | undefined = pod.spec?.nodeName;
  const zone = nodeName === undefined ? undefined : zoneOf(nodeName);
  const hostname = hostnameOf(service, pod);
  const hints = ready ? hintsFor(service, zone, nodeName) : undefined;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    targetRef: targetRef(pod),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(hints === undefined ? {} : { hints }),
  };
}

const modeAnnotations = [
  'service.kubernetes.io/topology-mode',
  'service.kubernetes.io/topology-aware-hints',
];

/** `trafficDistribution` (KEP-2433, KEP-3015); the older annotation goes before it. */
function hintsFor(
  service: KubeObject,
  zone: string | undefined,
  node: string | undefined,
): Hints | undefined {
  const { annotations = {} } = service.metadata;
  if (modeAnnotations.some((name) => /^[Aa]uto$/.test(annotations?.[name] ?? ''))) return undefined;
  const wanted: string = service.spec?.trafficDistribution ?? '';
  if (!['PreferClose', 'PreferSameZone', 'PreferSameNode'].includes(wanted)) return undefined;
  const hints: Hints = {
    ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
    ...(node === undefined || wanted !== 'PreferSameNode' ? {} : { forNodes: [{ name: node }] }),
  };
  return Object.keys(hints).length === 0 ? undefined : hints;
}

/** Endpoints stay in the slice they are in; new ones fill gaps, then new slices. */
function fill(
  service: KubeObject,
  labels: Record<string, string>,
  group: Group,
  own: readonly KubeObject[],
  plan: SlicePlan,
): void {
  const missing = new Map(group.endpoints);
  const kept = own.map((slice) => {
    const endpoints: Endpoint[] = [];
    for (const { targetRef: ref } of (slice.endpoints ?? []) as Endpoint[]) {
      const endpoint = missing.get(ref?.uid ?? '');
      if (endpoint === undefined) continue;
      endpoints.push(endpoint);
      missing.delete(ref?.uid ?? '');
    }
    return { slice, endpoints };
  });
  const rest = [...missing.values()];
  for (const { endpoints } of kept)
    endpoints.push(...rest.splice(0, maxEndpoints - endpoints.length));
  let alive = 0;
  for (const { slice, endpoints } of kept) {
    const placeholder = group.endpoints.size === 0 && alive === 0;
    if (endpoints.length === 0 && !placeholder) {
      plan.remove.push(slice);
      continue;
    }
    alive++;
    if (
      deepEqual(normalEndpoints(slice.endpoints), normalEndpoints(endpoints)) &&
      deepEqual(slice.metadata.labels, labels)
    ) {
      continue;
    }
    plan.update.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints });
  }
  while (rest.length > 0 || alive === 0) {
    alive++;
    plan.create.push(newSlice(service, labels, group, rest.splice(0, maxEndpoints)));
  }
}

function newSlice(
  service: KubeObject,
  labels: Record<string, string>,
  { family, ports }: Group,
  endpoints: Endpoint[],
): KubeObject {
  const { name = '', namespace = '' } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels,
      ownerReferences: [controllerReference(service, services)],
    },
    addressType: family,
    endpoints,
    ports,
  };
}

function sliceLabels(service: KubeObject): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    [serviceNameLabel]: service.metadata.name ?? '',
    [managedByLabel]: managedBy,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
  };
}

function normalPorts(ports: Partial<EndpointPort>[] | undefined): unknown[] {
  return (ports ?? []).map((p) => ({ ...p, name: p.name ?? '' }));
}

function normalEndpoints(endpoints: Endpoint[] | undefined): unknown[] {
  return (endpoints ?? []).map((e) => ({ ...e, targetRef: targetRefOf(e) }));
}

function targetRefOf({ targetRef: ref }: Endpoint): unknown {
  return { kind: ref?.kind, namespace: ref?.namespace, name: ref?.name, uid: ref?.uid };
}
