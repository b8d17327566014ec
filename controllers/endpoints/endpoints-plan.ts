import type { KubeObject } from '../../object/object.ts';
import { isReady } from '../pod.ts';
import {
  canServe,
  type EndpointPort,
  familiesOf,
  familyOf,
  hostnameOf,
  podAddresses,
  portsOf,
  targetRef,
} from './service-pods.ts';

/** The Endpoints of a Service (the older form of EndpointSlices); pure. */
interface Address {
  ip: string;
  nodeName?: string;
  hostname?: string;
  targetRef: Record<string, string>;
}

export interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  ports?: EndpointPort[];
}

/** Consumers of Endpoints cannot cope with more; the rest is in EndpointSlices only. */
export const maxAddresses = 1000;

export function planSubsets(
  service: KubeObject,
  pods: readonly KubeObject[],
): { subsets: Subset[]; truncated: boolean } {
  const family = familiesOf(service)[0] ?? 'IPv4';
  const unready = service.spec?.publishNotReadyAddresses === true;
  /** Ports as text to addresses: pods with the same ports share a subset. */
  const byPorts = new Map<string, { ports: EndpointPort[]; ready: Address[]; rest: Address[] }>();
  let total = 0;
  let truncated = false;
  for (const pod of pods) {
    if (!canServe(pod) || (pod.metadata.deletionTimestamp != null && !unready)) continue;
    const ip = podAddresses(pod).find((address) => familyOf(address) === family);
    if (ip === undefined) continue;
    const ports = portsOf(service, pod).map(({ name, ...port }) =>
      name === '' ? { ...port, name: '' } : { name, ...port },
    );
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    if (total >= maxAddresses) {
      truncated = true;
      break;
    }
    total++;
    const key = JSON.stringify(ports);
    const subset = byPorts.get(key) ?? { ports, ready: [], rest: [] };
    byPorts.set(key, subset);
    const hostname = hostnameOf(service, pod);
    const address: Address = {
      ip,
      ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      ...(hostname === undefined ? {} : { hostname }),
      targetRef: targetRef(pod),
    };
    (unready || isReady(pod) ? subset.ready : subset.rest).push(address);
  }
  const subsets = [...byPorts.keys()].sort().map((key): Subset => {
    const { ports, ready, rest } = byPorts.get(key) ?? { ports: [], ready: [], rest: [] };
    return {
      ...(ready.length === 0 ? {} : { addresses: ready.sort(byAddress) }),
      ...(rest.length === 0 ? {} : { notReadyAddresses: rest.sort(byAddress) }),
      ...(ports.length === 0 ? {} : { ports: ports.map(withoutEmptyName) }),
    };
  });
  return { subsets, truncated };
}

function withoutEmptyName({ name, ...port }: EndpointPort): EndpointPort {
  return (name === '' ? port : { name, ...port }) as EndpointPort;
}

function byAddress(a: Address, b: Address): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0;
}
