import { defaultOf, defaultStorageClass } from '../../object/default-class.ts';
import type { KubeObject } from '../../object/object.ts';
import { compareQuantities, parseQuantity } from '../../object/quantity.ts';
import { labelSelectorFromObject, matches } from '../../object/selector.ts';

/** Which volume a claim gets (upstream's persistent volume controller, index.go). Pure. */

export function isReservedFor(volume: KubeObject, claim: KubeObject): boolean {
  const ref = volume.spec?.claimRef;
  if (ref === undefined || ref === null) return false;
  const { namespace, name, uid } = claim.metadata;
  return ref.namespace === namespace && ref.name === name && (!ref.uid || ref.uid === uid);
}

/** The smallest free volume that fits, or the one reserved for the claim. */
export function bestVolume(
  claim: KubeObject,
  volumes: Iterable<KubeObject>,
): KubeObject | undefined {
  let best: KubeObject | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp != null) continue;
    if (isReservedFor(volume, claim)) return volume;
    const taken = volume.spec?.claimRef !== undefined && volume.spec.claimRef !== null;
    if (taken || !fits(volume, claim)) continue;
    if (best === undefined || compareQuantities(sizeOf(volume), sizeOf(best)) < 0) best = volume;
  }
  return best;
}

function sizeOf(volume: KubeObject) {
  return parseQuantity(volume.spec?.capacity?.storage ?? '0');
}

function fits(volume: KubeObject, claim: KubeObject): boolean {
  const { selector } = claim.spec ?? {};
  const labels = volume.metadata.labels ?? {};
  if (selector != null && !matches(labelSelectorFromObject(selector), labels)) return false;
  return mismatch(volume, claim) === undefined;
}

/** Why the claim cannot have the volume, in upstream's words. */
export function mismatch(volume: KubeObject, claim: KubeObject): string | undefined {
  const wanted = claim.spec ?? {};
  const has = volume.spec ?? {};
  const asked = parseQuantity(wanted.resources?.requests?.storage ?? '0');
  if (compareQuantities(sizeOf(volume), asked) < 0) return 'requested PV is too small';
  if ((has.storageClassName ?? '') !== (wanted.storageClassName ?? '')) {
    return 'storageClassName does not match';
  }
  if ((has.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem')) {
    return 'incompatible volumeMode';
  }
  const modes: string[] = has.accessModes ?? [];
  const all = ((wanted.accessModes ?? []) as string[]).every((mode) => modes.includes(mode));
  return all ? undefined : 'incompatible accessMode';
}

/** The default class, for a claim that was made before there was one. */
export function lateClass(claim: KubeObject, classes: readonly KubeObject[]): string | undefined {
  const beta = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  if (claim.spec?.storageClassName != null || beta !== undefined) return undefined;
  return defaultOf(classes, defaultStorageClass)?.metadata.name;
}
