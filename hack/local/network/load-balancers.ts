import type { Server } from 'node:net';
import type { KubeObject } from '../../../object/object.ts';
import type { Cluster } from '../../../reconciler/cluster.ts';
import { services } from '../resources.ts';

/**
 * Gives every Service of type LoadBalancer a loopback address of the machine outside, on which its
 * own ports are free: 127.0.0.1 for the first, 127.0.0.2 for the next that wants the same port.
 */
export interface LoadBalancersOptions {
  cluster: Cluster;
  /** Rejects with `code` EADDRINUSE or EACCES. */
  listenOutside: (address: string, port: number) => Promise<Server>;
}

interface Held {
  address: string;
  ports: number[];
}

const candidates = Array.from({ length: 64 }, (_, i) => `127.0.0.${i + 1}`);

export class LoadBalancers {
  readonly #options: LoadBalancersOptions;
  /** Listening, and not yet taken by a relay: `address:port`. */
  readonly #reserved = new Map<string, Server>();
  /** By Service key. */
  readonly #held = new Map<string, Held>();

  constructor(options: LoadBalancersOptions) {
    this.#options = options;
  }

  /**
   * Sees to it that the Service has an address and returns the Service as it is then. Throws when
   * no loopback address has its ports free.
   */
  async assign(key: string, service: KubeObject | undefined): Promise<KubeObject | undefined> {
    const wants = service?.spec?.type === 'LoadBalancer';
    if (!wants || service === undefined) {
      this.#release(key);
      return service;
    }
    const ports = tcpPorts(service);
    const present: string | undefined = service.status?.loadBalancer?.ingress?.[0]?.ip;
    const held = this.#held.get(key);
    if (held !== undefined && held.address === present && isSame(held.ports, ports)) return service;
    const address = await this.#reserve(present, ports, held);
    this.#held.set(key, { address, ports });
    if (address === present) return service;
    const { namespace = '', name = '' } = service.metadata;
    const status = { loadBalancer: { ingress: [{ ip: address, ipMode: 'VIP' }] } };
    const target = { namespace, name, subresource: 'status' };
    return this.#options.cluster.patch(services, target, 'merge', { status });
  }

  /** The listener that {@link assign} opened, or a new one. */
  async listen(address: string, port: number): Promise<Server> {
    const id = `${address}:${port}`;
    const reserved = this.#reserved.get(id);
    this.#reserved.delete(id);
    return reserved ?? this.#options.listenOutside(address, port);
  }

  /** What no relay has taken over is closed here; the rest is its relay's. */
  #release(key: string): void {
    const held = this.#held.get(key);
    this.#held.delete(key);
    for (const port of held?.ports ?? []) {
      const id = `${held?.address}:${port}`;
      this.#reserved.get(id)?.close();
      this.#reserved.delete(id);
    }
  }

  async #reserve(
    present: string | undefined,
    ports: number[],
    held: Held | undefined,
  ): Promise<string> {
    const order = present?.startsWith('127.') ? [present, ...candidates] : candidates;
    let last: unknown;
    for (const address of order) {
      try {
        const own = held?.address === address ? held.ports : [];
        await this.#open(
          address,
          ports.filter((port) => !own.includes(port)),
        );
        return address;
      } catch (error) {
        last = error;
        if ((error as NodeJS.ErrnoException).code === 'EACCES') break;
      }
    }
    const why = last instanceof Error ? last.message : String(last);
    throw new Error(`no loopback address has the ports ${ports.join(', ')} free: ${why}`);
  }

  async #open(address: string, ports: readonly number[]): Promise<void> {
    const opened: [string, Server][] = [];
    try {
      for (const port of ports) {
        const id = `${address}:${port}`;
        if (this.#reserved.has(id)) continue;
        opened.push([id, await this.#options.listenOutside(address, port)]);
      }
    } catch (error) {
      for (const [, server] of opened) server.close();
      throw error;
    }
    for (const [id, server] of opened) this.#reserved.set(id, server);
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((port, i) => port === b[i]);
}

function tcpPorts(service: KubeObject): number[] {
  const ports: { port: number; protocol?: string }[] = service.spec?.ports ?? [];
  return ports.filter((p) => (p.protocol ?? 'TCP') === 'TCP').map((p) => p.port);
}
