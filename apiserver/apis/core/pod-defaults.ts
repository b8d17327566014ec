import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { takeOverAppArmor } from './pod-apparmor.ts';
import { dropDisabledPodFields } from './pod-drop.ts';
import { podQosClass } from './pod-qos.ts';
import { defaultPodSpec } from './pod-spec.ts';
import { defaultPodResources } from './pod-resources.ts';

/** What only Pods get, not pod templates (pkg/apis/core/v1/defaults.go SetDefaults_Pod). */
export function defaultPod(pod: KubeObject): void {
  pod.spec ??= {};
  const spec: Plain = pod.spec;
  defaultPodSpec(spec);
  for (const container of containersOf(spec)) defaultRequests(container.resources);
  defaultPodResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) {
    for (const container of containersOf(spec)) {
      for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
    }
  }
  defaultAddresses(pod.status);
}

function containersOf(spec: Plain): Plain[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

/** What is limited is requested, unless something else is. */
function defaultRequests(resources: Plain | undefined): void {
  if (resources?.limits === undefined) return;
  resources.requests ??= {};
  for (const [name, amount] of Object.entries(resources.limits))
    resources.requests[name] ??= amount;
}

/** podIP and hostIP are the first of podIPs and hostIPs, whichever of the two was written. */
function defaultAddresses(status: Plain | undefined): void {
  if (status === undefined) return;
  if (status.podIPs?.length > 0) status.podIP = status.podIPs[0].ip;
  else if (status.podIP) status.podIPs = [{ ip: status.podIP }];
}

/** The state of a new pod (pkg/registry/core/pod/strategy.go PrepareForCreate). */
export function prepareNewPod(pod: KubeObject): void {
  const { spec } = pod;
  pod.status = { phase: 'Pending', qosClass: podQosClass(spec) };
  dropDisabledPodFields(spec);
  if (spec.schedulingGates?.length > 0) pod.status.conditions = [gatedCondition()];
  const labels = pod.metadata.labels ?? {};
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const affinity = spec.affinity?.[kind];
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      mergeLabelKeys(term, labels);
    }
    for (const soft of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      mergeLabelKeys(soft.podAffinityTerm, labels);
    }
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) mergeLabelKeys(constraint, labels);
  takeOverAppArmor(pod);
}

function gatedCondition(): Plain {
  return {
    type: 'PodScheduled',
    status: 'False',
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
    lastProbeTime: null,
    lastTransitionTime: null,
    observedGeneration: 1,
  };
}

/** matchLabelKeys becomes part of the selector, with the pod's own values (KEP-3633, KEP-3243). */
function mergeLabelKeys(term: Plain | undefined, labels: Record<string, string>): void {
  const selector = term?.labelSelector;
  if (selector === undefined || selector === null) return;
  const add = (keys: string[] | undefined, operator: string) => {
    for (const key of keys ?? []) {
      const value = labels[key];
      if (value === undefined) continue;
      selector.matchExpressions ??= [];
      selector.matchExpressions.push({ key, operator, values: [value] });
    }
  };
  add(term?.matchLabelKeys, 'In');
  add(term?.mismatchLabelKeys, 'NotIn');
}
