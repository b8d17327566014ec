import { dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkImmutable, checkName, type Errors } from '../field-check.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const csiStorageCapacity: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  namespaced: true,
  storagePath: 'csistoragecapacities',
  generation: false,
  unconditionalUpdate: false,
  validate(capacity) {
    const errors: Errors = [];
    checkName(errors, capacity.storageClassName, 'storageClassName', dns1123SubdomainErrors);
    checkLabelSelector(errors, capacity.nodeTopology, 'nodeTopology');
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    for (const field of ['nodeTopology', 'storageClassName']) {
      checkImmutable(errors, next[field], old[field], field);
    }
    return errors;
  },
};
