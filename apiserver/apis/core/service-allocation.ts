import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import { internalError, invalid, type StatusCause } from '../../../object/status-error.ts';
import type { IpFamily } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { type NodePortAllocator, PortError } from './node-port.ts';
import { type PortRequest, portRequests } from './node-port-requests.ts';
import { chooseFamilies } from './service-families.ts';
import { AllocationError, type ServiceIpAllocator } from './service-ip.ts';
import { hasNodePorts, isHeadless } from './service-needs.ts';

/**
 * The addresses and ports of Services around a write (registry/core/service/storage/alloc.go).
 * Runs after prepare and before validation; whoever writes commits or reverts.
 */
export interface Allocation {
  /** The write went through: what the old Service no longer uses is given back. */
  commit(): Promise<void>;
  /** The write failed: what was taken for it is given back. */
  revert(): Promise<void>;
}

export class ServiceAllocator {
  readonly #families: readonly IpFamily[];
  readonly #ips: ServiceIpAllocator;
  readonly #nodePorts: NodePortAllocator;

  /** `families` of the cluster, the default one first: those of --service-cluster-ip-range. */
  constructor(
    families: readonly IpFamily[],
    ips: ServiceIpAllocator,
    nodePorts: NodePortAllocator,
  ) {
    this.#families = families;
    this.#ips = ips;
    this.#nodePorts = nodePorts;
  }

  /** Fills in clusterIPs, ipFamilies and node ports of `next`. @throws StatusError 422, 500 */
  async allocate(
    next: KubeObject,
    old: KubeObject | undefined,
    dryRun: boolean,
  ): Promise<Allocation> {
    const problems = chooseFamilies(next.spec, old?.spec, this.#families);
    if (problems.length > 0) throw refusal(next, problems);
    const ips = await this.#allocateIps(next, old, dryRun);
    try {
      const ports = await this.#allocatePorts(next, old?.spec, dryRun);
      return this.#allocation(dryRun, { ips, ports }, released(next.spec, old?.spec));
    } catch (error) {
      if (!dryRun) for (const ip of ips) await this.#ips.release(ip);
      throw error;
    }
  }

  /** A deleted Service gives everything back. */
  async release({ spec }: KubeObject): Promise<void> {
    if (!isHeadless(spec)) for (const ip of spec.clusterIPs ?? []) await this.#ips.release(ip);
    await this.#nodePorts.release(portsOf(spec));
  }

  #allocation(dryRun: boolean, taken: Holdings, freed: Holdings): Allocation {
    const give = async ({ ips, ports }: Holdings): Promise<void> => {
      if (dryRun) return;
      for (const ip of ips) await this.#ips.release(ip);
      await this.#nodePorts.release(ports);
    };
    return { commit: () => give(freed), revert: () => give(taken) };
  }

  async #allocateIps(
    next: KubeObject,
    old: KubeObject | undefined,
    dryRun: boolean,
  ): Promise<string[]> {
    const { spec } = next;
    if (spec.type === 'ExternalName' || isHeadless(spec)) return [];
    const before = new Set<string>(old?.spec.clusterIPs ?? []);
    const ips: string[] = [...(spec.clusterIPs ?? [])];
    const taken: string[] = [];
    try {
      for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
        const asked = ips[i];
        if (asked !== undefined && before.has(asked)) continue;
        // An address that was changed is refused by validation; nothing is taken for it.
        if (asked !== undefined && i === 0 && before.size > 0) continue;
        if (asked === undefined || asked === '') {
          ips[i] = await this.#ips.takeAny(next, family, dryRun);
        } else await this.#ips.take(next, asked, dryRun);
        taken.push(ips[i] ?? '');
      }
    } catch (error) {
      if (!dryRun) for (const ip of taken) await this.#ips.release(ip);
      throw ipRefusal(next, ips[taken.length], error);
    }
    spec.clusterIPs = ips;
    spec.clusterIP = ips[0];
    return taken;
  }

  async #allocatePorts(
    next: KubeObject,
    old: Plain | undefined,
    dryRun: boolean,
  ): Promise<number[]> {
    const requests = portRequests(next.spec, old);
    try {
      const wanted = requests.map(({ port }) => port);
      const taken = await this.#nodePorts.take(wanted, dryRun);
      for (const [i, request] of requests.entries()) request.assign?.(taken[i] ?? 0);
      return taken;
    } catch (error) {
      throw error instanceof PortError ? portRefusal(next, requests, error) : error;
    }
  }
}

interface Holdings {
  ips: readonly string[];
  ports: readonly number[];
}

/** Node ports in use, each once. */
function portsOf(spec: Plain): number[] {
  const ports = new Set<number>();
  if (hasNodePorts(spec)) {
    for (const { nodePort } of spec.ports ?? []) if (nodePort) ports.add(nodePort);
    if (spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort);
  }
  return [...ports];
}

function released(next: Plain, old: Plain | undefined): Holdings {
  if (old === undefined) return { ips: [], ports: [] };
  const ips = new Set<string>(next.clusterIPs ?? []);
  const ports = new Set(portsOf(next));
  const before: string[] = isHeadless(old) ? [] : (old.clusterIPs ?? []);
  return {
    ips: before.filter((ip) => !ips.has(ip)),
    ports: portsOf(old).filter((port) => !ports.has(port)),
  };
}

function refusal(service: KubeObject, causes: StatusCause[]): Error {
  return invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', causes);
}

function ipRefusal(service: KubeObject, ip: string | undefined, error: unknown): unknown {
  if (!(error instanceof AllocationError)) return error;
  if (!ip) return internalError(`failed to allocate a serviceIP: ${error.message}`);
  const text = `failed to allocate IP ${ip}: ${error.message}`;
  return refusal(service, [fieldInvalid('spec.clusterIPs', service.spec.clusterIPs, text)]);
}

function portRefusal(service: KubeObject, requests: PortRequest[], error: PortError): Error {
  const { entry, port = 'any' } = requests[error.index] ?? {};
  if (entry === undefined) {
    const asked =
      port === 'any' ? 'a HealthCheck NodePort 0' : `requested HealthCheck NodePort ${port}`;
    return internalError(`failed to allocate ${asked}: ${error.message}`);
  }
  if (port === 'any') return internalError(`failed to allocate a nodePort: ${error.message}`);
  return refusal(service, [fieldInvalid(`spec.ports[${entry}].nodePort`, port, error.message)]);
}
