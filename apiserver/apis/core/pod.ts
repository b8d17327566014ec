import type { KubeObject } from '../../../object/object.ts';
import { keepStatus } from '../field-check.ts';
import { podColumns } from './pod-columns.ts';
import { defaultPod, prepareNewPod } from './pod-defaults.ts';
import { dropDisabledPodFields } from './pod-drop.ts';
import { ephemeralContainers } from './pod-ephemeral-containers.ts';
import { podStatus } from './pod-status.ts';
import { resize } from './pod-resize.ts';
import { validatePodUpdate } from './pod-update.ts';
import { validateNewPod, validatePod } from './pod-validation.ts';
import { newPodWarnings } from './pod-warnings.ts';
import type { KindDefinition } from '../resource.ts';

export const pod: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  storagePath: 'pods',
  generation: true,
  subresources: {
    attach: {
      kind: { group: '', version: 'v1', kind: 'PodAttachOptions' },
      verbs: ['create', 'get'],
    },
    binding: {
      kind: { group: '', version: 'v1', kind: 'Binding' },
      verbs: ['create'],
      definition: 'io.k8s.api.core.v1.Binding',
    },
    ephemeralcontainers: {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      verbs: ['get', 'patch', 'update'],
      definition: 'io.k8s.api.core.v1.Pod',
      update: ephemeralContainers,
    },
    eviction: {
      kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      verbs: ['create'],
      definition: 'io.k8s.api.policy.v1.Eviction',
    },
    exec: {
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      verbs: ['create', 'get'],
    },
    log: {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      verbs: ['get'],
    },
    portforward: {
      kind: { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
      verbs: ['create', 'get'],
    },
    proxy: {
      kind: { group: '', version: 'v1', kind: 'PodProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
    resize: {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      verbs: ['get', 'patch', 'update'],
      definition: 'io.k8s.api.core.v1.Pod',
      update: resize,
    },
  },
  columns: podColumns,
  selectableFields,
  indexedField: 'spec.nodeName',
  default: defaultPod,
  prepareForCreate: prepareNewPod,
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabledPodFields(next.spec, old.spec);
  },
  updateChecks: ['changed metadata', 'new metadata', 'rules', 'changes'],
  validate: validatePod,
  validateCreate: validateNewPod,
  validateUpdate: validatePodUpdate,
  warnings,
  gracePeriodSeconds,
  status: podStatus,
};

function selectableFields({ spec, status }: KubeObject): Record<string, string> {
  return {
    'spec.nodeName': spec?.nodeName ?? '',
    // as clients of old call it
    'spec.host': spec?.nodeName ?? '',
    'spec.restartPolicy': spec?.restartPolicy ?? '',
    'spec.schedulerName': spec?.schedulerName ?? '',
    'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec?.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    // known, and of no object
    'status.podIPs': '',
    'status.podIP': status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.nominatedNodeName': status?.nominatedNodeName ?? '',
  };
}

function warnings(pod: KubeObject, old: KubeObject | undefined): string[] {
  // People seldom write to pods that exist, and kubelets do all the time.
  return old === undefined ? newPodWarnings(pod) : [];
}

/** A pod that never reached a node, or has ended, needs no time to stop. */
function gracePeriodSeconds({ spec, status }: KubeObject, asked: number | undefined): number {
  const seconds = Number(asked ?? spec.terminationGracePeriodSeconds ?? 0);
  if (!spec.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
  return seconds < 0 ? 1 : seconds;
}
