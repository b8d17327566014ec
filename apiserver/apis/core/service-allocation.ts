import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import { internalError, invalid, type StatusCause } from '../../../object/status-error.ts';
import type { IpFamily } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { type NodePortAllocator, PortError } from './node-port.ts';
import { chooseFamilies } from './service-families.ts';
import { AllocationError, type ServiceIpAllocator } from './service-ip.ts';
import { hasNodePorts, isHeadless, needsHealthCheck, needsNodePort } from './service-needs.ts';

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
    const { spec } = next;
    const before = new Set(old === undefined ? [] : portsOf(old));
    const wanted = portsOf(spec).filter((port) => !before.has(port));
    const open: ((port: number) => void)[] = [];
    if (needsNodePort(spec)) openPorts(spec, open);
    if (needsHealthCheck(spec) && !spec.healthCheckNodePort) {
      open.push((port) => {
        spec.healthCheckNodePort = port;
      });
    }
    try {
      const chosen = await this.#nodePorts.take(wanted, open.length, dryRun);
      for (const [i, port] of chosen.entries()) open[i]?.(port);
      return [...wanted, ...chosen];
    } catch (error) {
      throw portRefusal(next, error);
    }
  }
}

interface Holdings {
  ips: readonly string[];
  ports: readonly number[];
}

/** TCP and UDP of one service port share a node port, so it is chosen once. */
function openPorts(spec: Plain, open: ((port: number) => void)[]): void {
  const known = new Map<number, number>();
  for (const { port, nodePort } of spec.ports ?? []) if (nodePort) known.set(port, nodePort);
  const waiting = new Map<number, Plain[]>();
  for (const entry of spec.ports ?? []) {
    if (entry.nodePort) continue;
    const same = known.get(entry.port);
    if (same !== undefined) entry.nodePort = same;
    else waiting.set(entry.port, [...(waiting.get(entry.port) ?? []), entry]);
  }
  for (const entries of waiting.values()) {
    open.push((nodePort) => {
      for (const entry of entries) entry.nodePort = nodePort;
    });
  }
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

function portRefusal(service: KubeObject, error: unknown): unknown {
  if (!(error instanceof AllocationError)) return error;
  if (!(error instanceof PortError)) {
    return internalError(`failed to allocate a nodePort: ${error.message}`);
  }
  const { ports = [], healthCheckNodePort } = service.spec;
  if (healthCheckNodePort === error.port) {
    const text = `failed to allocate requested HealthCheck NodePort ${error.port}: ${error.message}`;
    return internalError(text);
  }
  const i = (ports as Plain[]).findIndex((p) => p.nodePort === error.port);
  return refusal(service, [fieldInvalid(`spec.ports[${i}].nodePort`, error.port, error.message)]);
}
