import type { LeveledLogger as Log } from '../log/log.ts';
import { decodeStoredProtobuf } from '../schema/protobuf.ts';
import { schemaFor } from '../schema/built-in.ts';
import { admissionOf } from './admission-plugins.ts';
import { admissionStore } from './admission-store.ts';
import { makeAggregator } from './aggregator.ts';
import { catalog } from './apis/catalog.ts';
import { withoutPrivileged } from './apis/core/privileged.ts';
import { makeResource } from './apis/make-resource.ts';
import { makeAuthenticationTrust } from './authentication-trust.ts';
import { makeImpersonate } from './authn/impersonate.ts';
import { virtualResources } from './reviews.ts';
import { subresources } from './subresources.ts';
import { makeAuthorize } from './authz/authorize.ts';
import { makeBootstrapKeeper } from './bootstrap-keeper.ts';
import { internalWriter } from './bootstrap-run.ts';
import { externalAddress, type ServerConfig } from './config.ts';
import type { KindDefinition, Resource } from './apis/resource.ts';
import { makeCustomResources } from './custom-resources.ts';
import { loadCredentials } from './credentials.ts';
import { makeFlowSchemaStatus } from './flow-schema-status.ts';
import { serverChecks } from './health/server-checks.ts';
import { makeKubernetesService } from './kubernetes-service.ts';
import { makeLastUsedLabels, makeTokenTracking } from './legacy-tokens.ts';
import { Lifecycle } from './lifecycle.ts';
import { makeMetrics } from './metrics/metrics.ts';
import { exposeServerMetrics } from './metrics/server-metrics.ts';
import { pipeline } from './pipeline.ts';
import { makeDeadline } from './request/deadline.ts';
import { describe } from './request/describe.ts';
import { makeFilters } from './request/filters.ts';
import { type HandleOptions, handleRequest, handleUpgrade } from './request/handle.ts';
import { type Listener, listen } from './request/listener.ts';
import { openIdDocuments } from './open-id.ts';
import { openApiPaths } from './routing/openapi-paths.ts';
import { makePaths } from './routing/paths.ts';
import { ResourceTable } from './apis/resource-table.ts';
import { makeRoute } from './routing/route.ts';
import { makeSecurity } from './security.ts';
import { makeServiceRepair } from './service-repair.ts';
import { startUp } from './start-up.ts';
import { storedForm, storedResources } from './stored-form.ts';
import { MeasuredStore, resourceByKey } from './storage/measured.ts';
import { openStore } from './storage/open.ts';
import { makeCaches, makeServices } from './verbs/make-services.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import type { EndpointReconciler } from './bootstrap/endpoint-reconciler.ts';
import { auditStage, flowControlStage } from './observers.ts';
import { Compactor } from './storage/compaction.ts';
import { nodePortAllocator, writeHooks } from './write-hooks.ts';
import { WatchCache } from './watch/cache.ts';
import type { ResourceCache } from './watch/resource-cache.ts';
import { CacheListers } from './watch/lister.ts';

/** A server that answers. */
export interface RunningServer {
  port: number;
  /** Resolves when /readyz is ok. */
  ready: Promise<void>;
  /** Graceful: no request in flight is lost. Resolves when everything is closed. */
  stop(): Promise<void>;
}

/** Requests in flight at a shutdown get this long after the listener has closed. */
const drainMs = 30_000;

