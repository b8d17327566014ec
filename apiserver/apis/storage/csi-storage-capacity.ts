import { nodeTopologyWarnings } from '../core/pod-placement-warnings.ts';
import { fieldInvalid } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import { isNegative } from '../core/resources-validation.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { checkLabelSelector, selectorIsWrong } from '../selector-validation.ts';
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
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate(capacity, old) {
    const errors: Errors = [];
    const anyValue = selectorIsWrong(old?.nodeTopology);
    checkLabelSelector(errors, capacity.nodeTopology, 'nodeTopology', { anyValue });
    const storageClass: string = capacity.storageClassName ?? '';
    checkFormat(errors, storageClass, 'storageClassName', dns1123SubdomainErrors);
    if (isNegative(capacity.capacity)) {
      const text = 'must be greater than or equal to 0';
      errors.push(fieldInvalid('capacity', capacity.capacity, text));
    }
    return errors;
  },
  warnings: ({ nodeTopology }) => nodeTopologyWarnings(nodeTopology, 'nodeTopology'),
  validateUpdate(next, old) {
    const errors: Errors = [];
    for (const field of ['nodeTopology', 'storageClassName']) {
      checkImmutable(errors, next[field], old[field], field);
    }
    return errors;
  },
};
