import type { KubeObject } from '../../../object/object.ts';
import type { Informer } from '../../../reconciler/informer.ts';

/**
 * What Services and EndpointSlices say, for DNS and for the relays. Reads informers' stores; holds
 * nothing itself.
 */
export interface Endpoint {
  address: string;
  port: number;
  ready: boolean;
  /** Going away by order: no new connections, those it has may finish. */
  terminating: boolean;
  hostname: string | undefined;
}

export interface NamedPort {
  name: string;
  port: number;
  protocol: string;
}

export const sliceIndex = 'service';

/** The index that {@link ServiceDirectory} needs on the EndpointSlice informer. */
export function sliceServiceOf(slice: KubeObject): string[] {
  const service = slice.metadata.labels?.['kubernetes.io/service-name'];
  return service === undefined ? [] : [`${slice.metadata.namespace ?? ''}/${service}`];
}

export class ServiceDirectory {
  readonly #services: Informer;
  readonly #slices: Informer;

  constructor(services: Informer, slices: Informer) {
    this.#services = services;
    this.#slices = slices;
    slices.addIndex(sliceIndex, sliceServiceOf);
  }

  service(namespace: string, name: string): KubeObject | undefined {
    return this.#services.store.get(`${namespace}/${name}`);
  }

  /** Ports that the slices of a Service name; of the first slice that has any. */
  ports(namespace: string, name: string): NamedPort[] {
    for (const slice of this.#slicesOf(namespace, name)) {
      if ((slice.ports ?? []).length > 0) return slice.ports.map(portOf);
    }
    return [];
  }

  /** Endpoints of one port by name; `portName` undefined gives every endpoint once, port 0. */
  endpoints(namespace: string, name: string, portName?: string): Endpoint[] {
    const found = new Map<string, Endpoint>();
    for (const slice of this.#slicesOf(namespace, name)) {
      if (slice.addressType !== 'IPv4') continue;
      const ports: NamedPort[] = (slice.ports ?? []).map(portOf);
      const port = portName === undefined ? 0 : ports.find((p) => p.name === portName)?.port;
      if (port === undefined) continue;
      for (const entry of slice.endpoints ?? []) {
        for (const endpoint of endpointsOf(entry, port)) {
          found.set(`${endpoint.address}:${port}`, endpoint);
        }
      }
    }
    return [...found.values()];
  }

  #slicesOf(namespace: string, name: string): readonly KubeObject[] {
    return this.#slices.store.indexed(sliceIndex, `${namespace}/${name}`);
  }
}

function portOf(port: { name?: string; port?: number; protocol?: string }): NamedPort {
  return { name: port.name ?? '', port: port.port ?? 0, protocol: port.protocol ?? 'TCP' };
}

interface SliceEndpoint {
  addresses?: string[];
  hostname?: string;
  conditions?: { ready?: boolean; terminating?: boolean };
}

function endpointsOf(entry: SliceEndpoint, port: number): Endpoint[] {
  return (entry.addresses ?? []).map((address) => ({
    address,
    port,
    // Unknown is to be taken as ready (discovery.k8s.io/v1).
    ready: entry.conditions?.ready ?? true,
    terminating: entry.conditions?.terminating ?? false,
    hostname: entry.hostname,
  }));
}
