import { deepEqual } from '../../object/equal.ts';
import type { KubeObject, OwnerReference } from '../../object/object.ts';
import { keyFor } from '../../reconciler/store.ts';
import type { ControllerContext } from '../context.ts';
import { persistentVolumeClaims } from '../resources.ts';
import { claimName, claimTemplates, ordinalOf } from './ordinal-pod.ts';

/** Owners of a claim under `persistentVolumeClaimRetentionPolicy` (KEP-1847); pure. */
export function claimOwners(
  set: KubeObject,
  pod: KubeObject,
  claim: KubeObject,
  condemned: boolean,
): OwnerReference[] {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const owners = (claim.metadata.ownerReferences ?? []).filter(
    (o) => o.uid !== set.metadata.uid && o.uid !== pod.metadata.uid,
  );
  const reference = (kind: string, apiVersion: string, owner: KubeObject): OwnerReference => ({
    apiVersion,
    kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
  });
  if (condemned && policy.whenScaled === 'Delete') owners.push(reference('Pod', 'v1', pod));
  else if (policy.whenDeleted === 'Delete') owners.push(reference('StatefulSet', 'apps/v1', set));
  return owners;
}

/** Writes those owners; the garbage collector does the deleting. */
export function claimPolicy({ cluster, informers }: ControllerContext) {
  const claims = informers.of(persistentVolumeClaims);
  return {
    async apply(
      set: KubeObject,
      pods: readonly KubeObject[],
      condemned: readonly KubeObject[],
    ): Promise<void> {
      const leaving = new Set(condemned.map((pod) => pod.metadata.uid));
      for (const pod of pods) {
        const ordinal = ordinalOf(set, pod);
        if (ordinal < 0) continue;
        for (const template of claimTemplates(set)) {
          const name = claimName(set, template, ordinal);
          const claim = claims.store.get(keyFor(set.metadata.namespace, name));
          if (claim === undefined || claim.metadata.deletionTimestamp != null) continue;
          const ownerReferences = claimOwners(set, pod, claim, leaving.has(pod.metadata.uid));
          if (deepEqual(ownerReferences, claim.metadata.ownerReferences ?? [])) continue;
          const metadata = { ...claim.metadata, ownerReferences };
          await cluster.update(persistentVolumeClaims, { ...claim, metadata });
        }
      }
    },
  };
}
