import type { Logger } from '../log/log.ts';
import {
  type EndpointReconciler,
  makeEndpointReconciler,
  masterLease,
  type MasterLeases,
} from './bootstrap/endpoint-reconciler.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import type { ServerConfig } from './config.ts';
import { encodeStored } from './storage/codec.ts';
import { KeyExists, type Store } from './storage/store.ts';

export interface EndpointParts {
  port: BootstrapPort;
  store: Store;
  log: Logger;
  securePort: number;
}

/** Every API server is among the endpoints of the kubernetes Service. */
export async function keepEndpoints(
  config: ServerConfig,
  parts: EndpointParts,
): Promise<EndpointReconciler | undefined> {
  const { port, log, store, securePort } = parts;
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
