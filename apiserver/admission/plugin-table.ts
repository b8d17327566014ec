import { nodeNameOf } from '../authz/node.ts';
import { remoteService } from '../webhook/kubeconfig.ts';
import { type AdmissionDependencies, matchOptions, webhookOptions } from './dependencies.ts';
import { makeNamespaceLifecycle } from './namespace-lifecycle.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { makeAlwaysPullImages } from './plugins/always-pull-images.ts';
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
import { makeEventRateLimit } from './plugins/event-rate-limit.ts';
import { makeImagePolicyWebhook } from './plugins/image-policy.ts';
import { makeLimitRanger } from './plugins/limit-ranger.ts';
import {
  makeNamespaceAutoProvision,
  makeNamespaceExists,
  type NamespaceReader,
} from './plugins/namespace-presence.ts';
import { makeNodeDeclaredFeatureValidator } from './plugins/node-features.ts';
import { makeNodeRestriction } from './plugins/node-restriction.ts';
import {
  makeAlwaysAdmit,
  makeAlwaysDeny,
  makeDenyServiceExternalIPs,
  makeExtendedResourceToleration,
  makeLimitPodHardAntiAffinityTopology,
  makePodTopologyLabels,
} from './plugins/optional.ts';
import { makeOwnerReferencesPermissionEnforcement } from './plugins/owner-references.ts';
import { makePodNodeSelector } from './plugins/pod-node-selector.ts';
import { makePodTolerationRestriction } from './plugins/pod-toleration-restriction.ts';
import { makePriority } from './plugins/priority.ts';
import { makeRuntimeClass } from './plugins/runtime-class.ts';
import {
  makePersistentVolumeClaimResize,
  makeStorageObjectInUseProtection,
} from './plugins/storage.ts';
import { makeMutatingPolicies } from './policy/mutating.ts';
import { makeValidatingPolicies } from './policy/validating.ts';
import { makePodSecurity } from './pod-security/plugin.ts';
import { claimSurroundings } from './quota/claim-surroundings.ts';
import { makeResourceQuota } from './quota/resource-quota.ts';
import { makeServiceAccountAdmission } from './service-account.ts';
import { makeMutatingWebhooks } from './webhook/mutating.ts';
import { makeValidatingWebhooks } from './webhook/validating.ts';

/**
 * All admission plugins in upstream's order, which is the order they run in
 * (pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins).
 */

/** Undefined: what it depends on was not given. */
type Factory = (dependencies: AdmissionDependencies) => AdmissionPlugin | undefined;

export interface Entry {
  name: string;
  /** In upstream's default set. */
  on: boolean;
  make: Factory;
}

const on = (name: string, make: Factory): Entry => ({ name, on: true, make });
const off = (name: string, make: Factory): Entry => ({ name, on: false, make });

const registration = 'admissionregistration.k8s.io';

function namespaceReader({
  listers,
  readLive,
}: Pick<AdmissionDependencies, 'listers' | 'readLive'>): NamespaceReader {
  return {
    namespaces: listers.lister('', 'namespaces'),
    readLive: (name) => readLive('', 'namespaces', '', name),
  };
}

export const ordered: readonly Entry[] = [
  off('AlwaysAdmit', makeAlwaysAdmit),
  off('NamespaceAutoProvision', ({ listers, createNamespace }) =>
    makeNamespaceAutoProvision({ namespaces: listers.lister('', 'namespaces'), createNamespace }),
  ),
  on('NamespaceLifecycle', ({ listers, readLive }) =>
    makeNamespaceLifecycle(namespaceReader({ listers, readLive })),
  ),
  off('NamespaceExists', (dependencies) => makeNamespaceExists(namespaceReader(dependencies))),
  off('LimitPodHardAntiAffinityTopology', makeLimitPodHardAntiAffinityTopology),
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
  off('ImagePolicyWebhook', ({ settings }) => {
    const given = settings?.imagePolicy;
    if (given === undefined) throw new Error('ImagePolicyWebhook: no config specified');
    const { kubeConfigFile, firstWaitMs } = given;
    const remote = remoteService(kubeConfigFile, { firstWaitMs });
    return makeImagePolicyWebhook({ ...given, post: (body) => remote.post(body) });
  }),
  on('PodSecurity', ({ listers, readLive, settings }) =>
    makePodSecurity({
      namespaces: listers.lister('', 'namespaces'),
      pods: listers.lister('', 'pods'),
      readNamespace: (name) => readLive('', 'namespaces', '', name),
      ...settings?.podSecurity,
    }),
  ),
  off('PodNodeSelector', ({ settings, ...dependencies }) =>
    makePodNodeSelector({
      ...namespaceReader(dependencies),
      selectors: settings?.nodeSelectors,
    }),
  ),
  on('Priority', ({ listers }) =>
    makePriority({ priorityClasses: listers.lister('scheduling.k8s.io', 'priorityclasses') }),
  ),
  on('DefaultTolerationSeconds', ({ tolerationSeconds }) =>
    makeDefaultTolerationSeconds({
      notReadySeconds: tolerationSeconds?.notReady ?? 300,
      unreachableSeconds: tolerationSeconds?.unreachable ?? 300,
    }),
  ),
  off('PodTolerationRestriction', ({ settings, ...dependencies }) =>
    makePodTolerationRestriction({
      ...namespaceReader(dependencies),
      cluster: settings?.tolerations,
    }),
  ),
  off('EventRateLimit', ({ settings }) => {
    if (settings?.eventLimits === undefined)
      throw new Error('EventRateLimit: limits: must not be empty');
    return makeEventRateLimit(settings.eventLimits);
  }),
  off('ExtendedResourceToleration', makeExtendedResourceToleration),
  on('DefaultStorageClass', ({ listers }) =>
    makeDefaultStorageClass({ storageClasses: listers.lister('storage.k8s.io', 'storageclasses') }),
  ),
  on('StorageObjectInUseProtection', makeStorageObjectInUseProtection),
  off('OwnerReferencesPermissionEnforcement', makeOwnerReferencesPermissionEnforcement),
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
  on('NodeDeclaredFeatureValidator', ({ listers }) =>
    makeNodeDeclaredFeatureValidator({ nodes: listers.lister('', 'nodes') }),
  ),
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
      ...webhookOptions(dependencies, dependencies.settings?.mutatingWebhooks),
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
      ...webhookOptions(dependencies, dependencies.settings?.validatingWebhooks),
      configurations: dependencies.listers.lister(registration, 'validatingwebhookconfigurations'),
    }),
  ),
  on('ResourceQuota', ({ listers, reviseQuota, settings }) =>
    reviseQuota === undefined
      ? undefined
      : makeResourceQuota({
          quotas: listers.lister('', 'resourcequotas'),
          around: claimSurroundings(listers),
          limits: settings?.limitedResources,
          revise: reviseQuota,
        }),
  ),
  off('AlwaysDeny', makeAlwaysDeny),
];
