import { hostname } from 'node:os';
import type { Logger } from '../log/log.ts';
import { apiVersionOf, type KubeObject, microTimestamp } from '../object/object.ts';
import { type Finding, repairAddresses } from './apis/core/address-repair.ts';
import type { NodePortAllocator } from './apis/core/node-port.ts';
import { NodePortRepair } from './apis/core/node-port-repair.ts';
import type { BootstrapPort, ObjectRef } from './bootstrap/reconcile.ts';
import type { Services } from './verbs/services.ts';
import { fresh } from './verbs/stored.ts';
import type { Listers } from './watch/view.ts';

/** How often upstream looks, too. */
const intervalMs = 180_000;

const networking = 'networking.k8s.io';

export interface ServiceRepair {
  start(): void;
  /** Resolves when no pass is under way any more. */
  stop(): Promise<void>;
}

/** Cluster IPs and node ports are held against the Services, now and then every three minutes. */
export function makeServiceRepair(parts: {
  listers: Listers;
  writer: BootstrapPort;
  nodePorts: NodePortAllocator;
  services: Services;
  log: Logger;
}): ServiceRepair {
  const { listers, writer, log } = parts;
  const services = listers.lister('', 'services');
  const ranges = listers.lister(networking, 'servicecidrs');
  const addresses = listers.lister(networking, 'ipaddresses');
  const at = (name: string): ObjectRef => ({
    group: networking,
    resource: 'ipaddresses',
    namespace: '',
    name,
  });
  const ofAddresses = new Reporter('ipallocator-repair-controller', writer, log);
  const ofPorts = new Reporter('portallocator-repair-controller', writer, log);
  const read = async ({ group, resource, namespace, name }: ObjectRef) => {
    const found = parts.services.resources.find(group, 'v1', resource);
    if (found === undefined) return undefined;
    return (await fresh(parts.services, found, { namespace, name }))?.object;
  };
  const ports = new NodePortRepair(parts.nodePorts, {
    services: () => allServices(parts.services),
    report: (about, finding) => ofPorts.report('Service', about, finding),
  });

  async function once(): Promise<void> {
    // what the server itself has just written may not be back from etcd yet
    await upToDate(parts.services);
    await repairAddresses({
      services: () => services.list(''),
      serviceCidrs: () => ranges.list(''),
      addresses: () => addresses.list(''),
      readService: (namespace, name) => read({ group: '', resource: 'services', namespace, name }),
      readAddress: (name) => read(at(name)),
      create: (address) => writer.create(at(address.metadata.name ?? ''), address),
      remove: (name) => writer.delete(at(name)),
      report: (about, finding) => {
        const kind = finding.action === 'IPAddressAllocation' ? 'IPAddress' : 'Service';
        ofAddresses.report(kind, about, finding);
      },
      now: Date.now,
    });
    await ofAddresses.flush();
    await ports.run();
    await ofPorts.flush();
  }

  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
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
    start: pass,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
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

/** Writes one Event for what a pass finds, unless the pass before found it, too. */
class Reporter {
  readonly #controller: string;
  readonly #writer: BootstrapPort;
  readonly #log: Logger;
  #known = new Set<string>();
  #found = new Map<string, KubeObject>();

  constructor(controller: string, writer: BootstrapPort, log: Logger) {
    this.#controller = controller;
    this.#writer = writer;
    this.#log = log;
  }

  report(kind: string, about: KubeObject, finding: Finding): void {
    this.#log.warn({ controller: this.#controller, ...finding }, 'service allocation is wrong');
    const event = this.#event(kind, about, finding);
    this.#found.set(`${about.metadata.uid} ${finding.message}`, event);
  }

  async flush(): Promise<void> {
    const found = this.#found;
    this.#found = new Map();
    for (const [key, event] of found) {
      if (this.#known.has(key)) continue;
      const { namespace = '', name = '' } = event.metadata;
      await this.#writer.create({ group: '', resource: 'events', namespace, name }, event);
    }
    this.#known = new Set(found.keys());
  }

  #event(kind: string, { metadata }: KubeObject, { reason, action, message }: Finding): KubeObject {
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = metadata;
    const time = new Date();
    const nanoseconds = BigInt(time.getTime()) * 1_000_000n + BigInt(this.#found.size);
    const group = kind === 'Service' ? '' : networking;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${nanoseconds.toString(16)}`,
        namespace: namespace || 'default',
      },
      involvedObject: {
        kind,
        apiVersion: apiVersionOf({ group, version: 'v1' }),
        name,
        ...(namespace === '' ? {} : { namespace }),
        uid,
        resourceVersion,
      },
      reason,
      message,
      type: 'Warning',
      action,
      eventTime: microTimestamp(time),
      firstTimestamp: null,
      lastTimestamp: null,
      source: {},
      reportingComponent: this.#controller,
      reportingInstance: `${this.#controller}-${hostname()}`,
    };
  }
}
