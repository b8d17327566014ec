import { ageColumn, nameColumn } from '../column.ts';
import type { Errors } from '../field-check.ts';
import {
  checkBinding,
  checkChangingOperations,
  defaultMatchResources,
  paramRefColumn,
  policyNameColumn,
} from './admission-policy.ts';
import type { KindDefinition } from '../resource.ts';
import { staticNameWarnings } from './static-name.ts';

export const mutatingAdmissionPolicyBinding: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  resource: 'mutatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'mutatingadmissionpolicybindings',
  // Upstream keeps the version of the release before, so that it can be rolled back.
  storedAs: {
    group: 'admissionregistration.k8s.io',
    version: 'v1beta1',
    kind: 'MutatingAdmissionPolicyBinding',
  },
  generation: true,
  unconditionalUpdate: false,
  warnings: staticNameWarnings,
  columns: [nameColumn, policyNameColumn, paramRefColumn, ageColumn],
  default: ({ spec }) => defaultMatchResources(spec?.matchResources),
  updateChecks: ['new metadata', 'rules'],
  validate({ spec = {} }) {
    const errors: Errors = [];
    checkBinding(errors, spec);
    checkChangingOperations(errors, spec.matchResources, 'spec.matchResources');
    return errors;
  },
};
