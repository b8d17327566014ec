import type { KubeObject } from '../../object/object.ts';
import type { Authorize } from '../authz/authorize.ts';
import { nodeNameOf } from '../authz/node.ts';
import type { Listers } from '../watch/view.ts';
import { makeNamespaceLifecycle } from './namespace-lifecycle.ts';
import type { AdmissionPlugin } from './plugin.ts';
import {
  makeCertificateApproval,
  makeCertificateSigning,
  makeCertificateSubjectRestriction,
  makeClusterTrustBundleAttest,
} from './plugins/certificates.ts';
import { makeDefaultIngressClass, makeDefaultStorageClass } from './plugins/default-class.ts';
import {
  makeDefaultTolerationSeconds,
  makeTaintNodesByCondition,
} from './plugins/default-tolerations.ts';
import { makeLimitRanger } from './plugins/limit-ranger.ts';
import { makeNodeRestriction } from './plugins/node-restriction.ts';
import {
  makeAlwaysAdmit,
  makeAlwaysDeny,
  makeAlwaysPullImages,
  makeDenyServiceExternalIPs,
  makePodTopologyLabels,
} from './plugins/optional.ts';
import { makePriority } from './plugins/priority.ts';
import { makeRuntimeClass } from './plugins/runtime-class.ts';
import {
  makePersistentVolumeClaimResize,
  makeStorageObjectInUseProtection,
} from './plugins/storage.ts';
import type { PodSecurityConfiguration } from './pod-security/configuration.ts';
import { makeMutatingPolicies, type MutatingPolicyOptions } from './policy/mutating.ts';
import type { FindParams } from './policy/params.ts';
import { makeValidatingPolicies } from './policy/validating.ts';
import { makePodSecurity } from './pod-security/plugin.ts';
import { makeResourceQuota, type ResourceQuotaOptions } from './quota/resource-quota.ts';
import { makeServiceAccountAdmission } from './service-account.ts';
import { makeWebhookCaller, type ResolveService } from '../webhook/call.ts';
import type { WebhookOptions } from './webhook/dispatch.ts';
import { makeMutatingWebhooks } from './webhook/mutating.ts';
import { resolveByClusterIp } from '../webhook/resolve.ts';
import { makeValidatingWebhooks } from './webhook/validating.ts';

/**
 * All admission plugins in upstream's order, which is the order they run in
 * (pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins).
 */

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
  /** Settings of PodSecurity from `--admission-control-config-file`. */
  podSecurity?: PodSecurityConfiguration | undefined;
  /** Writes the usage of a ResourceQuota; without it ResourceQuota does not run. */
  reviseQuota?: ResourceQuotaOptions['revise'];
  webhooks?: {
    /** Where Services are, as seen from this server; by cluster IP unless given. */
    resolve?: ResolveService;
    versionsOf?: WebhookOptions['versionsOf'];
    convert?: WebhookOptions['convert'];
    schemaOf?: MutatingPolicyOptions['schemaOf'];
    onIgnored?: WebhookOptions['onIgnored'];
  };
}

/** What decides whether webhooks and policies want a request, and what they see of it. */
function matchOptions({ listers, readLive, authorize, webhooks = {} }: AdmissionDependencies) {
  const { versionsOf, convert } = webhooks;
  return {
    namespaces: listers.lister('', 'namespaces'),
    readNamespace: (name: string) => readLive('', 'namespaces', '', name),
    authorize,
    versionsOf,
    convert,
  };
}

function webhookOptions(dependencies: AdmissionDependencies): WebhookOptions {
  const { listers, webhooks = {} } = dependencies;
  return {
    ...matchOptions(dependencies),
    caller: makeWebhookCaller({
      resolve: webhooks.resolve ?? resolveByClusterIp(listers.lister('', 'services')),
    }),
    onIgnored: webhooks.onIgnored,
  };
}

