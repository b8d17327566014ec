import type { Logger } from '../log/log.ts';
import type { Registry } from '../metrics/registry.ts';
import { Aggregation } from './aggregation/aggregation.ts';
import { makeRemoteOpenApi } from './aggregation/openapi.ts';
import { availabilityMetrics } from './aggregation/metrics.ts';
import { makePassOn, passOn } from './aggregation/pass-on.ts';
import { LocalApis } from './aggregation/local-apis.ts';
import { makeReach } from './aggregation/reach.ts';
import { registerBuiltIn } from './aggregation/register.ts';
import { registerCustom } from './aggregation/register-custom.ts';
import { resolveByClusterIp, resolveByEndpoints } from './webhook/resolve.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import type { ServerConfig } from './config.ts';
import type { RequestContext } from './context.ts';
import type { RemoteOpenApi } from './routing/openapi-paths.ts';
import type { Services } from './verbs/services.ts';
import { writeStatus } from './verbs/own-status.ts';
import type { Listers } from './watch/view.ts';

/** APIServices: those of other servers are found, looked at and passed on to, our own are registered. */
export interface Aggregator {
  apis: Aggregation;
  local: LocalApis;
  openApi: RemoteOpenApi;
  passOn(context: RequestContext): Promise<boolean> | boolean;
  /** After the server's own objects are there. */
  start(writer: BootstrapPort): Promise<void>;
  stop(): void;
}

const group = 'apiregistration.k8s.io';

export function makeAggregator(
  config: ServerConfig,
  parts: {
    listers: Listers;
    resources: ResourceTable;
    services: () => Services;
    registry: Registry;
    log: Logger;
  },
): Aggregator {
  const { listers, resources, log } = parts;
  const apiServices = listers.lister(group, 'apiservices');
  const services = listers.lister('', 'services');
  const endpointSlices = listers.lister('discovery.k8s.io', 'endpointslices');
  const definitions = listers.lister('apiextensions.k8s.io', 'customresourcedefinitions');
  const reach = makeReach({
    resolve: config.services.aggregatorRouting
      ? resolveByEndpoints(services, endpointSlices)
      : resolveByClusterIp(services),
    proxyClient: config.authn.proxyClient,
  });
  const apis = new Aggregation({
    reach,
    apiServices,
    services,
    endpointSlices,
    now: () => new Date(),
    onUnavailable: availabilityMetrics(parts.registry, apiServices),
    log,
    async revise(name, change) {
      const resource = resources.findAnyVersion(group, 'apiservices');
      if (resource === undefined) return;
      await writeStatus(parts.services(), resource, { name }, (apiService) => {
        apiService['status'] = change(apiService)['status'];
      });
    },
  });
  const local = new LocalApis();
  let stopCustom: (() => void) | undefined;
  return {
    apis,
    local,
    openApi: {
      ...makeRemoteOpenApi(apis, reach, log),
      pass(context, key) {
        const api = apis.find(`/${key}`);
        return api === undefined ? undefined : passOn(context, api, reach);
      },
    },
    passOn: makePassOn(apis, reach),
    async start(writer) {
      const builtIn = resources.list().filter(({ custom }) => custom === undefined);
      await Promise.all([apis.start(), registerBuiltIn(writer, builtIn)]);
      local.start(apiServices);
      stopCustom = registerCustom(writer, definitions, apiServices, log);
    },
    stop() {
      stopCustom?.();
      local.stop();
      apis.stop();
      reach.close();
    },
  };
}
