import type { Argument, PodSettings, ResourceRequirements } from '../../../crds/control-plane.ts';
import type { JsonObject } from '../../../object/object.ts';
import { type Component, labelsOf, type Names, selectorOf } from '../names.ts';

/** What the pods of all three components have in common. */

/** Flags in kube-apiserver's order of precedence: the spec's replace the operator's by name. */
export function flagList(
  own: readonly (readonly [string, string])[],
  extra: readonly Argument[],
): string[] {
  const replaced = new Set(extra.map((arg) => arg.name));
  const kept = own.filter(([name]) => !replaced.has(name));
  return [...kept, ...extra.map((arg) => [arg.name, arg.value] as const)].map(
    ([name, value]) => `--${name}=${value}`,
  );
}

export interface ProjectedSecret {
  secret: string;
  /** Key in the Secret by file name. */
  files: Record<string, string>;
}

/** Parts of Secrets in one folder; a change arrives in place, all files of a Secret at once. */
export function secretVolume(name: string, sources: readonly ProjectedSecret[]): JsonObject {
  return {
    name,
    projected: {
      defaultMode: 0o440,
      sources: sources.map(({ secret, files }) => ({
        secret: {
          name: secret,
          items: Object.entries(files).map(([path, key]) => ({ key, path })),
        },
      })),
    },
  };
}

/** Restricted by the Pod Security Standards: the processes need nothing of the node. */
export const containerSecurity: JsonObject = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

const podSecurity: JsonObject = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  fsGroup: 65532,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
};

function spread(selector: Record<string, string>, pod: PodSettings): JsonObject {
  const labelSelector = { matchLabels: selector };
  const affinity: JsonObject = pod.affinity ?? {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: { labelSelector, topologyKey: 'kubernetes.io/hostname' },
        },
      ],
    },
  };
  const own = [
    {
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector,
    },
  ];
  const asked = pod.topologySpreadConstraints.map((c) => ({ labelSelector, ...c }));
  return { affinity, topologySpreadConstraints: asked.length > 0 ? asked : own };
}

/**
 * A program of the image. The kernel gives the first process of a container no signal that it does not handle
 * yet: a Node told to end while it starts would stay until its pod's grace is over. Tini handles them from its
 * first moment, and Node, no longer the first, ends.
 */
export function nodeCommand(...words: string[]): string[] {
  return ['tini', '--', 'node', ...words];
}

export interface PodParts {
  names: Names;
  component: Component;
  settings: PodSettings;
  terminationGracePeriodSeconds: number;
  container: JsonObject;
  resources: ResourceRequirements;
  volumes: JsonObject[];
}

/** The pod template of a component. Nothing in it changes when a certificate does. */
export function podTemplate(parts: PodParts): JsonObject {
  const { names, component, settings } = parts;
  const selector = selectorOf(names, component);
  const annotations = {
    'kubectl.kubernetes.io/default-container': component,
    ...settings.annotations,
  };
  return {
    metadata: { labels: { ...settings.labels, ...labelsOf(names, component) }, annotations },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: parts.terminationGracePeriodSeconds,
      securityContext: podSecurity,
      ...(settings.priorityClassName === undefined
        ? {}
        : { priorityClassName: settings.priorityClassName }),
      ...(Object.keys(settings.nodeSelector).length > 0
        ? { nodeSelector: settings.nodeSelector }
        : {}),
      ...(settings.tolerations.length > 0 ? { tolerations: settings.tolerations } : {}),
      ...spread(selector, settings),
      containers: [
        {
          name: component,
          ...parts.container,
          ...(Object.keys(parts.resources).length > 0
            ? { resources: parts.resources as JsonObject }
            : {}),
          securityContext: containerSecurity,
        },
      ],
      volumes: parts.volumes,
    },
  };
}

/** An environment variable from the pod's own fields. */
export function fieldVariable(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}