/** Builds every part once, in the order in which they depend on each other. No logic of its own. */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  const lifecycle = new Lifecycle();
  let listener: Listener | undefined;
  const credentials = await loadCredentials(config, log, (identity) =>
    listener?.replaceIdentity(identity),
  );
  const { gates, apis, gitVersion } = config.features;
  const metrics = makeMetrics(config.observability);
  const { registry } = metrics;
  const database = await openStore(config.storage, log);
  const resourceOf = resourceByKey(config.storage.prefix, storedResources);
  const measured = new MeasuredStore(database, registry, resourceOf);
  const stored = await storedForm(measured, config.storage, log, registry);
  const { store } = stored;
  const cache = new WatchCache(store, {
    prefix: `${config.storage.prefix}/`,
    log,
    protobuf: decodeStoredProtobuf,
  });
  const resources = new ResourceTable(
    (resource) => resource.custom === undefined && !apis.served(resource),
  );
  resources.add(
    catalog.map((definition) =>
      makeResource(
        configured(definition, config),
        (kind) => schemaFor(kind) ?? { type: 'object' },
        config.storage.prefix,
      ),
    ),
  );
  const { cacheOf, viewOf, knownCache, respec } = makeCaches(cache, resources);
  const { listers, inner } = innerListers(resources, cacheOf);
  const audit = auditStage(config, log, registry);
  const own = (): BootstrapPort => writer;
  const security = await makeSecurity(config, {
    credentials,
    listers,
    log,
    metrics,
    onUnauthorized: audit.unauthorized,
    onSecretUse: makeLastUsedLabels(own, log),
  });
  const reads = admissionStore(resources, () => services);
  const nodePorts = nodePortAllocator(config, store);
  const services = makeServices({
    store,
    cache,
    cacheOf,
    viewOf,
    resources,
    admission: admissionOf(config, {
      listers,
      authorize: security.authorize,
      reads,
      own,
      registry,
    }),
    authorize: security.authorize,
    hooks: writeHooks(config, { security, listers, resources, reads, nodePorts, writer: own }),
    minRequestTimeoutMs: config.limits.minRequestTimeoutMs,
    deleteCollectionWorkers: config.storage.deleteCollectionWorkers,
    watchList: gates.enabled('WatchList'),
  });
  const flowControl = flowControlStage(config, listers, registry);
  const compactor = new Compactor(store, log, config.storage.compactionIntervalMs);
  exposeServerMetrics(registry, {
    gates,
    store,
    resources,
    cacheOf: knownCache,
    config: config.storage,
    gitVersion,
  });
  const writer = internalWriter(services, resources);
  const schemas = makeFlowSchemaStatus({ services, resources, listers, log });
  const repair = makeServiceRepair(config, { listers, writer, nodePorts, services, log });
  const trust = makeAuthenticationTrust(config, { listers, writer, credentials, log });
  const tracking = makeTokenTracking({ listers, writer, log });
  const keeper = makeBootstrapKeeper({ listers, writer, log });
  const { fair, livezGraceMs } = config.limits;
  const unsynced = (): string[] => [...inner].filter(([, c]) => !c.isReady).map(([kind]) => kind);
  const health = { store, lifecycle, unsynced, fair, livezGraceMs };
  const checks = serverChecks({ ...health, ...config.storage });
  const aggregating = { listers, resources, services: () => services, registry, log };
  const aggregator = makeAggregator(config, aggregating);
  const paths = makePaths({
    resources,
    remote: aggregator.apis,
    local: aggregator.local,
    gitVersion,
    storageVersionHash: gates.enabled('StorageVersionHash'),
    serverAddress: externalAddress(config),
    health: checks,
    flowDumps: flowControl.dumps,
    metrics,
    profiling: config.observability.profiling,
    log,
    openId: openIdDocuments(config, credentials),
    flags: gates.enabled('ComponentFlagz') ? config.flagTexts : undefined,
    startedAt: gates.enabled('ComponentStatusz') ? new Date() : undefined,
    openApi: openApiPaths(resources, aggregator.openApi),
  });
  const options: HandleOptions = {
    filters: makeFilters({
      ...config.http,
      retryAfter: config.limits.shutdownRetryAfter,
      lifecycle,
    }),
    compress: gates.enabled('APIResponseCompression'),
    stages: pipeline({
      describe,
      deadline: makeDeadline({ requestTimeoutMs: config.limits.requestTimeoutMs }),
      authenticate: security.authenticate,
      audit: audit.stage,
      impersonate: makeImpersonate({ authorize: security.authorize }),
      flowControl: flowControl.stage,
      authorize: makeAuthorize({
        authorize: security.authorize,
        observe: metrics.access.authorized,
      }),
      route: metrics.requests.counted(
        makeRoute({
          resources,
          services,
          ...paths,
          subresource: subresources(config, credentials),
          virtual: virtualResources(config, security),
          aggregated: aggregator.passOn,
          complete: () => lifecycle.isDone('custom resources') && lifecycle.isDone('aggregation'),
        }),
      ),
    }),
    lifecycle,
    log,
    panicked: audit.panicked,
    observe: (context, code, durationMs) => metrics.requests.observe(context, code, durationMs),
  };
  listener = await listen({
    ...config.listen,
    tls: credentials.identity(),
    handle: (exchange) => handleRequest(exchange, options),
    onHandshakeError: metrics.requests.handshakeFailed,
    upgrade: (request, socket, head) => handleUpgrade(request, socket, head, options),
  });
  log.info({ port: listener.address.port }, 'listening');
  const custom = makeCustomResources(config, {
    services,
    resources,
    listers,
    metrics,
    respec,
    log,
  });
  const securePort = listener.address.port;
  const service = makeKubernetesService(config.services, { writer, securePort, log });
  let endpoints: EndpointReconciler | undefined;
  const ready = (async () => {
    const kept = [trust, tracking, keeper, service];
    const parts = { cache, inner, custom, aggregator, kept, store, log, securePort };
    endpoints = await startUp(config, lifecycle, { ...parts, port: writer });
    compactor.start();
    await repair.start();
    if (fair) schemas.start();
    lifecycle.finish('service repair');
    lifecycle.ready();
    log.info({}, 'ready');
  })();
  return {
    port: listener.address.port,
    ready,
    async stop() {
      lifecycle.drain();
      log.info({ delayMs: config.limits.shutdownDelayMs }, 'shutting down');
      await endpoints
        ?.stop()
        .catch((error: unknown) => log.warn({ error }, 'the endpoints still name this server'));
      await new Promise((resolve) => setTimeout(resolve, config.limits.shutdownDelayMs));
      lifecycle.refusing = config.limits.shutdownRetryAfter;
      if (lifecycle.refusing) await lifecycle.idle(drainMs);
      listener?.drain();
      await lifecycle.idle(drainMs);
      await cache.endWatches(config.limits.watchGraceMs);
      lifecycle.stop();
      compactor.stop();
      aggregator.stop();
      schemas.stop();
      await Promise.all([repair, trust, tracking, keeper, service].map((one) => one.stop()));
      custom.stop();
      cache.stop();
      await flowControl.close();
      await audit.close();
      await listener?.destroy();
      security.close();
      credentials.close();
      stored.close();
      await store.close();
    },
  };
}

/** What the server itself reads, by kind: all of it is there before it says that it is ready. */
function innerListers(resources: ResourceTable, cacheOf: (resource: Resource) => ResourceCache) {
  const inner = new Map<string, ResourceCache>();
  const listers = new CacheListers((group, name) => {
    const resource = resources.findAnyVersion(group, name);
    if (resource === undefined) return undefined;
    const listed = cacheOf(resource);
    inner.set(resource.kind, listed);
    return listed;
  });
  return { listers, inner };
}

/** What flags change of a kind: `--event-ttl` and `--allow-privileged`. */
function configured(definition: KindDefinition, config: ServerConfig): KindDefinition {
  const { eventTtlSeconds } = config.storage;
  const timed =
    definition.ttlSeconds === undefined
      ? definition
      : { ...definition, ttlSeconds: () => eventTtlSeconds };
  return config.services.allowPrivileged ? timed : withoutPrivileged(timed);
}
