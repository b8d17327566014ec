import type { KubeObject } from '../../object/object.ts';
import { claimNameOf } from '../../object/pod-volume.ts';
import { notOwner } from '../pod.ts';
import { selectedNode } from '../volume/local-volume.ts';
import { bestVolume } from '../volume/match.ts';
import { matchesNodeSelector, matchesTerm, type NodeSelectorTerm } from './node-affinity.ts';
import type { NodeInfo, VolumeView } from './snapshot.ts';

/** Where a pod's claims allow it to run (upstream's volume binding plugin). Pure. */
export interface VolumeNeeds {
  /** Why no node can do: a claim is missing, or is waited for. */
  blocked: string | undefined;
  /** Bound volumes: their node affinity decides. */
  bound: KubeObject[];
  /** Claims that wait for the first consumer. */
  unbound: KubeObject[];
}

export function volumeNeeds(pod: KubeObject, view: VolumeView): VolumeNeeds {
  const needs: VolumeNeeds = { blocked: undefined, bound: [], unbound: [] };
  const namespace = pod.metadata.namespace ?? '';
  for (const volume of pod.spec?.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    const claim = view.claim(namespace, name);
    if (claim === undefined) {
      needs.blocked =
        volume.ephemeral === undefined
          ? `persistentvolumeclaim "${name}" not found`
          : `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
      return needs;
    }
    if (claim.status?.phase === 'Lost') {
      needs.blocked = `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
      return needs;
    }
    const stranger = volume.ephemeral === undefined ? undefined : notOwner(pod, claim);
    if (stranger !== undefined) {
      needs.blocked = stranger;
      return needs;
    }
    if (claim.metadata.deletionTimestamp != null) {
      needs.blocked = `persistentvolumeclaim "${name}" is being deleted`;
      return needs;
    }
    const bound: string = claim.spec?.volumeName ?? '';
    if (
      bound !== '' &&
      claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined
    ) {
      const found = view.volume(bound);
      if (found === undefined) {
        needs.blocked = `persistentvolume "${bound}" not found`;
        return needs;
      }
      needs.bound.push(found);
    } else if (waitsForConsumer(claim, view)) {
      needs.unbound.push(claim);
    } else {
      needs.blocked = 'pod has unbound immediate PersistentVolumeClaims';
      return needs;
    }
  }
  return needs;
}

export function waitsForConsumer(
  claim: KubeObject,
  view: Pick<VolumeView, 'storageClass'>,
): boolean {
  const storageClass = view.storageClass(claim.spec?.storageClassName ?? '');
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

export function volumeObstacle(
  needs: VolumeNeeds,
  info: NodeInfo,
  view: VolumeView,
): string | undefined {
  if (!needs.bound.every((volume) => reaches(volume, info))) {
    return "node(s) didn't match PersistentVolume's node affinity";
  }
  for (const claim of needs.unbound) {
    const chosen = claim.metadata.annotations?.[selectedNode];
    if (chosen !== undefined && chosen !== info.name) {
      return "node(s) didn't match PersistentVolume's node affinity";
    }
    if (findVolume(claim, view.volumes(), info) !== undefined) continue;
    if (!canProvision(claim, info, view)) {
      return "node(s) didn't find available persistent volumes to bind";
    }
  }
  return undefined;
}

export function reaches(volume: KubeObject, info: Pick<NodeInfo, 'labels' | 'name'>): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || required === null || matchesNodeSelector(required, info);
}

function canProvision(claim: KubeObject, info: NodeInfo, view: VolumeView): boolean {
  const storageClass = view.storageClass(claim.spec?.storageClassName ?? '');
  const provisioner: string = storageClass?.provisioner ?? '';
  if (provisioner === '' || provisioner === 'kubernetes.io/no-provisioner') return false;
  const terms = (storageClass?.allowedTopologies ?? []) as {
    matchLabelExpressions?: { key: string; values: string[] }[];
  }[];
  if (terms.length === 0) return true;
  return terms.some((term) => {
    const matchExpressions = (term.matchLabelExpressions ?? []).map((e) => ({
      ...e,
      operator: 'In',
    }));
    return matchesTerm({ matchExpressions } satisfies NodeSelectorTerm, info);
  });
}

/** The volume the claim would get if its pod ran on this node. */
export function findVolume(
  claim: KubeObject,
  volumes: Iterable<KubeObject>,
  node: Pick<NodeInfo, 'labels' | 'name'>,
): KubeObject | undefined {
  const reachable: KubeObject[] = [];
  for (const volume of volumes) if (reaches(volume, node)) reachable.push(volume);
  return bestVolume(claim, reachable);
}
