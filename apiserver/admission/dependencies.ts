import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { Authorize } from '../authz/authorize.ts';
import type { Listers } from '../watch/view.ts';
import { makeWebhookCaller, type ResolveService } from '../webhook/call.ts';
import { webhookCredentials } from '../webhook/credentials.ts';
import { resolveByClusterIp } from '../webhook/resolve.ts';
import type { AdmissionSettings } from './configuration.ts';
import type { MutatingPolicyOptions } from './policy/mutating.ts';
import type { FindParams } from './policy/params.ts';
import type { ResourceQuotaOptions } from './quota/resource-quota.ts';
import type { WebhookOptions } from './webhook/dispatch.ts';

/** What the plugins stand on. */
export interface AdmissionDependencies {
  listers: Listers;
  /** From the store itself; undefined when there is none. */
  readLive(
    group: string,
    resource: string,
    namespace: string,
    name: string,
  ): Promise<KubeObject | undefined>;
  /** The whole chain, for plugins that ask who may. */
  authorize: Authorize;
  /** The objects that parametrise admission policies. */
  findParams: FindParams;
  /** `--default-not-ready-toleration-seconds`, `--default-unreachable-toleration-seconds`; 300. */
  tolerationSeconds?: { notReady: number; unreachable: number };
  /** From `--admission-control-config-file`. */
  settings?: AdmissionSettings | undefined;
  /** What is served under a kind. */
  resourceOfKind(group: string, version: string, kind: string): Resource | undefined;
  /** As the server itself; one that exists by now is as good. */
  createNamespace(name: string): Promise<void>;
  /** Writes the usage of a ResourceQuota; without it ResourceQuota does not run. */
  reviseQuota?: ResourceQuotaOptions['revise'];
  webhooks?: {
    /** Where Services are, as seen from this server; by cluster IP unless given. */
    resolve?: ResolveService;
    versionsOf?: WebhookOptions['versionsOf'];
    convert?: WebhookOptions['convert'];
    schemaOf?: MutatingPolicyOptions['schemaOf'];
    onIgnored?: WebhookOptions['onIgnored'];
    observer?: WebhookOptions['observer'];
  };
}

/** What decides whether webhooks and policies want a request, and what they see of it. */
export function matchOptions({
  listers,
  readLive,
  authorize,
  webhooks = {},
}: AdmissionDependencies) {
  const { versionsOf, convert } = webhooks;
  return {
    namespaces: listers.lister('', 'namespaces'),
    readNamespace: (name: string) => readLive('', 'namespaces', '', name),
    authorize,
    versionsOf,
    convert,
  };
}

export function webhookOptions(
  dependencies: AdmissionDependencies,
  kubeConfigFile: string | undefined,
): WebhookOptions {
  const { listers, webhooks = {} } = dependencies;
  return {
    ...matchOptions(dependencies),
    caller: makeWebhookCaller({
      credentials: kubeConfigFile ? webhookCredentials(kubeConfigFile) : undefined,
      resolve: webhooks.resolve ?? resolveByClusterIp(listers.lister('', 'services')),
    }),
    onIgnored: webhooks.onIgnored,
    observer: webhooks.observer,
  };
}
