import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { KubeObject } from '../../../object/object.ts';
import type { Informer } from '../../../reconciler/informer.ts';
import type { Logger } from '../../../reconciler/log.ts';
import { type Result, done } from '../../../reconciler/result.ts';
import { splitKey } from '../../../reconciler/store.ts';
import type { ServiceDirectory } from './endpoints.ts';
import { Relay } from './relay.ts';

/**
 * kube-proxy's work without iptables: every ClusterIP, node port and load balancer address of a
 * Service listens, and a relay carries what comes in. Only TCP; UDP and SCTP ports are logged as
 * not carried.
 */
export interface ServiceRelaysOptions {
  services: Informer;
  directory: ServiceDirectory;
  log: Logger;
  /** Listeners on the machine outside, for one load balancer port. */
  listenOutside: (address: string, port: number) => Promise<Server>;
}

interface Listener {
  relay: Relay;
  servers: Server[];
}

interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  nodePort?: number;
}

interface Wanted {
  id: string;
  host: string;
  port: number;
  portName: string;
  outside: boolean;
}

export const relaySocketOptions = { allowHalfOpen: true, pauseOnConnect: true } as const;

/** What should listen for a Service. Pure. */
export function wantedListeners(service: KubeObject): Wanted[] {
  const { spec = {}, status = {} } = service;
  if (spec.clusterIP === 'None' || spec.type === 'ExternalName') return [];
  const tcp = ((spec.ports ?? []) as ServicePort[]).filter((p) => (p.protocol ?? 'TCP') === 'TCP');
  const wanted: Wanted[] = [];
  const add = (host: string, port: number, portName: string, outside: boolean): void => {
    wanted.push({
      id: `${outside ? 'outside ' : ''}${host}:${port}`,
      host,
      port,
      portName,
      outside,
    });
  };
  for (const { name = '', port, nodePort } of tcp) {
    for (const address of (spec.clusterIPs ?? [spec.clusterIP ?? '']) as string[]) {
      if (address.includes('.')) add(address, port, name, false);
    }
    if (nodePort !== undefined && nodePort !== 0) add('0.0.0.0', nodePort, name, false);
    for (const { ip } of (status.loadBalancer?.ingress ?? []) as { ip?: string }[]) {
      if (ip === undefined || !ip.startsWith('127.')) continue;
      add(ip, port, name, true);
      // Inside as well: what runs beside the pods (the operator) uses the same address.
      add(ip, port, name, false);
    }
  }
  return wanted;
}

export class ServiceRelays {
  readonly #options: ServiceRelaysOptions;
  /** By Service key, then by listener id. */
  readonly #running = new Map<string, Map<string, Listener>>();

  constructor(options: ServiceRelaysOptions) {
    this.#options = options;
  }

  async reconcile(key: string): Promise<Result> {
    const service = this.#options.services.store.get(key);
    const wanted = service === undefined ? [] : wantedListeners(service);
    const running = this.#running.get(key) ?? new Map<string, Listener>();
    this.#running.set(key, running);
    const ids = new Set(wanted.map((w) => w.id));
    for (const [id, listener] of running) {
      if (ids.has(id)) continue;
      listener.relay.close();
      running.delete(id);
    }
    for (const listener of wanted) {
      if (!running.has(listener.id)) running.set(listener.id, await this.#open(key, listener));
    }
    if (running.size === 0) this.#running.delete(key);
    return done;
  }

  /** The endpoints of a Service have changed. */
  refresh(key: string): void {
    for (const { relay } of this.#running.get(key)?.values() ?? []) relay.refresh();
  }

  close(): void {
    for (const listeners of this.#running.values()) {
      for (const { relay } of listeners.values()) relay.close();
    }
    this.#running.clear();
  }

  async #open(key: string, { host, port, portName, outside }: Wanted): Promise<Listener> {
    const { directory, services, log, listenOutside } = this.#options;
    const { namespace, name } = splitKey(key);
    const relay = new Relay({
      endpoints: () => directory.endpoints(namespace, name, portName),
      sticky: () => services.store.get(key)?.spec?.sessionAffinity === 'ClientIP',
    });
    const server = outside ? await listenOutside(host, port) : await listenInside(host, port);
    server.on('error', (error) => log.warn({ service: key, error }, 'a relay cannot accept'));
    relay.serve(server);
    log.debug({ service: key, host, port, outside }, 'relay open');
    return { relay, servers: [server] };
  }
}

async function listenInside(host: string, port: number): Promise<Server> {
  const server = createServer(relaySocketOptions);
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}
