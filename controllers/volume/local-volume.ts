import type { KubeObject } from '../../object/object.ts';

/** Volumes of the local class: a folder on one node. Pure. */
export const localProvisioner = 'quorate.dev/local';
export const selectedNode = 'volume.kubernetes.io/selected-node';
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';

/** The PersistentVolume for a claim, already reserved for it. `path` is the folder all of them lie in. */
export function localVolume(claim: KubeObject, storageClass: KubeObject, path: string): KubeObject {
  const name = `pvc-${claim.metadata.uid}`;
  const node = claim.metadata.annotations?.[selectedNode];
  const { namespace = '', name: claimName = '', uid } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [provisionedBy]: localProvisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
      accessModes: claim.spec.accessModes,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      storageClassName: storageClass.metadata.name ?? '',
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: claimName,
        uid: uid ?? '',
      },
      ...(node === undefined
        ? { hostPath: { path: `${path}/${name}`, type: 'DirectoryOrCreate' } }
        : { local: { path: `${path}/${name}` }, nodeAffinity: onlyOn(node) }),
    },
  };
}

function onlyOn(node: string): object {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }];
  return { required: { nodeSelectorTerms: [{ matchExpressions }] } };
}
