import type { ServerConfig } from './config.ts';
import type { Convert } from './custom/convert.ts';
import type { CallWebhook } from './custom/versions.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Listers } from './watch/view.ts';
import { makeWebhookCaller, type WebhookCaller } from './webhook/call.ts';
import { resolveByClusterIp, resolveByEndpoints } from './webhook/resolve.ts';

/** Conversion webhooks of CustomResourceDefinitions; loaded and connected when the first is called. */
export function conversionWebhooks(
  config: ServerConfig,
  listers: Listers,
  metrics: Metrics,
): { call: CallWebhook; close(): void } {
  const services = listers.lister('', 'services');
  const resolve = config.services.aggregatorRouting
    ? resolveByEndpoints(services, listers.lister('discovery.k8s.io', 'endpointslices'))
    : resolveByClusterIp(services);
  let caller: WebhookCaller | undefined;
  let made: ReturnType<typeof load> | undefined;
  async function load() {
    const { makeConversionWebhooks } = await import('./custom/conversion-webhook.ts');
    caller = makeWebhookCaller({ resolve });
    return makeConversionWebhooks(caller, metrics.registry);
  }
  return {
    call({ metadata, spec }) {
      const { clientConfig = {}, conversionReviewVersions = [] } = spec.conversion?.webhook ?? {};
      const definitionName = metadata.name ?? '';
      let convert: Convert | undefined;
      return async (objects, apiVersion) => {
        made ??= load();
        const make = await made;
        convert ??= make({ definitionName, client: clientConfig, conversionReviewVersions });
        return convert(objects, apiVersion);
      };
    },
    close: () => caller?.close(),
  };
}
