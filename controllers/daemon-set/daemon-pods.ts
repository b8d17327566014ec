import type { KubeObject } from '../../object/object.ts';
import { podFromTemplate, type PodTemplate } from '../pod.ts';
import { daemonSets } from '../resources.ts';
import { hashLabel, revisionLabel } from '../revision-history.ts';
import { matchesNodeAffinity } from '../scheduler/filters.ts';
import type { NodeInfo } from '../scheduler/snapshot.ts';
import { isTolerated, type Taint, type Toleration } from '../taint.ts';

/** Which nodes a DaemonSet wants a pod on, and that pod; pure. */

/** Daemons run on nodes in trouble: they are often the ones that cure it. */
const daemonTolerations: Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

export function daemonPod(
  set: KubeObject,
  template: PodTemplate,
  revisionHash: string,
  node: string,
): KubeObject {
  const pod = podFromTemplate(template, set, daemonSets);
  pod.metadata.labels = {
    ...pod.metadata.labels,
    'controller-revision-hash': revisionHash,
    ...(set.spec.templateGeneration === undefined
      ? {}
      : { 'pod-template-generation': String(set.spec.templateGeneration) }),
  };
  pod.spec.tolerations = tolerationsOf(pod);
  pod.spec.affinity = pinnedTo(pod, node);
  return pod;
}

function tolerationsOf(pod: KubeObject): Toleration[] {
  const given: Toleration[] = pod.spec.tolerations ?? [];
  const extra: Toleration[] =
    pod.spec.hostNetwork === true
      ? [
          {
            key: 'node.kubernetes.io/network-unavailable',
            operator: 'Exists',
            effect: 'NoSchedule',
          },
        ]
      : [];
  const same = (a: Toleration, b: Toleration) => a.key === b.key && a.effect === b.effect;
  const added = [...daemonTolerations, ...extra].filter((t) => !given.some((g) => same(g, t)));
  return [...given, ...added];
}

/** The scheduler binds the pod, so that it is judged like any other, but to this node alone. */
function pinnedTo(pod: KubeObject, node: string): KubeObject['spec'] {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  const nodeAffinity = {
    ...pod.spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: required,
  };
  return { ...pod.spec.affinity, nodeAffinity };
}

/** The node a daemon pod is meant for, bound or not. */
export function targetNode(pod: KubeObject): string | undefined {
  const bound: string = pod.spec?.nodeName ?? '';
  if (bound !== '') return bound;
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms ?? [];
  for (const term of terms) {
    for (const field of term.matchFields ?? []) {
      if (field.key === 'metadata.name' && field.operator === 'In') return field.values?.[0];
    }
  }
  return undefined;
}

/** `run`: a pod belongs there; `keep`: one that is there may stay. */
export function judgeNode(set: KubeObject, node: KubeObject): { run: boolean; keep: boolean } {
  const never = { run: false, keep: false };
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    spec: { ...set.spec.template.spec },
  };
  const wantedNode = pod.spec.nodeName;
  const name = node.metadata.name ?? '';
  if (wantedNode !== undefined && wantedNode !== '' && wantedNode !== name) return never;
  const info = { name, labels: node.metadata.labels ?? {} } as NodeInfo;
  if (!matchesNodeAffinity(pod, info)) return never;
  const tolerations = tolerationsOf(pod);
  const hard = ((node.spec?.taints ?? []) as Taint[]).filter(
    (taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(tolerations, taint),
  );
  return {
    run: hard.length === 0,
    keep: !hard.some((taint) => taint.effect === 'NoExecute'),
  };
}

/** Pods of the present template, by hash or by the older generation label. */
export function isUpdated(pod: KubeObject, hash: string): boolean {
  return pod.metadata.labels?.['controller-revision-hash'] === hash;
}

export function hashOf(revision: KubeObject): string {
  // revisions of an earlier release have the label of StatefulSets
  const { labels } = revision.metadata;
  return labels?.[revisionLabel] ?? labels?.[hashLabel] ?? '';
}