/** Undefined: what it depends on was not given. */
type Factory = (dependencies: AdmissionDependencies) => AdmissionPlugin | undefined;

interface Entry {
  name: string;
  /** In upstream's default set. */
  on: boolean;
  /** Absent: known by name, not supported; enabling it is refused. */
  make?: Factory;
}

const on = (name: string, make?: Factory): Entry => ({ name, on: true, ...(make && { make }) });
const off = (name: string, make?: Factory): Entry => ({ name, on: false, ...(make && { make }) });

const registration = 'admissionregistration.k8s.io';

const ordered: readonly Entry[] = [
  off('AlwaysAdmit', makeAlwaysAdmit),
  off('NamespaceAutoProvision'),
  on('NamespaceLifecycle', ({ listers, readLive }) =>
    makeNamespaceLifecycle({
      namespaces: listers.lister('', 'namespaces'),
      readLive: (name) => readLive('', 'namespaces', '', name),
    }),
  ),
  off('NamespaceExists'),
  off('LimitPodHardAntiAffinityTopology'),
  on('LimitRanger', ({ listers }) =>
    makeLimitRanger({ limitRanges: listers.lister('', 'limitranges') }),
  ),
  on('ServiceAccount', ({ listers, readLive }) =>
    makeServiceAccountAdmission({
      serviceAccounts: listers.lister('', 'serviceaccounts'),
      readLive: (namespace, name) => readLive('', 'serviceaccounts', namespace, name),
    }),
  ),
  off('NodeRestriction', ({ listers, readLive, authorize }) =>
    makeNodeRestriction({
      authorize,
      claims: listers.lister('', 'persistentvolumeclaims'),
      volumes: listers.lister('', 'persistentvolumes'),
      csiDrivers: listers.lister('storage.k8s.io', 'csidrivers'),
      nodes: listers.lister('', 'nodes'),
      pods: listers.lister('', 'pods'),
      readPod: (namespace, name) => readLive('', 'pods', namespace, name),
      nodeNameOf,
    }),
  ),
  on('TaintNodesByCondition', makeTaintNodesByCondition),
  off('AlwaysPullImages', makeAlwaysPullImages),
  off('ImagePolicyWebhook'),
  on('PodSecurity', ({ listers, readLive, podSecurity }) =>
    makePodSecurity({
      namespaces: listers.lister('', 'namespaces'),
      pods: listers.lister('', 'pods'),
      readNamespace: (name) => readLive('', 'namespaces', '', name),
      ...podSecurity,
    }),
  ),
  off('PodNodeSelector'),
  on('Priority', ({ listers }) =>
    makePriority({ priorityClasses: listers.lister('scheduling.k8s.io', 'priorityclasses') }),
  ),
  on('DefaultTolerationSeconds', ({ tolerationSeconds }) =>
    makeDefaultTolerationSeconds({
      notReadySeconds: tolerationSeconds?.notReady ?? 300,
      unreachableSeconds: tolerationSeconds?.unreachable ?? 300,
    }),
  ),
  off('PodTolerationRestriction'),
  off('EventRateLimit'),
  off('ExtendedResourceToleration'),
  on('DefaultStorageClass', ({ listers }) =>
    makeDefaultStorageClass({ storageClasses: listers.lister('storage.k8s.io', 'storageclasses') }),
  ),
  on('StorageObjectInUseProtection', makeStorageObjectInUseProtection),
  off('OwnerReferencesPermissionEnforcement'),
  on('PersistentVolumeClaimResize', ({ listers }) =>
    makePersistentVolumeClaimResize({
      storageClasses: listers.lister('storage.k8s.io', 'storageclasses'),
    }),
  ),
  on('RuntimeClass', ({ listers, readLive }) =>
    makeRuntimeClass({
      runtimeClasses: listers.lister('node.k8s.io', 'runtimeclasses'),
      readLive: (name) => readLive('node.k8s.io', 'runtimeclasses', '', name),
    }),
  ),
  on('CertificateApproval', makeCertificateApproval),
  on('CertificateSigning', makeCertificateSigning),
  on('ClusterTrustBundleAttest', makeClusterTrustBundleAttest),
  on('CertificateSubjectRestriction', makeCertificateSubjectRestriction),
  on('DefaultIngressClass', ({ listers }) =>
    makeDefaultIngressClass({
      ingressClasses: listers.lister('networking.k8s.io', 'ingressclasses'),
    }),
  ),
  off('DenyServiceExternalIPs', makeDenyServiceExternalIPs),
  on('PodTopologyLabels', ({ listers }) =>
    makePodTopologyLabels({ nodes: listers.lister('', 'nodes') }),
  ),
  on('NodeDeclaredFeatureValidator'),
  // Webhooks, quota and deny come last, whatever is added above.
  on('MutatingAdmissionPolicy', (dependencies) =>
    makeMutatingPolicies({
      ...matchOptions(dependencies),
      findParams: dependencies.findParams,
      schemaOf: dependencies.webhooks?.schemaOf,
      policies: dependencies.listers.lister(registration, 'mutatingadmissionpolicies'),
      bindings: dependencies.listers.lister(registration, 'mutatingadmissionpolicybindings'),
    }),
  ),
  on('MutatingAdmissionWebhook', (dependencies) =>
    makeMutatingWebhooks({
      ...webhookOptions(dependencies),
      configurations: dependencies.listers.lister(registration, 'mutatingwebhookconfigurations'),
    }),
  ),
  on('ValidatingAdmissionPolicy', (dependencies) =>
    makeValidatingPolicies({
      ...matchOptions(dependencies),
      findParams: dependencies.findParams,
      policies: dependencies.listers.lister(registration, 'validatingadmissionpolicies'),
      bindings: dependencies.listers.lister(registration, 'validatingadmissionpolicybindings'),
    }),
  ),
  on('ValidatingAdmissionWebhook', (dependencies) =>
    makeValidatingWebhooks({
      ...webhookOptions(dependencies),
      configurations: dependencies.listers.lister(registration, 'validatingwebhookconfigurations'),
    }),
  ),
  on('ResourceQuota', ({ listers, reviseQuota }) =>
    reviseQuota === undefined
      ? undefined
      : makeResourceQuota({ quotas: listers.lister('', 'resourcequotas'), revise: reviseQuota }),
  ),
  off('AlwaysDeny', makeAlwaysDeny),
];

