import type { Logger } from '../log/log.ts';
import { kubernetesService } from './bootstrap/cluster-objects.ts';
import {
  type EndpointReconciler,
  makeEndpointReconciler,
  masterLease,
  type MasterLeases,
} from './bootstrap/endpoint-reconciler.ts';
import { type BootstrapPort, ensureExists } from './bootstrap/reconcile.ts';
import { kubernetesServiceIp, type ServerConfig } from './config.ts';
import { encodeStored } from './storage/codec.ts';
import { KeyExists, type Store } from './storage/store.ts';

export interface OwnObjectParts {
  port: BootstrapPort;
  store: Store;
  log: Logger;
  securePort: number;
}

/** What every API server keeps about itself: the kubernetes Service and its endpoints. */
export async function keepOwnObjects(
  config: ServerConfig,
  parts: OwnObjectParts,
): Promise<EndpointReconciler | undefined> {
  const { port, log, store, securePort } = parts;
  const clusterIP = kubernetesServiceIp(config);
  const service = ensureExists(
    port,
    { group: '', resource: 'services', namespace: 'default', name: 'kubernetes' },
    kubernetesService({
      clusterIP,
      servicePort: 443,
      targetPort: securePort,
      nodePort: config.services.kubernetesNodePort,
    }),
  );
  await Promise.all([service, ensureAddress(port, clusterIP)]);
  if (!config.services.reconcileEndpoints) return undefined;
  const reconciler = makeEndpointReconciler({
    leases: masterLeases(store, `${config.storage.prefix}/masterleases/`),
    port,
    ip: config.listen.advertiseAddress,
    securePort,
    onError: (error) =>
      log.warn({ error }, 'the endpoints of the kubernetes Service are not up to date'),
  });
  await reconciler.start();
  return reconciler;
}

/** The kubernetes Service is made by the server itself: its address is marked as taken the same way. */
async function ensureAddress(port: BootstrapPort, ip: string): Promise<void> {
  const ref = { group: 'networking.k8s.io', resource: 'ipaddresses', namespace: '', name: ip };
  await ensureExists(port, ref, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: ip,
      labels: {
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        'ipaddress.kubernetes.io/ip-family': ip.includes(':') ? 'IPv6' : 'IPv4',
      },
    },
    spec: {
      parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' },
    },
  });
}

function masterLeases(store: Store, prefix: string): MasterLeases {
  let generation = 0;
  return {
    async list() {
      const { items } = await store.list(prefix, { keysOnly: true });
      return items.map(({ key }) => key.slice(prefix.length));
    },
    async renew(ip, ttlSeconds) {
      const key = prefix + ip;
      for (;;) {
        generation += 1;
        const value = encodeStored(masterLease(ip, generation));
        const { item } = await store.get(key);
        try {
          if (item === undefined) {
            await store.create(key, value, { ttlSeconds });
            return;
          }
          if ((await store.update(key, value, item.modRevision, { ttlSeconds })).ok) return;
        } catch (error) {
          if (!(error instanceof KeyExists)) throw error;
        }
      }
    },
    async remove(ip) {
      const { item } = await store.get(prefix + ip);
      if (item !== undefined) await store.delete(prefix + ip, item.modRevision);
    },
  };
}
