import { compareQuantities, parseQuantity } from '../../../object/quantity.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';

const protections: Record<string, string> = {
  '/persistentvolumes': 'kubernetes.io/pv-protection',
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
};

/** Storage in use is not deleted: a finalizer from birth. Source: plugin/pkg/admission/storage/storageobjectinuseprotection. */
export function makeStorageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    mutate(request) {
      const { resource, object, operation, subresource } = request;
      if (operation !== 'CREATE' || subresource !== '' || object === undefined) return;
      const finalizer = protections[`${resource.group}/${resource.resource}`];
      if (finalizer === undefined) return;
      const own = object.metadata.finalizers ?? [];
      if (!own.includes(finalizer)) object.metadata.finalizers = [...own, finalizer];
    },
  };
}

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** A claim grows only where its class says it can. Source: plugin/pkg/admission/storage/persistentvolume/resize. */
export function makePersistentVolumeClaimResize(options: {
  storageClasses: Lister;
}): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    validate(request) {
      const { object, oldObject, operation } = request;
      if (operation !== 'UPDATE' || object === undefined || oldObject === undefined) return;
      if (!isFor(request, '', 'persistentvolumeclaims')) return;
      const size: string | undefined = object.spec?.resources?.requests?.storage;
      const oldSize: string | undefined = oldObject.spec?.resources?.requests?.storage;
      if (size === undefined || oldSize === undefined) return;
      if (compareQuantities(parseQuantity(size), parseQuantity(oldSize)) <= 0) return;
      if (oldObject.status?.phase !== 'Bound') {
        throw refused(request, 'Only bound persistent volume claims can be expanded');
      }
      const className: string =
        object.metadata.annotations?.[classAnnotation] ?? object.spec.storageClassName ?? '';
      const found = className === '' ? undefined : options.storageClasses.get('', className);
      if (found?.allowVolumeExpansion !== true) {
        throw refused(
          request,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        );
      }
    },
  };
}
