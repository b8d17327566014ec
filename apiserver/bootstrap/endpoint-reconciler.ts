import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { BootstrapPort, ObjectRef } from './reconcile.ts';

/**
 * Keeps `default/kubernetes` pointing at the API servers that live: each server holds a lease on its
 * address and writes Endpoints and EndpointSlice from all leases. A server that dies is gone when its
 * lease is. Source: pkg/controlplane/reconcilers/lease.go.
 */

/** `/registry/masterleases/<ip>`, shared with upstream's servers; the value is {@link masterLease}. */
export interface MasterLeases {
  /** Addresses of all leases that have not run out. */
  list(): Promise<string[]>;
  /** Makes or renews the lease of one address; it lives `ttlSeconds`. */
  renew(ip: string, ttlSeconds: number): Promise<void>;
  remove(ip: string): Promise<void>;
}

export interface EndpointReconcilerOptions {
  leases: MasterLeases;
  port: BootstrapPort;
  /** `--advertise-address` */
  ip: string;
  /** Port the server listens on. */
  securePort: number;
  onError(error: Error): void;
  /** 15 unless said, as upstream; renewed at two thirds of it. */
  leaseSeconds?: number;
}

export interface EndpointReconciler {
  /** Once now, then periodically. Rejects when the first time fails. */
  start(): Promise<void>;
  /** Takes this server out: to be called before it stops accepting. */
  stop(): Promise<void>;
}

const name = 'kubernetes';
const namespace = 'default';
const portName = 'https';
const attemptsMax = 3;

/** What a lease's key holds: an Endpoints object, so that upstream's servers can read it. */
export function masterLease(ip: string, generation: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    // The generation changes with each renewal: otherwise the write would be none.
    metadata: { generation },
    subsets: [{ addresses: [{ ip }] }],
  };
}

export function makeEndpointReconciler(options: EndpointReconcilerOptions): EndpointReconciler {
  const { leases, port, ip, securePort } = options;
  const seconds = options.leaseSeconds ?? 15;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  async function publish(): Promise<void> {
    const addresses = (await leases.list()).toSorted();
    if (addresses.length === 0) {
      throw new Error(
        'no API server IP addresses were listed in storage, refusing to erase all endpoints for the kubernetes Service',
      );
    }
    await ensure(port, '', 'endpoints', endpoints(addresses, securePort));
    await ensure(port, 'discovery.k8s.io', 'endpointslices', endpointSlice(addresses, securePort));
  }

  async function once(): Promise<void> {
    await leases.renew(ip, seconds);
    await publish();
  }

  function later(): void {
    timer = setTimeout(
      () => {
        running = once()
          .catch(options.onError)
          .finally(() => {
            if (!stopped) later();
          });
      },
      (seconds * 2000) / 3,
    );
    timer.unref();
  }

  return {
    async start() {
      await once();
      if (!stopped) later();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      await leases.remove(ip);
      // The last server to go leaves its address: better a dead one than none at all.
      if ((await leases.list()).length > 0) await publish();
    },
  };
}

function endpoints(addresses: readonly string[], port: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [
      {
        addresses: addresses.map((ip) => ({ ip })),
        ports: [{ name: portName, port, protocol: 'TCP' }],
      },
    ],
  };
}

function endpointSlice(addresses: readonly string[], port: number): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: addresses[0]?.includes(':') === true ? 'IPv6' : 'IPv4',
    endpoints: addresses.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: [{ name: portName, protocol: 'TCP', port }],
  };
}

/** Other servers write the same objects: lost races are retried. */
async function ensure(
  port: BootstrapPort,
  group: string,
  resource: string,
  wanted: KubeObject,
): Promise<void> {
  const ref: ObjectRef = { group, resource, namespace, name };
  for (let attempt = 1; ; attempt++) {
    try {
      const existing = await port.get(ref);
      if (existing === undefined) return await port.create(ref, wanted);
      const { metadata, ...content } = wanted;
      const labels = { ...existing.metadata.labels, ...metadata.labels };
      const next = { ...existing, ...content, metadata: { ...existing.metadata, labels } };
      if (!isDeepStrictEqual(next, existing)) await port.update(ref, next);
      return;
    } catch (error) {
      const lostRace =
        error instanceof StatusError && ['AlreadyExists', 'Conflict'].includes(error.reason);
      if (!lostRace || attempt === attemptsMax) throw error;
    }
  }
}
