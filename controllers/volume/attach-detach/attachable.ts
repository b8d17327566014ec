import { createHash } from 'node:crypto';
import type { KubeObject } from '../../../object/object.ts';
import { claimNameOf, type PodVolume } from '../../../object/pod-volume.ts';
import { isFinished, notOwner } from '../../pod.ts';

/** Which volumes are attached to nodes, under which names (pkg/controller/volume/attachdetach, CSI). Pure. */

/** A PersistentVolume that a driver attaches, and the pods of one node that use it. */
export interface Wanted {
  volume: KubeObject;
  pods: KubeObject[];
}

export interface Lookup {
  claim(namespace: string, name: string): KubeObject | undefined;
  volume(name: string): KubeObject | undefined;
  driver(name: string): KubeObject | undefined;
}

const managed = 'volumes.kubernetes.io/controller-managed-attach-detach';
const keepsTerminated = 'volumes.kubernetes.io/keep-terminated-pod-volumes';

/** Its kubelet leaves attaching to the controller. */
export function isManaged(node: KubeObject | undefined): boolean {
  return node?.metadata.annotations?.[managed] !== undefined;
}

/** By name of the volume, in the order in which pods name them. */
export function wantedOn(
  node: KubeObject,
  pods: readonly KubeObject[],
  lookup: Lookup,
): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  if (!isManaged(node)) return wanted;
  const keep = node.metadata.annotations?.[keepsTerminated] === 'true';
  for (const pod of pods) {
    if (isTerminated(pod) && !keep) continue;
    for (const volume of (pod.spec?.volumes ?? []) as PodVolume[]) {
      const found = volumeOf(pod, volume, lookup);
      if (found === undefined || !isAttachable(found, lookup)) continue;
      const name = found.metadata.name ?? '';
      const entry = wanted.get(name) ?? { volume: found, pods: [] };
      if (!entry.pods.includes(pod)) entry.pods.push(pod);
      wanted.set(name, entry);
    }
  }
  return wanted;
}

/** Finished, or on its way out with nothing running any more. */
function isTerminated(pod: KubeObject): boolean {
  if (isFinished(pod)) return true;
  const statuses: { state?: { terminated?: object; waiting?: object } }[] =
    pod.status?.containerStatuses ?? [];
  return (
    pod.metadata.deletionTimestamp != null &&
    statuses.every(({ state }) => state?.terminated != null || state?.waiting != null)
  );
}

function volumeOf(pod: KubeObject, volume: PodVolume, lookup: Lookup): KubeObject | undefined {
  const claimName = claimNameOf(pod, volume);
  if (claimName === undefined) return undefined;
  const claim = lookup.claim(pod.metadata.namespace ?? '', claimName);
  if (claim?.status?.phase !== 'Bound') return undefined;
  if (volume.ephemeral != null && notOwner(pod, claim) !== undefined) return undefined;
  const found = lookup.volume(claim.spec?.volumeName ?? '');
  return found?.spec?.claimRef?.uid === claim.metadata.uid ? found : undefined;
}

function isAttachable(volume: KubeObject, lookup: Lookup): boolean {
  const driver: string | undefined = volume.spec?.csi?.driver;
  return driver !== undefined && lookup.driver(driver)?.spec?.attachRequired !== false;
}

/** As kubelets, and drivers' attachers, look it up. */
export function attachmentName(volume: KubeObject, node: string): string {
  const { driver, volumeHandle } = volume.spec.csi;
  const hash = createHash('sha256').update(`${volumeHandle}${driver}${node}`).digest('hex');
  return `csi-${hash}`;
}

/** As in a Node's `status.volumesAttached` and `status.volumesInUse`. */
export function uniqueName(volume: KubeObject): string {
  return `kubernetes.io/csi/${volume.spec.csi.driver}^${volume.spec.csi.volumeHandle}`;
}

/** At one node at a time; where nothing is said about access, nothing is forbidden. */
export function isExclusive(volume: KubeObject): boolean {
  const modes: string[] = volume.spec?.accessModes ?? [];
  return modes.length > 0 && !modes.includes('ReadWriteMany') && !modes.includes('ReadOnlyMany');
}

export function newAttachment(volume: KubeObject, nodeName: string): KubeObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: attachmentName(volume, nodeName) },
    spec: {
      attacher: volume.spec.csi.driver,
      nodeName,
      source: { persistentVolumeName: volume.metadata.name },
    },
  };
}
