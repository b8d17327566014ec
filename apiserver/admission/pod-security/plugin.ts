import type { KubeObject } from '../../../object/object.ts';
import { fieldErrorsText, internalError, type StatusCause } from '../../../object/status-error.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';
import type { Exemptions } from './configuration.ts';
import { checkNamespace } from './namespace.ts';
import { podTemplateOf, type PodTemplate } from './pod.ts';
import { labelPrefix, type NamespacePolicy, policyOf, shown, violations } from './policy.ts';

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

/** Of pods; they change nothing that is looked at, or have objects of their own. */
const ignored = 'exec attach binding eviction log portforward proxy status'.split(' ');

interface Ruling {
  policy: NamespacePolicy;
  faults: StatusCause[];
}

export function makePodSecurity(options: PodSecurityOptions): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    validate(request) {
      const { operation, resource, subresource } = request;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
      if (isFor(request, '', 'namespaces')) return checkNamespace(request, options);
      const kind = `${resource.group}/${resource.resource}`;
      const pods = kind === '/pods' && !ignored.includes(subresource);
      if (!pods && !(subresource === '' && templates.includes(kind))) return undefined;
      const exempt = exemption(request, options.exemptions);
      if (exempt !== undefined) {
        request.annotate(`${labelPrefix}exempt`, exempt);
        return undefined;
      }
      return judge(request, pods, options);
    },
  };
}

/** Which list of the plugin's settings the request is on, whatever it is about. */
function exemption(
  { namespace, user }: AdmissionRequest,
  exemptions: Exemptions | undefined,
): string | undefined {
  if (exemptions?.namespaces.includes(namespace) === true) return 'namespace';
  return exemptions?.usernames.includes(user.name) === true ? 'user' : undefined;
}

async function judge(
  request: AdmissionRequest,
  isPod: boolean,
  options: PodSecurityOptions,
): Promise<void> {
  const ruling = await rulingOf(request, isPod, options);
  if (ruling === undefined) return;
  const { policy, faults } = ruling;
  const isFree = ({ level }: { level: string }) => level === 'privileged';
  if (faults.length === 0 && isFree(policy.audit) && isFree(policy.warn)) {
    if (!isPod) return;
    if (isFree(policy.enforce)) {
      request.annotate(`${labelPrefix}enforce-policy`, 'privileged:latest');
      return;
    }
  }
  const pod = podTemplateOf(request.object);
  if (pod === undefined) return;
  const old = isPod && request.operation === 'UPDATE' ? request.oldObject : undefined;
  if (old !== undefined && !isSignificant(request.object, old)) return;
  const { runtimeClassName } = pod.spec;
  if (runtimeClassName && options.exemptions?.runtimeClasses.includes(runtimeClassName)) {
    request.annotate(`${labelPrefix}exempt`, 'runtimeClass');
    return;
  }
  evaluate(request, pod, ruling, isPod);
}

/** Undefined: without it a workload passes. */
async function rulingOf(
  request: AdmissionRequest,
  isPod: boolean,
  { namespaces, readNamespace, defaults }: PodSecurityOptions,
): Promise<Ruling | undefined> {
  const name = request.namespace;
  const namespace = namespaces.get('', name) ?? (await readNamespace(name));
  if (namespace !== undefined) return policyOf(namespace.metadata.labels, defaults);
  const quoted = JSON.stringify(name);
  const [what, why] = [`failed to lookup namespace ${quoted}`, `namespaces ${quoted} not found`];
  const error = internalError(what);
  request.annotate(`${labelPrefix}error`, `${isPod ? error.message : what}: ${why}`);
  if (isPod) throw error;
  return undefined;
}

interface Container {
  name: string;
  image?: string;
}

/** What of a pod may still change is the images of its containers, and which it has for a while. */
function isSignificant(next: KubeObject | undefined, old: KubeObject): boolean {
  const of = (pod: KubeObject | undefined, list: string): Container[] => pod?.spec?.[list] ?? [];
  const annotations = [next, old].map((pod) => pod?.metadata.annotations ?? {});
  const differs = (a: Container, b: Container | undefined): boolean => {
    if (a.image !== b?.image) return true;
    const key = `container.seccomp.security.alpha.kubernetes.io/${a.name}`;
    return annotations[0]?.[key] !== annotations[1]?.[key];
  };
  for (const list of ['containers', 'initContainers']) {
    const [now, before] = [of(next, list), of(old, list)];
    if (now.length !== before.length) return true;
    if (now.some((container, i) => differs(container, before[i]))) return true;
  }
  const before = new Map(of(old, 'ephemeralContainers').map((one) => [one.name, one]));
  return of(next, 'ephemeralContainers').some(
    (one) => !before.has(one.name) || differs(one, before.get(one.name)),
  );
}

function evaluate(
  request: AdmissionRequest,
  pod: PodTemplate,
  { policy, faults }: Ruling,
  isPod: boolean,
): void {
  if (faults.length > 0) {
    const text = `Failed to parse policy: ${fieldErrorsText(faults)}`;
    request.annotate(`${labelPrefix}error`, text);
  }
  const { enforce, audit, warn } = policy;
  if (isPod) request.annotate(`${labelPrefix}enforce-policy`, shown(enforce));
  const audited = violations(audit, pod);
  if (audited !== undefined) {
    const text = `would violate PodSecurity ${JSON.stringify(shown(audit))}: ${audited}`;
    request.annotate(`${labelPrefix}audit-violations`, text);
  }
  const found = isPod ? violations(enforce, pod) : undefined;
  if (found !== undefined) {
    throw refused(request, `violates PodSecurity ${JSON.stringify(shown(enforce))}: ${found}`);
  }
  const warned = violations(warn, pod);
  if (warned !== undefined) {
    request.warn(`would violate PodSecurity ${JSON.stringify(shown(warn))}: ${warned}`);
  }
}
