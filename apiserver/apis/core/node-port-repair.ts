import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import type { Finding } from './address-repair.ts';
import type { NodePortAllocator } from './node-port.ts';

/**
 * Makes the bitmap of node ports say what the Services say: what a write that was cut off leaves
 * behind is found and given back.
 * Source: pkg/registry/core/service/portallocator/controller/repair.go.
 */

/** A port no Service has may belong to one that is being written: it is kept for this many passes. */
const passesBeforeRelease = 3;

export interface NodePortRepairPorts {
  /** All of them, no older than the call. */
  services(): Promise<readonly KubeObject[]>;
  report(about: KubeObject, finding: Finding): void;
}

export class NodePortRepair {
  readonly #allocator: NodePortAllocator;
  readonly #ports: NodePortRepairPorts;
  /** Ports without a Service, and for how many more passes they are kept. */
  #suspects = new Map<number, number>();

  constructor(allocator: NodePortAllocator, ports: NodePortRepairPorts) {
    this.#allocator = allocator;
    this.#ports = ports;
  }

  /** One pass. Does nothing when others change the ports meanwhile: the next one will see. */
  async run(): Promise<void> {
    await this.#allocator.replace(async (stored) => {
      const inUse = this.#claims(await this.#ports.services(), stored);
      const kept = [...stored].filter((port) => !inUse.has(port) && this.#keeps(port));
      this.#suspects = new Map([...this.#suspects].filter(([port]) => kept.includes(port)));
      return new Set([...inUse, ...kept]);
    });
  }

  #claims(services: readonly KubeObject[], stored: ReadonlySet<number>): Set<number> {
    const range = this.#allocator.range;
    const inUse = new Set<number>();
    for (const service of services) {
      for (const port of nodePorts(service['spec'])) {
        const report = (reason: string, message: string) =>
          this.#ports.report(service, { reason, action: 'PortAllocation', message });
        if (port < range.first || port > range.last) {
          report(
            'PortOutOfRange',
            `Port ${port} is not within the port range ${range.first}-${range.last}; please recreate service`,
          );
        } else if (inUse.has(port)) {
          report(
            'PortAlreadyAllocated',
            `Port ${port} was assigned to multiple services; please recreate service`,
          );
        } else {
          inUse.add(port);
          if (!stored.has(port)) {
            report('PortNotAllocated', `Port ${port} is not allocated; repairing`);
          }
        }
      }
    }
    return inUse;
  }

  #keeps(port: number): boolean {
    const left = this.#suspects.get(port) ?? passesBeforeRelease - 1;
    this.#suspects.set(port, left - 1);
    return left > 0;
  }
}

/** A port is named twice when the Service has it twice for one protocol. */
function nodePorts(spec: Plain): number[] {
  const found: number[] = [];
  const protocols = new Map<number, Set<string>>();
  for (const { nodePort, protocol } of (spec['ports'] ?? []) as Plain[]) {
    if (!nodePort) continue;
    const seen = protocols.get(nodePort) ?? new Set();
    if (seen.size === 0 || seen.has(protocol)) found.push(nodePort);
    protocols.set(nodePort, seen.add(protocol));
  }
  const health: number = spec['healthCheckNodePort'] ?? 0;
  const taken = protocols.get(health);
  if (health !== 0 && (taken === undefined || taken.has('TCP'))) found.push(health);
  return found;
}
