import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../object/object.ts';
import { invalid } from '../../../object/status-error.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';
import { containersOf, podTemplateOf, type PodTemplate } from './pod.ts';
import type { Exemptions } from './configuration.ts';
import {
  labelPrefix,
  type LevelVersion,
  type NamespacePolicy,
  policyOf,
  shown,
  violationReasons,
  violations,
} from './policy.ts';

/**
 * Holds pods to the Pod Security level of their namespace, and tells of what would be refused when
 * workloads or the namespace itself are written. Source: k8s.io/pod-security-admission admission.
 */
export interface PodSecurityOptions {
  namespaces: Lister;
  pods: Lister;
  readNamespace(name: string): Promise<KubeObject | undefined>;
  defaults?: NamespacePolicy;
  exemptions?: Exemptions;
}

const templates: readonly string[] = [
  '/podtemplates',
  '/replicationcontrollers',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
];

/** Pods looked at, at most, when a namespace gets a stricter level. */
const podsMax = 3000;

export function makePodSecurity(options: PodSecurityOptions): AdmissionPlugin {
  async function namespacePolicy(name: string): Promise<NamespacePolicy> {
    const namespace = options.namespaces.get('', name) ?? (await options.readNamespace(name));
    return policyOf(namespace?.metadata.labels, options.defaults).policy;
  }

  return {
    name: 'PodSecurity',
    validate(request) {
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return undefined;
      if (isFor(request, '', 'namespaces')) return checkNamespace(request, options);
      const pods = isFor(request, '', 'pods') || isFor(request, '', 'pods', 'ephemeralcontainers');
      const { resource } = request;
      const makesPods =
        request.subresource === '' && templates.includes(`${resource.group}/${resource.resource}`);
      if (!pods && !makesPods) return undefined;
      const pod = podTemplateOf(request.object);
      const old = podTemplateOf(request.oldObject);
      if (pod === undefined || (old !== undefined && !significant(pod, old))) return undefined;
      const exempt = exemption(request, pod, options.exemptions);
      if (exempt !== undefined) {
        request.annotate(`${labelPrefix}exempt`, exempt);
        return undefined;
      }
      return namespacePolicy(request.namespace).then((policy) => {
        if (pods) enforce(request, pod, policy.enforce);
        tell(request, pod, policy);
      });
    },
  };
}

/** Which list of the plugin's settings the request is on. */
function exemption(
  request: AdmissionRequest,
  pod: PodTemplate,
  exemptions: Exemptions | undefined,
): string | undefined {
  if (exemptions === undefined) return undefined;
  if (exemptions.namespaces.includes(request.namespace)) return 'namespace';
  if (exemptions.usernames.includes(request.user.name)) return 'user';
  const { runtimeClassName } = pod.spec;
  const known = runtimeClassName !== undefined && runtimeClassName !== '';
  return known && exemptions.runtimeClasses.includes(runtimeClassName) ? 'runtimeClass' : undefined;
}

/** Only what containers are and how they run can make a pod worse. */
function significant(next: PodTemplate, old: PodTemplate): boolean {
  const picture = ({ metadata, spec }: PodTemplate) => [
    containersOf(spec).map((container) => ({ ...container, resources: undefined })),
    spec.securityContext,
    spec.volumes,
    [spec.hostNetwork, spec.hostPID, spec.hostIPC],
    Object.entries(metadata.annotations ?? {}).filter(([key]) => key.includes('apparmor')),
  ];
  return !isDeepStrictEqual(picture(next), picture(old));
}

function enforce(request: AdmissionRequest, pod: PodTemplate, level: LevelVersion): void {
  request.annotate(`${labelPrefix}enforce-policy`, shown(level));
  const found = violations(level, pod);
  if (found !== undefined) {
    throw refused(request, `violates PodSecurity ${JSON.stringify(shown(level))}: ${found}`);
  }
}

function tell(request: AdmissionRequest, pod: PodTemplate, { audit, warn }: NamespacePolicy): void {
  const audited = violations(audit, pod);
  if (audited !== undefined) {
    request.annotate(
      `${labelPrefix}audit-violations`,
      `would violate PodSecurity ${JSON.stringify(shown(audit))}: ${audited}`,
    );
  }
  const warned = violations(warn, pod);
  if (warned !== undefined) {
    request.warn(`would violate PodSecurity ${JSON.stringify(shown(warn))}: ${warned}`);
  }
}

function checkNamespace(request: AdmissionRequest, options: PodSecurityOptions): void {
  const namespace = request.object;
  if (namespace === undefined) return;
  const { policy, faults } = policyOf(namespace.metadata.labels, options.defaults);
  const before = policyOf(request.oldObject?.metadata.labels, options.defaults);
  const fresh = faults.filter(
    ({ label, value }) => request.oldObject?.metadata.labels?.[label] !== value,
  );
  if (fresh.length > 0) {
    const causes = fresh.map(({ label, value, detail }) => ({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
      field: `metadata.labels[${label}]`,
    }));
    throw invalid({ group: '', kind: 'Namespace' }, namespace.metadata.name ?? '', causes);
  }
  const unchanged = isDeepStrictEqual(policy.enforce, before.policy.enforce);
  if (request.operation !== 'UPDATE' || unchanged) return;
  warnOfExisting(request, policy.enforce, options.pods);
}

/** Running pods stay as they are; whoever tightens the rules is told which would not pass. */
function warnOfExisting(request: AdmissionRequest, level: LevelVersion, pods: Lister): void {
  const byReason = new Map<string, string[]>();
  for (const pod of pods.list(request.name).slice(0, podsMax)) {
    const template = podTemplateOf(pod);
    const reasons = template === undefined ? undefined : violationReasons(level, template);
    if (reasons === undefined) continue;
    byReason.set(reasons, [...(byReason.get(reasons) ?? []), pod.metadata.name ?? '']);
  }
  if (byReason.size === 0) return;
  request.warn(
    `existing pods in namespace ${JSON.stringify(request.name)} violate the new PodSecurity enforce level ${JSON.stringify(shown(level))}`,
  );
  const lines = [...byReason].map(([reasons, names]) => {
    const [first = ''] = names.toSorted();
    const others = names.length - 1;
    const who =
      others === 0 ? first : `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
    return `${who}: ${reasons}`;
  });
  for (const line of lines.toSorted()) request.warn(line);
}
