import type { Logger } from '../log/log.ts';
import type { Aggregator } from './aggregator.ts';
import type { EndpointReconciler } from './bootstrap/endpoint-reconciler.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import { bootstrap } from './bootstrap-run.ts';
import type { ServerConfig } from './config.ts';
import type { Credentials } from './credentials.ts';
import type { Lifecycle } from './lifecycle.ts';
import { keepOwnObjects } from './own-objects.ts';
import type { Store } from './storage/store.ts';
import type { WatchCache } from './watch/cache.ts';
import type { ResourceCache } from './watch/resource-cache.ts';

/** What has to be there before the server says that it is ready, step by step: health checks tell of each. */
export async function startUp(
  config: ServerConfig,
  lifecycle: Lifecycle,
  parts: {
    cache: WatchCache;
    /** What the server reads by itself. */
    inner: ReadonlyMap<string, ResourceCache>;
    custom: { start(): Promise<void> };
    aggregator: Aggregator;
    port: BootstrapPort;
    store: Store;
    credentials: Credentials;
    log: Logger;
    securePort: number;
  },
): Promise<EndpointReconciler | undefined> {
  const { cache, inner, custom, aggregator, port } = parts;
  await cache.start();
  await Promise.all([...inner.values()].map((listed) => listed.ready()));
  lifecycle.finish('caches');
  await lifecycle.step('custom resources', custom.start());
  const kept = keepOwnObjects(config, parts);
  await Promise.all([
    lifecycle.step('own objects', kept),
    lifecycle.step('bootstrap policy', bootstrap(port, config.services.cidrs)),
    lifecycle.step('aggregation', aggregator.start(port)),
  ]);
  return kept;
}
