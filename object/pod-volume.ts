import type { KubeObject } from './object.ts';

/** What is asked of a pod's volume. */
export interface PodVolume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  ephemeral?: {
    volumeClaimTemplate?: {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      spec: Record<string, unknown>;
    };
  };
}

/** The claim that is made for a generic ephemeral volume. */
export function ephemeralClaimName(pod: KubeObject, volume: PodVolume): string {
  return `${pod.metadata.name}-${volume.name}`;
}

/** The claim behind a volume; undefined where there is none. */
export function claimNameOf(pod: KubeObject, volume: PodVolume): string | undefined {
  if (volume.persistentVolumeClaim != null) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral == null ? undefined : ephemeralClaimName(pod, volume);
}
