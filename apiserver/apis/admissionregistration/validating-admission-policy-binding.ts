import { ageColumn, nameColumn } from '../column.ts';
import { fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import {
  checkBinding,
  defaultMatchResources,
  paramRefColumn,
  policyNameColumn,
} from './admission-policy.ts';
import type { KindDefinition } from '../resource.ts';

export const validatingAdmissionPolicyBinding: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'validatingadmissionpolicybindings',
  generation: true,
  unconditionalUpdate: false,
  columns: [nameColumn, policyNameColumn, paramRefColumn, ageColumn],
  default: ({ spec }) => defaultMatchResources(spec?.matchResources),
  validate({ spec = {} }) {
    const errors: Errors = [];
    checkBinding(errors, spec);
    const actions: string[] = spec.validationActions ?? [];
    if (actions.length === 0) errors.push(fieldRequired('spec.validationActions'));
    const supported = ['Audit', 'Deny', 'Warn'];
    for (const [i, action] of actions.entries()) {
      if (!supported.includes(action)) {
        errors.push(fieldNotSupported(`spec.validationActions[${i}]`, action, supported));
      }
    }
    return errors;
  },
};
