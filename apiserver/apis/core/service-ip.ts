import { randomInt } from 'node:crypto';
import type { KubeObject } from '../../../object/object.ts';
import { type Cidr, familyOf, type IpFamily, ipNumber, ipText, parseCidr } from '../ip-format.ts';
import type { Plain } from '../plain.ts';

/**
 * Cluster IPs: every address in use is an IPAddress object named by it, so that creating the object
 * is taking the address, for every API server alike (KEP-1880, registry/core/service/ipallocator).
 */

/** What the allocator needs of the server. */
export interface AddressPorts {
  /** ServiceCIDR objects, as cached. */
  serviceCidrs(): readonly KubeObject[];
  /** Whether an IPAddress of this name is in the cache: a guess that saves a write. */
  isKnown(address: string): boolean;
  /** False when it exists already. */
  create(ipAddress: KubeObject): Promise<boolean>;
  /** Gone already is fine. */
  remove(address: string): Promise<void>;
}

/** Why an address cannot be had, in upstream's words. */
export class AllocationError extends Error {}

const rangeFull = 'range is full';

export class ServiceIpAllocator {
  readonly #ports: AddressPorts;

  constructor(ports: AddressPorts) {
    this.#ports = ports;
  }

  /** Takes the address asked for. @throws AllocationError */
  async take(service: KubeObject, ip: string, dryRun: boolean): Promise<void> {
    const family = familyOf(ip);
    const value = ipNumber(ip);
    if (value === undefined || !this.#ready(family).some((cidr) => isUsable(cidr, value))) {
      throw new AllocationError('the provided network does not match the current range');
    }
    if (dryRun) return;
    const made = await this.#ports.create(ipAddress(service, ip));
    if (!made) throw new AllocationError('provided IP is already allocated');
  }

  /**
   * Takes any free address. Each range is tried from a random place in its upper part on; the lower
   * part, where people choose addresses by hand, comes last (KEP-3070). @throws AllocationError
   */
  async takeAny(service: KubeObject, family: IpFamily, dryRun: boolean): Promise<string> {
    for (const cidr of this.#ready(family)) {
      if (dryRun) return ipText(cidr.first, cidr.family);
      const { first, last } = usable(cidr);
      const border = first + BigInt(staticBand(cidr));
      const parts = [
        { from: border, to: last },
        { from: first, to: border - 1n },
      ];
      for (const { from, to } of parts) {
        const ip = await this.#takeBetween(service, family, from, to);
        if (ip !== undefined) return ip;
      }
    }
    throw new AllocationError(rangeFull);
  }

  async release(ip: string): Promise<void> {
    await this.#ports.remove(ip);
  }

  async #takeBetween(
    service: KubeObject,
    family: IpFamily,
    from: bigint,
    to: bigint,
  ): Promise<string | undefined> {
    const size = to - from + 1n;
    if (size <= 0n) return undefined;
    const start = randomBelow(size);
    for (let i = 0n; i < size; i++) {
      const ip = ipText(from + ((start + i) % size), family);
      if (this.#ports.isKnown(ip)) continue;
      // Another server may have been faster: on to the next.
      if (await this.#ports.create(ipAddress(service, ip))) return ip;
    }
    return undefined;
  }

  #ready(family: IpFamily | undefined): Cidr[] {
    const found: Cidr[] = [];
    for (const object of this.#ports.serviceCidrs()) {
      if (!isReady(object)) continue;
      for (const text of object.spec?.cidrs ?? []) {
        const cidr = parseCidr(text);
        if (cidr !== undefined && cidr.family === family) found.push(cidr);
      }
    }
    return found;
  }
}

/** Without a condition it counts as ready: the controller that sets it may not run yet. */
function isReady({ metadata, status }: KubeObject): boolean {
  if (metadata.deletionTimestamp) return false;
  const ready = (status?.conditions ?? []).find((c: Plain) => c.type === 'Ready');
  return ready === undefined || ready.status === 'True';
}

/** Neither the network's own address nor, in IPv4, the broadcast address. */
function usable(cidr: Cidr): { first: bigint; last: bigint } {
  return { first: cidr.first + 1n, last: cidr.family === 'IPv4' ? cidr.last - 1n : cidr.last };
}

export function isUsable(cidr: Cidr, address: bigint): boolean {
  const { first, last } = usable(cidr);
  return address >= first && address <= last;
}

/** Addresses at the beginning that are given out last: a sixteenth, between 16 and 256. */
function staticBand(cidr: Cidr): number {
  const { first, last } = usable(cidr);
  const size = last - first + 1n;
  if (size < 16n) return 0;
  const share = size / 16n;
  return Number(share < 16n ? 16n : share > 256n ? 256n : share);
}

/** Large IPv6 ranges exceed a random integer; their first 2^47 addresses are room enough to start. */
function randomBelow(size: bigint): bigint {
  const bound = 2n ** 47n;
  return BigInt(randomInt(Number(size < bound ? size : bound)));
}

export const familyLabel = 'ipaddress.kubernetes.io/ip-family';
export const managedByAllocator = {
  'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
};

export function ipAddress(service: KubeObject, ip: string): KubeObject {
  const { namespace = '', name = '' } = service.metadata;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: ip,
      labels: {
        [familyLabel]: familyOf(ip) ?? '',
        ...managedByAllocator,
      },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
}
