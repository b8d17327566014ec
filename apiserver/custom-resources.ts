import type { Logger } from '../log/log.ts';
import type { Resource } from './apis/resource.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import type { ServerConfig } from './config.ts';
import { conversionWebhooks } from './conversion-webhooks.ts';
import { CustomResources } from './custom/serve.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Services } from './verbs/services.ts';
import type { Listers } from './watch/view.ts';

const group = 'apiextensions.k8s.io';
const plural = 'customresourcedefinitions';

/** Custom resources, and the webhooks that convert them. */
export function makeCustomResources(
  config: ServerConfig,
  parts: {
    services: Services;
    resources: ResourceTable;
    listers: Listers;
    metrics: Metrics;
    respec(resource: Resource): void;
    log: Logger;
  },
): { start(): Promise<void>; stop(): void } {
  const { services, resources, listers, metrics, respec, log } = parts;
  const definitionResource = resources.findAnyVersion(group, plural);
  if (definitionResource === undefined) throw new Error(`${plural} are not in the catalog`);
  const webhooks = conversionWebhooks(config, listers, metrics);
  const custom = new CustomResources({
    services,
    resources,
    definitions: listers.lister(group, plural),
    definitionResource,
    etcdPrefix: config.storage.prefix,
    log,
    callWebhook: webhooks.call,
    respec,
  });
  return {
    start: () => custom.start(),
    stop() {
      custom.stop();
      webhooks.close();
    },
  };
}
