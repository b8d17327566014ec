import type { KubeObject } from '../../../object/object.ts';
import { classAnnotation, classDeprecated } from './persistent-volume-claim-warnings.ts';
import { nodeSelectorWarnings } from './pod-placement-warnings.ts';

const gone = (since: string, from: string) => `deprecated in ${since}, non-functional in ${from}+`;

/** [the field, where upstream reports it, what it says], in upstream's order. */
const drivers: readonly (readonly [string, string, string])[] = [
  ['cephfs', 'cephfs', gone('v1.28', 'v1.31')],
  ['photonPersistentDisk', 'photonPersistentDisk', gone('v1.11', 'v1.16')],
  ['scaleIO', 'scaleIO', gone('v1.16', 'v1.22')],
  ['storageos', 'storageOS', gone('v1.22', 'v1.25')],
  ['glusterfs', 'glusterfs', gone('v1.25', 'v1.26')],
  ['rbd', 'rbd', gone('v1.28', 'v1.31')],
];

/** pkg/api/persistentvolume/util.go. */
export function volumeWarnings({ metadata, spec = {} }: KubeObject): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[classAnnotation] !== undefined) {
    warnings.push(`metadata.annotations[${classAnnotation}]: ${classDeprecated}`);
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const text =
      'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
    warnings.push(`spec.persistentVolumeReclaimPolicy: ${text}`);
  }
  warnings.push(...nodeSelectorWarnings(spec.nodeAffinity?.required, 'spec.nodeAffinity.required'));
  for (const [field, shown, text] of drivers) {
    if (spec[field] !== undefined) warnings.push(`spec.${shown}: ${text}`);
  }
  return warnings;
}
