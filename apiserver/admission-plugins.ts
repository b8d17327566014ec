import type { Registry } from '../metrics/registry.ts';
import { makeAdmissionChain } from './admission/chain.ts';
import { readAdmissionConfiguration } from './admission/configuration.ts';
import { makePlugins } from './admission/plugins.ts';
import { type admissionStore, namespaceMaker } from './admission-store.ts';
import type { Authorize } from './authz/authorize.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import type { ServerConfig } from './config.ts';
import { makeWebhookMetrics } from './metrics/webhook-metrics.ts';
import type { Listers } from './watch/view.ts';

/** The plugins that flags, gates and the configuration file ask for. */
export function admissionOf(
  config: ServerConfig,
  parts: {
    listers: Listers;
    authorize: Authorize;
    reads: ReturnType<typeof admissionStore>;
    own: () => BootstrapPort;
    registry: Registry;
  },
): ReturnType<typeof makeAdmissionChain> {
  const { listers, authorize, reads, own, registry } = parts;
  const { configFile, disable, tolerationSeconds } = config.admission;
  const settings = configFile === '' ? undefined : readAdmissionConfiguration(configFile);
  const mutates = config.features.gates.enabled('MutatingAdmissionPolicy');
  const plugins = makePlugins(
    {
      listers,
      authorize,
      ...reads,
      webhooks: { ...reads.webhooks, observer: makeWebhookMetrics(registry) },
      tolerationSeconds,
      settings,
      createNamespace: namespaceMaker(own),
    },
    mutates
      ? config.admission
      : { ...config.admission, disable: [...disable, 'MutatingAdmissionPolicy'] },
  );
  return makeAdmissionChain({ plugins });
}
