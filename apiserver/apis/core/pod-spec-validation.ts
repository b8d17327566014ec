import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import { byteLength, dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { ObjectMeta } from '../../../object/object.ts';
import {
  checkFormat,
  checkOneOf,
  checkOptionalOneOf,
  checkRange,
  type Errors,
} from '../field-check.ts';
import { ipErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { checkLabels } from '../selector-validation.ts';
import {
  type ContainerSurroundings,
  checkContainers,
  checkEphemeralContainers,
  checkInitContainers,
} from './container-validation.ts';
import { checkDnsConfig } from './dns-config-validation.ts';
import { checkFileVolumes } from './environment-validation.ts';
import type { PodAllowances } from './pod-allowances.ts';
import { mirrorAnnotation } from './pod-annotations-validation.ts';
import { checkGates } from './pod-gates-validation.ts';
import { checkPodResources } from './pod-resources-validation.ts';
import { checkResourceClaims } from './resource-claim-validation.ts';
import { checkContainerResources } from './resources-validation.ts';
import { checkAffinity, checkTolerations, checkTopologySpread } from './scheduling-validation.ts';
import { checkHostUsers, checkPodSecurity } from './security-context-validation.ts';
import { checkVolumes } from './volume-validation.ts';
import { checkHostProcess, checkLinux, checkWindows } from './windows-validation.ts';

/**
 * A pod's or a pod template's spec (core validation, ValidatePodSpec), defaults already filled in and
 * errors in upstream's order. `pod`: its metadata, where the spec is a Pod's and not a template's;
 * `allow`: what is stored already and would be refused.
 */
export function checkPodSpec(
  errors: Errors,
  spec: Plain,
  path: string,
  pod: ObjectMeta | undefined,
  allow: PodAllowances,
): void {
  const grace: number | undefined = spec.terminationGracePeriodSeconds;
  if (grace === undefined) errors.push(fieldRequired(`${path}.terminationGracePeriodSeconds`));
  const podName = pod && (pod.name ?? '');
  const mirror = pod?.annotations?.[mirrorAnnotation] !== undefined;
  const claims: Plain[] = spec.resourceClaims ?? [];
  const around: ContainerSurroundings = {
    volumes: checkVolumes(errors, spec.volumes ?? [], `${path}.volumes`, podName, allow),
    claimNames: checkResourceClaims(errors, claims, `${path}.resourceClaims`, mirror),
    gracePeriod: grace,
    restartPolicy: spec.restartPolicy,
    hostUsers: spec.hostUsers !== false,
    allow,
  };
  checkAllContainers(errors, spec, path, around);
  checkPodResources(errors, spec, `${path}.resources`, around.claimNames, allow);
  checkHostNetwork(errors, spec, path, pod !== undefined);
  checkOneOf(errors, spec.restartPolicy, `${path}.restartPolicy`, ['Always', 'OnFailure', 'Never']);
  checkOneOf(errors, spec.dnsPolicy, `${path}.dnsPolicy`, [
    'ClusterFirstWithHostNet',
    'ClusterFirst',
    'Default',
    'None',
  ]);
  checkLabels(errors, spec.nodeSelector, `${path}.nodeSelector`);
  checkPodSecurity(errors, spec, path, allow);
  checkAffinity(errors, spec.affinity, `${path}.affinity`, allow);
  checkDnsConfig(errors, spec, `${path}.dnsConfig`);
  checkGates(errors, spec, path);
  const spread = spec.topologySpreadConstraints ?? [];
  checkTopologySpread(errors, spread, `${path}.topologySpreadConstraints`, allow);
  checkHostProcess(errors, spec, path);
  checkHostUsers(errors, spec, path, allow);
  checkHostnameOverride(errors, spec, `${path}.hostnameOverride`);
  checkNamesAndLimits(errors, spec, path, allow);
  if (spec.overhead !== undefined) {
    const limits: Plain = { limits: spec.overhead };
    const { partialHugePages } = allow;
    checkContainerResources(errors, limits, `${path}.overhead`, new Set(), partialHugePages);
  }
  checkOs(errors, spec, path);
  checkFileVolumes(errors, spec, path);
}

function checkAllContainers(
  errors: Errors,
  spec: Plain,
  path: string,
  around: ContainerSurroundings,
): void {
  const regular: Plain[] = spec.containers ?? [];
  const init: Plain[] = spec.initContainers ?? [];
  checkContainers(errors, regular, `${path}.containers`, around);
  checkInitContainers(errors, init, `${path}.initContainers`, around, regular);
  const ephemeral: Plain[] = spec.ephemeralContainers ?? [];
  const others = [...regular, ...init];
  checkEphemeralContainers(errors, ephemeral, `${path}.ephemeralContainers`, around, others);
}

/** In templates a host port may be open: the pod will get it from its container port. */
function checkHostNetwork(errors: Errors, spec: Plain, path: string, isPod: boolean): void {
  if (spec.hostNetwork !== true) return;
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      const host = port.hostPort ?? 0;
      if ((!isPod && host === 0) || host === port.containerPort) continue;
      const at = `${path}.containers[${i}].ports[${j}].hostPort`;
      errors.push(fieldInvalid(at, host, 'must match `containerPort` when `hostNetwork` is true'));
    }
  }
}