export interface PluginSelection {
  /** `--enable-admission-plugins` */
  enable: readonly string[];
  /** `--disable-admission-plugins` */
  disable: readonly string[];
}

/** Throws in upstream's words for unknown names and for one both enabled and disabled. */
export function selectionProblems({ enable, disable }: PluginSelection): string[] {
  const known = new Map(ordered.map((entry) => [entry.name, entry]));
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names
      .filter((name) => !known.has(name))
      .map((name) => `${flag}-admission-plugins plugin ${JSON.stringify(name)} is unknown`);
  const both = [...new Set(enable)].filter((name) => disable.includes(name)).toSorted();
  return [
    ...unknown('enable', enable),
    ...unknown('disable', disable),
    ...(both.length === 0
      ? []
      : [
          `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`,
        ]),
    ...enable
      .filter((name) => known.has(name) && known.get(name)?.make === undefined)
      .map(
        (name) =>
          `enable-admission-plugins plugin ${JSON.stringify(name)} is not supported by this server`,
      ),
  ];
}

/** The plugins that run, in order. */
export function makePlugins(
  dependencies: AdmissionDependencies,
  selection: PluginSelection = { enable: [], disable: [] },
): AdmissionPlugin[] {
  return ordered
    .filter(
      ({ name, on }) =>
        (on || selection.enable.includes(name)) && !selection.disable.includes(name),
    )
    .flatMap(({ make }) => make?.(dependencies) ?? []);
}
