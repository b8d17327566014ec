import type { KubeObject } from '../../object/object.ts';
import type { Listers } from '../watch/view.ts';
import { makeNamespaceLifecycle } from './namespace-lifecycle.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { makeServiceAccountAdmission } from './service-account.ts';

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
}

type Factory = (dependencies: AdmissionDependencies) => AdmissionPlugin;

interface Entry {
  name: string;
  /** In upstream's default set. */
  on: boolean;
  /** Absent: known by name, not supported; enabling it is refused. */
  make?: Factory;
}

const on = (name: string, make?: Factory): Entry => ({ name, on: true, ...(make && { make }) });
const off = (name: string, make?: Factory): Entry => ({ name, on: false, ...(make && { make }) });

const ordered: readonly Entry[] = [
  off('AlwaysAdmit', () => ({ name: 'AlwaysAdmit' })),
  off('NamespaceAutoProvision'),
  on('NamespaceLifecycle', ({ listers, readLive }) =>
    makeNamespaceLifecycle({
      namespaces: listers.lister('', 'namespaces'),
      readLive: (name) => readLive('', 'namespaces', '', name),
    }),
  ),
  off('NamespaceExists'),
  off('LimitPodHardAntiAffinityTopology'),
  on('LimitRanger'),
  on('ServiceAccount', ({ listers, readLive }) =>
    makeServiceAccountAdmission({
      serviceAccounts: listers.lister('', 'serviceaccounts'),
      readLive: (namespace, name) => readLive('', 'serviceaccounts', namespace, name),
    }),
  ),
  off('NodeRestriction'),
  on('TaintNodesByCondition'),
  off('AlwaysPullImages'),
  off('ImagePolicyWebhook'),
  on('PodSecurity'),
  off('PodNodeSelector'),
  on('Priority'),
  on('DefaultTolerationSeconds'),
  off('PodTolerationRestriction'),
  off('EventRateLimit'),
  off('ExtendedResourceToleration'),
  on('DefaultStorageClass'),
  on('StorageObjectInUseProtection'),
  off('OwnerReferencesPermissionEnforcement'),
  on('PersistentVolumeClaimResize'),
  on('RuntimeClass'),
  on('CertificateApproval'),
  on('CertificateSigning'),
  on('ClusterTrustBundleAttest'),
  on('CertificateSubjectRestriction'),
  on('DefaultIngressClass'),
  off('DenyServiceExternalIPs'),
  on('PodTopologyLabels'),
  on('NodeDeclaredFeatureValidator'),
  // Webhooks, quota and deny come last, whatever is added above.
  on('MutatingAdmissionPolicy'),
  on('MutatingAdmissionWebhook'),
  on('ValidatingAdmissionPolicy'),
  on('ValidatingAdmissionWebhook'),
  on('ResourceQuota'),
  off('AlwaysDeny'),
];

export interface PluginSelection {
  /** `--enable-admission-plugins` */
  enable: readonly string[];
  /** `--disable-admission-plugins` */
  disable: readonly string[];
}

/** Throws in upstream's words for unknown names and for one both enabled and disabled. */
export function checkSelection({ enable, disable }: PluginSelection): void {
  const known = new Map(ordered.map((entry) => [entry.name, entry]));
  for (const [flag, names] of [
    ['enable', enable],
    ['disable', disable],
  ] as const) {
    for (const name of names) {
      if (!known.has(name)) {
        throw new Error(`${flag}-admission-plugins plugin ${JSON.stringify(name)} is unknown`);
      }
    }
  }
  for (const name of enable) {
    if (disable.includes(name)) {
      throw new Error(
        `${name} in enable-admission-plugins and disable-admission-plugins overlapped`,
      );
    }
    if (known.get(name)?.make === undefined) {
      throw new Error(
        `enable-admission-plugins plugin ${JSON.stringify(name)} is not supported by this server`,
      );
    }
  }
}

/** The plugins that run, in order. */
export function makePlugins(
  dependencies: AdmissionDependencies,
  selection: PluginSelection = { enable: [], disable: [] },
): AdmissionPlugin[] {
  checkSelection(selection);
  return ordered
    .filter(
      ({ name, on }) =>
        (on || selection.enable.includes(name)) && !selection.disable.includes(name),
    )
    .flatMap(({ make }) => (make === undefined ? [] : [make(dependencies)]));
}

/** On by default upstream and not here yet; for the log at start and the documentation. */
export function missingPlugins(): string[] {
  return ordered.filter((entry) => entry.on && entry.make === undefined).map(({ name }) => name);
}
