import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { iscsiNameMessage } from './iscsi-validation.ts';
import type { PodAllowances } from './pod-allowances.ts';
import { checkVolumeSource, extraSourceNames } from './volume-source-validation.ts';

/** A pod's volumes (core validation, ValidateVolumes). */

/** In the order in which upstream looks for them. */
const sources = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

/** Gives the volumes by name, for the mounts. `pod`: its name; undefined in a template. */
export function checkVolumes(
  errors: Errors,
  volumes: Plain[],
  path: string,
  pod: string | undefined,
  allow: PodAllowances,
): Map<string, Plain> {
  const byName = new Map<string, Plain>();
  const made = new Set<string>();
  if (pod) {
    for (const { name, ephemeral } of volumes) if (ephemeral) made.add(`${pod}-${name ?? ''}`);
  }
  for (const [i, volume] of volumes.entries()) {
    const at = `${path}[${i}]`;
    const before = errors.length;
    checkOneSource(errors, volume, at, pod, allow);
    const name: string = volume.name ?? '';
    if (name === '') errors.push(fieldRequired(`${at}.name`));
    else checkFormat(errors, name, `${at}.name`, dns1123LabelErrors);
    if (byName.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    if (errors.length === before) byName.set(name, volume);
    const claim: string | undefined = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && made.has(claim)) {
      const text = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(fieldInvalid(`${at}.persistentVolumeClaim.claimName`, claim, text));
    }
  }
  return byName;
}

function checkOneSource(
  errors: Errors,
  volume: Plain,
  path: string,
  pod: string | undefined,
  allow: PodAllowances,
): void {
  const name: string = volume.name ?? '';
  let count = 0;
  for (const source of sources) {
    const value = volume[source];
    if (value === undefined || value === null) continue;
    const at = `${path}.${source}`;
    count += 1;
    if (count === 1) checkVolumeSource(errors, source, value, at, pod !== undefined, allow);
    else {
      const shown = `${path}.${extraSourceNames[source] ?? source}`;
      errors.push(fieldForbidden(shown, 'may not specify more than 1 volume type'));
    }
    if (source === 'iscsi') checkIscsiName(errors, value, name, `${path}.name`);
    if (source === 'ephemeral' && count === 1 && pod && name !== '') {
      const claim = `${pod}-${name}`;
      for (const message of dns1123SubdomainErrors(claim)) {
        const text = `PVC name ${JSON.stringify(claim)}: ${message}`;
        errors.push(fieldInvalid(`${path}.name`, name, text));
      }
    }
  }
  if (count === 0) errors.push(fieldRequired(path, 'must specify a volume type'));
}

function checkIscsiName(errors: Errors, source: Plain, name: string, path: string): void {
  if (source.initiatorName === undefined) return;
  if (`${name}:${source.targetPortal ?? ''}`.length <= 64) return;
  errors.push(fieldInvalid(path, name, iscsiNameMessage));
}