function checkNamesAndLimits(
  errors: Errors,
  spec: Plain,
  path: string,
  allow: PodAllowances,
): void {
  const check = (field: string, format: (name: string) => readonly string[]): void => {
    if (spec[field]) checkFormat(errors, spec[field], `${path}.${field}`, format);
  };
  check('serviceAccountName', dns1123SubdomainErrors);
  check('nodeName', dns1123SubdomainErrors);
  if (spec.activeDeadlineSeconds !== undefined) {
    const at = `${path}.activeDeadlineSeconds`;
    checkRange(errors, spec.activeDeadlineSeconds, at, [1, 2147483647]);
  }
  check('hostname', dns1123LabelErrors);
  check('subdomain', dns1123LabelErrors);
  const { comparedTolerations } = allow;
  checkTolerations(errors, spec.tolerations ?? [], `${path}.tolerations`, comparedTolerations);
  for (const [i, alias] of (spec.hostAliases ?? []).entries()) {
    const at = `${path}.hostAliases[${i}]`;
    checkFormat(errors, alias.ip ?? '', `${at}.ip`, ipErrors);
    for (const [j, name] of (alias.hostnames ?? []).entries()) {
      checkFormat(errors, name, `${at}.hostnames[${j}]`, dns1123SubdomainErrors);
    }
  }
  check('priorityClassName', dns1123SubdomainErrors);
  if (spec.runtimeClassName !== undefined) {
    checkFormat(errors, spec.runtimeClassName, `${path}.runtimeClassName`, dns1123SubdomainErrors);
  }
  if (spec.preemptionPolicy !== undefined) {
    const supported = ['PreemptLowerPriority', 'Never'];
    checkOneOf(errors, spec.preemptionPolicy, `${path}.preemptionPolicy`, supported);
  }
}

const hostnameBytes = 64;

/** The name inside the pod, whatever DNS calls it (KEP-4762). */
function checkHostnameOverride(errors: Errors, spec: Plain, path: string): void {
  const name: string | undefined = spec.hostnameOverride;
  if (name === undefined) return;
  for (const field of ['setHostnameAsFQDN', 'hostNetwork']) {
    if (spec[field] !== true) continue;
    errors.push(fieldForbidden(path, `may not be specified when ${field} is true`));
  }
  if (byteLength(name) > hostnameBytes) errors.push(fieldTooLong(path, hostnameBytes));
  checkFormat(errors, name, path, dns1123SubdomainErrors);
}

function checkOs(errors: Errors, spec: Plain, path: string): void {
  if (spec.os === undefined) return;
  const name: string = spec.os.name ?? '';
  if (name === '') errors.push(fieldRequired(`${path}.os.name`, 'cannot be empty'));
  else if (name === 'linux') checkLinux(errors, spec, path);
  else if (name === 'windows') checkWindows(errors, spec, path);
  else checkOptionalOneOf(errors, name, `${path}.os`, ['linux', 'windows']);
}
