import type { Logger } from '../log/log.ts';
import type { KubeObject } from '../object/object.ts';
import {
  type AddressRepairPorts,
  type Finding,
  repairAddress,
  repairService,
} from './apis/core/address-repair.ts';
import type { NodePortAllocator } from './apis/core/node-port.ts';
import { NodePortRepair } from './apis/core/node-port-repair.ts';
import { DefaultServiceCidr } from './bootstrap/default-service-cidr.ts';
import type { BootstrapPort, ObjectRef } from './bootstrap/reconcile.ts';
import type { ServerConfig } from './config.ts';
import { EventSeries } from './event-series.ts';
import { RepairQueue } from './repair-queue.ts';
import type { Services } from './verbs/services.ts';
import { fresh } from './verbs/stored.ts';
import type { Change, Listers } from './watch/view.ts';

/** How often upstream looks at all of them. */
const intervalMs = 180_000;

const networking = 'networking.k8s.io';

export interface ServiceRepair {
  /** Resolves when the default range is there. */
  start(): Promise<void>;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

interface Parts {
  listers: Listers;
  writer: BootstrapPort;
  nodePorts: NodePortAllocator;
  services: Services;
  log: Logger;
}

/**
 * Cluster IPs are held against the Services with every change of one of both, and with the node ports
 * all of them at the start and every three minutes.
 */
export function makeServiceRepair(
  { services: { cidrs } }: ServerConfig,
  parts: Parts,
): ServiceRepair {
  const { listers, log } = parts;
  const services = listers.lister('', 'services');
  const addresses = listers.lister(networking, 'ipaddresses');
  const range = new DefaultServiceCidr(parts.writer, cidrs, (error) =>
    log.warn({ error }, 'the default ServiceCIDR is not up to date'),
  );
  const ofAddresses = new Reporter('ipallocator-repair-controller', parts);
  const ofPorts = new Reporter('portallocator-repair-controller', parts);
  const cluster = addressPorts(parts, (about, finding) => {
    const isAddress = finding.action === 'IPAddressAllocation';
    ofAddresses.report(isAddress ? 'IPAddress' : 'Service', about, finding);
  });
  const dropped = (key: string, error: unknown) =>
    log.warn({ key, error }, 'repair of a service address failed');
  const serviceQueue = new RepairQueue(async (key) => {
    const [namespace = '', name = ''] = key.split('/');
    await repairService(cluster, namespace, name);
    return undefined;
  }, dropped);
  const addressQueue = new RepairQueue((name) => repairAddress(cluster, name), dropped);
  const ports = new NodePortRepair(parts.nodePorts, {
    services: () => allServices(parts.services),
    report: (about, finding) => ofPorts.report('Service', about, finding),
  });

  async function once(): Promise<void> {
    // what the server itself has just written may not be back from etcd yet
    await upToDate(parts.services);
    for (const { metadata } of services.list('')) serviceQueue.add(keyOf(metadata));
    for (const { metadata } of addresses.list('')) addressQueue.add(metadata.name ?? '');
    await ports.run();
    await Promise.all([ofAddresses.tend(), ofPorts.tend()]);
  }

  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let unsubscribe: (() => void)[] = [];
  function pass(): void {
    running = once()
      .catch((error: unknown) => {
        if (!stopped) log.warn({ error }, 'repair of service addresses and node ports failed');
      })
      .finally(() => {
        if (!stopped) timer = setTimeout(pass, intervalMs).unref();
      });
  }
  return {
    async start() {
      await range.start();
      const queued = (queue: RepairQueue) => (change: Change) => {
        // what is gone needs no repair
        if (change.type !== 'deleted') queue.add(keyOf(change.object));
      };
      unsubscribe = [
        services.onChange(queued(serviceQueue)),
        addresses.onChange(queued(addressQueue)),
      ];
      pass();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      range.stop();
      for (const end of unsubscribe) end();
      await Promise.all([running, serviceQueue.stop(), addressQueue.stop()]);
      await Promise.all([ofAddresses.written(), ofPorts.written()]);
    },
  };
}

/** As a key of the queues: addresses have no namespace. */
function keyOf({ namespace = '', name = '' }: { namespace?: string; name?: string }): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function addressPorts(
  { listers, writer, services }: Parts,
  report: AddressRepairPorts['report'],
): AddressRepairPorts {
  const cached = listers.lister('', 'services');
  const ranges = listers.lister(networking, 'servicecidrs');
  const addresses = listers.lister(networking, 'ipaddresses');
  const at = (name: string): ObjectRef => ({
    group: networking,
    resource: 'ipaddresses',
    namespace: '',
    name,
  });
  const read = async ({ group, resource, namespace, name }: ObjectRef) => {
    const found = services.resources.find(group, 'v1', resource);
    if (found === undefined) return undefined;
    return (await fresh(services, found, { namespace, name }))?.object;
  };
  return {
    service: (namespace, name) => cached.get(namespace, name),
    address: (name) => addresses.get('', name),
    serviceCidrs: () => ranges.list(''),
    readService: (namespace, name) => read({ group: '', resource: 'services', namespace, name }),
    readAddress: (name) => read(at(name)),
    create: (address) => writer.create(at(address.metadata.name ?? ''), address),
    remove: (name) => writer.delete(at(name)),
    report,
    now: Date.now,
  };
}

/** Until the caches that are judged by have everything that was written before. */
async function upToDate(services: Services): Promise<void> {
  const judged = [
    ['', 'services'],
    [networking, 'servicecidrs'],
    [networking, 'ipaddresses'],
  ] as const;
  await Promise.all(
    judged.map(async ([group, name]) => {
      const resource = services.resources.find(group, 'v1', name);
      if (resource !== undefined) await services.cacheOf(resource).consistent();
    }),
  );
}

async function allServices(services: Services): Promise<readonly KubeObject[]> {
  const resource = services.resources.find('', 'v1', 'services');
  if (resource === undefined) throw new Error('services are not served');
  const cache = services.cacheOf(resource);
  await cache.consistent();
  return cache.list({}).items.map((item) => item.object());
}

/** Logs what is found and writes Events about it, one after the other. */
class Reporter {
  readonly #controller: string;
  readonly #events: EventSeries;
  readonly #log: Logger;
  #writing: Promise<void> = Promise.resolve();

  constructor(controller: string, { writer, log }: Parts) {
    this.#controller = controller;
    this.#events = new EventSeries(controller, writer);
    this.#log = log;
  }

  report(kind: string, about: KubeObject, finding: Finding): void {
    this.#log.warn({ controller: this.#controller, ...finding }, 'service allocation is wrong');
    const group = kind === 'Service' ? '' : networking;
    this.#then(() => this.#events.record({ group, kind, about, ...finding }));
  }

  tend(): Promise<void> {
    this.#then(() => this.#events.tend());
    return this.#writing;
  }

  written(): Promise<void> {
    return this.#writing;
  }

  #then(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#log.warn({ error }, 'an event could not be written');
    });
  }
}
