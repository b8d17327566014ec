import type { Aggregator } from './aggregator.ts';
import type { EndpointReconciler } from './bootstrap/endpoint-reconciler.ts';
import { bootstrap } from './bootstrap-run.ts';
import type { ServerConfig } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type EndpointParts, keepEndpoints } from './own-endpoints.ts';
import type { WatchCache } from './watch/cache.ts';
import type { ResourceCache } from './watch/resource-cache.ts';

/** What has to be there before the server says that it is ready, step by step: health checks tell of each. */
export async function startUp(
  config: ServerConfig,
  lifecycle: Lifecycle,
  parts: EndpointParts & {
    cache: WatchCache;
    /** What the server reads by itself. */
    inner: ReadonlyMap<string, ResourceCache>;
    custom: { start(): Promise<void> };
    aggregator: Aggregator;
    /** Objects that are kept as they should be. */
    kept: readonly { start(): Promise<void> }[];
  },
): Promise<EndpointReconciler | undefined> {
  const { cache, inner, custom, aggregator, port } = parts;
  await cache.start();
  await Promise.all([...inner.values()].map((listed) => listed.ready()));
  lifecycle.finish('caches');
  await lifecycle.step('custom resources', custom.start());
  const endpoints = keepEndpoints(config, parts);
  const kept = parts.kept.map((one) => one.start());
  await Promise.all([
    lifecycle.step('own objects', Promise.all([endpoints, ...kept])),
    lifecycle.step('bootstrap policy', bootstrap(port, config.services.cidrs)),
    lifecycle.step('aggregation', aggregator.start(port)),
  ]);
  return endpoints;
}
