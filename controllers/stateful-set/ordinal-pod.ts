import { deepCopy } from '../../object/copy.ts';
import type { KubeObject } from '../../object/object.ts';
import { podFromTemplate, type PodTemplate } from '../pod.ts';
import { statefulSets } from '../resources.ts';
import { revisionLabel } from '../revision-history.ts';

/** A StatefulSet's pods and claims by their ordinals; pure. */
const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

interface ClaimTemplate {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
}

export function startOf(set: KubeObject): number {
  return set.spec.ordinals?.start ?? 0;
}

/** -1 for a pod that is not named after the set. */
export function ordinalOf(set: KubeObject, pod: KubeObject): number {
  const prefix = `${set.metadata.name}-`;
  const name = pod.metadata.name ?? '';
  const rest = name.slice(prefix.length);
  return name.startsWith(prefix) && /^(0|[1-9]\d*)$/.test(rest) ? Number(rest) : -1;
}

export function isInRange(set: KubeObject, ordinal: number): boolean {
  return ordinal >= startOf(set) && ordinal < startOf(set) + (set.spec.replicas ?? 1);
}

export function claimName(set: KubeObject, template: ClaimTemplate, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

export function claimTemplates(set: KubeObject): ClaimTemplate[] {
  return set.spec.volumeClaimTemplates ?? [];
}

export function claimsOf(set: KubeObject, ordinal: number): KubeObject[] {
  return claimTemplates(set).map((template) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace ?? '',
      labels: { ...template.metadata.labels, ...set.spec.selector?.matchLabels },
      ...(template.metadata.annotations === undefined
        ? {}
        : { annotations: { ...template.metadata.annotations } }),
    },
    spec: deepCopy(template.spec),
  }));
}

export function ordinalPod(
  set: KubeObject,
  template: PodTemplate,
  revision: string,
  ordinal: number,
): KubeObject {
  const pod = podFromTemplate(template, set, statefulSets);
  const { generateName: _, ...metadata } = pod.metadata;
  pod.metadata = {
    ...metadata,
    name: `${set.metadata.name}-${ordinal}`,
    labels: { ...metadata.labels, [revisionLabel]: revision },
  };
  pod.spec.hostname = pod.metadata.name;
  pod.spec.subdomain = set.spec.serviceName ?? '';
  return withIdentity(set, pod, ordinal);
}

/** Name labels and claims as they must be, whatever the template says. */
export function withIdentity(set: KubeObject, pod: KubeObject, ordinal: number): KubeObject {
  const labels = {
    ...pod.metadata.labels,
    [podNameLabel]: pod.metadata.name ?? '',
    [podIndexLabel]: String(ordinal),
  };
  const claims = claimTemplates(set).map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
  const names = new Set(claims.map((c) => c.name));
  const others = (pod.spec.volumes ?? []).filter((v: { name: string }) => !names.has(v.name));
  const volumes = [...claims, ...others];
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: volumes.length === 0 ? pod.spec : { ...pod.spec, volumes },
  };
}

export function hasIdentity(set: KubeObject, pod: KubeObject, ordinal: number): boolean {
  if (pod.metadata.labels?.[podNameLabel] !== pod.metadata.name) return false;
  return claimTemplates(set).every((template) =>
    (pod.spec.volumes ?? []).some(
      (v: { name: string; persistentVolumeClaim?: { claimName?: string } }) =>
        v.name === template.metadata.name &&
        v.persistentVolumeClaim?.claimName === claimName(set, template, ordinal),
    ),
  );
}
