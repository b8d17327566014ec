import { type Plain, setDefaults, setTextDefaults } from '../plain.ts';
import { pullPolicyOf } from './image.ts';

/** 0644: how files of projected volumes are shown. */
const defaultMode = 0o644;

/** Defaults of a pod's volume: an emptyDir where no source is named, and each source's own. */
export function defaultVolume(volume: Plain): void {
  const sources = Object.keys(volume).filter((field) => field !== 'name' && volume[field] != null);
  if (sources.length === 0) {
    volume.emptyDir = {};
    return;
  }
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (volume[source] !== undefined) setDefaults(volume[source], { defaultMode });
  }
  for (const item of volume.downwardAPI?.items ?? []) defaultFieldReference(item);
  for (const source of volume.projected?.sources ?? []) {
    for (const item of source.downwardAPI?.items ?? []) defaultFieldReference(item);
    if (source.serviceAccountToken !== undefined) {
      setDefaults(source.serviceAccountToken, { expirationSeconds: 3600 });
    }
  }
  if (volume.image !== undefined) {
    setTextDefaults(volume.image, { pullPolicy: pullPolicyOf(volume.image.reference ?? '') });
  }
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template?.spec !== undefined) setDefaults(template.spec, { volumeMode: 'Filesystem' });
  defaultVolumeSource(volume);
}

function defaultFieldReference(item: Plain): void {
  if (item.fieldRef !== undefined) setTextDefaults(item.fieldRef, { apiVersion: 'v1' });
}

/** Sources that pods and PersistentVolumes share. */
export function defaultVolumeSource(source: Plain): void {
  if (source.hostPath !== undefined) setDefaults(source.hostPath, { type: '' });
  if (source.iscsi !== undefined) setTextDefaults(source.iscsi, { iscsiInterface: 'default' });
  if (source.rbd !== undefined) {
    setTextDefaults(source.rbd, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' });
  }
  if (source.azureDisk !== undefined) {
    const defaults = { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false };
    setDefaults(source.azureDisk, defaults);
  }
  if (source.scaleIO !== undefined) {
    setTextDefaults(source.scaleIO, { storageMode: 'ThinProvisioned', fsType: 'xfs' });
  }
}
